"""A house with residents whose numbers are known, for tests of what the agent's page shows."""

from __future__ import annotations

from dataclasses import dataclass

from callengine.desk.data.database import DeskDatabase
from callengine.desk.directory.commands.houses import add_device, save_house, save_premises
from callengine.desk.directory.commands.residents import save_resident
from callengine.desk.directory.records import Device, House, Premises, Resident
from callengine.desk.directory.typed.house_numbers import HouseNumber
from tests.support.desk_pages import SUPERVISOR
from tests.support.manual_clock import NOON

NUMBER, LIFT, SINGLE = "79161234567", "79160000077", "79169876543"
NAME = "Петрова Мария Ильинична"


@dataclass(frozen=True, slots=True)
class Known:
    """Their ids."""

    house: int
    flats: tuple[int, ...]


async def known_callers(
    database: DeskDatabase, company: str, *, street: str = "Ленина", flats: int = 3
) -> Known:
    """So many flats share NUMBER; SINGLE is of the first one only; LIFT is the lift's cabin."""
    async with database.writing() as connection:
        written = House(
            company,
            street,
            HouseNumber("5", korpus="2"),
            street_kind="ул.",
            entrances=4,
            floors=9,
            lifts=4,
            notes="Ключ от подвала у старшей по дому",
        )
        house = await save_house(connection, SUPERVISOR, NOON, written)
        made = []
        for flat in range(1, flats + 1):
            home = await save_premises(connection, SUPERVISOR, NOON, house, Premises(str(flat)))
            phones = [f"+{NUMBER}", *([f"+{SINGLE}"] if flat == 1 else [])]
            person = Resident(company, NAME, note="Плохо слышит", phones=phones, homes=[(home, "owner")])
            await save_resident(connection, SUPERVISOR, NOON, person)
            made.append(home)
        await add_device(connection, SUPERVISOR, NOON, house, Device("lift", "подъезд 2", f"+{LIFT}"))
    return Known(house, tuple(made))
