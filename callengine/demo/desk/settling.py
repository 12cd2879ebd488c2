"""Fills an empty desk database with the demo's town, by the desk's own commands and a load of each file."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from callengine.demo.desk.library import fill_library
from callengine.demo.desk.town_plan import COMPANIES, PlannedHouse, contractors, town
from callengine.desk.data.database import DeskDatabase
from callengine.desk.directory.commands.contractors import save_contractor
from callengine.desk.directory.commands.houses import add_device, save_house
from callengine.desk.directory.imports import loads
from callengine.desk.directory.imports.fields import guess
from callengine.desk.directory.imports.running import Loads
from callengine.desk.people.scope import system_scope

_HEADS = ("Улица", "Дом", "Корпус", "Квартира", "ФИО", "Телефон", "Роль", "Язык")
_SCOPE = system_scope("demo")


class DidNotSettle(Exception):
    """A company's file was not loaded."""


async def settle(
    database: DeskDatabase, folder: Path, now: Callable[[], datetime], seed: int
) -> list[tuple[str, str]]:
    """Houses, premises, residents, contractors, articles; every known number with its company, for whoever calls."""
    planned = list(town(seed))
    houses: dict[str, int] = {}
    async with database.writing() as connection:
        for one in planned:
            house_id = await save_house(connection, _SCOPE, now(), one.house)
            houses[one.house.external_id or ""] = house_id
            for device in one.devices:
                await add_device(connection, _SCOPE, now(), house_id, device)
        for contractor in contractors():
            await save_contractor(connection, _SCOPE, now(), contractor)
        await fill_library(connection, _SCOPE, now(), houses)
    runner = Loads(database, now, folder)
    await runner.recover()
    try:
        for company, _ in COMPANIES:
            await _load(
                database, runner, now, company, [one for one in planned if one.house.company == company]
            )
    finally:
        await runner.close()
    return [(one.house.company, each.phone) for one in planned for each in one.neighbours if each.phone]


async def _load(
    database: DeskDatabase,
    runner: Loads,
    now: Callable[[], datetime],
    company: str,
    planned: Sequence[PlannedHouse],
) -> None:
    file = f"{company}.csv"
    _write(runner.source(file), planned)
    async with database.writing() as connection:
        load = await loads.create_load(connection, _SCOPE, now(), company, file, file)
    runner.begin_look(_SCOPE, load)
    await runner.settled()
    async with database.writing() as connection:
        row = await loads.load_of(connection, _SCOPE, load)
        mapping = guess(json.loads(row["columns"])["heads"], {})
        await loads.move(connection, _SCOPE, now(), load, "checking", mapping=mapping)
    runner.begin_check(_SCOPE, load)
    await runner.settled()
    async with database.writing() as connection:
        await loads.move(connection, _SCOPE, now(), load, "applying")
    runner.begin_apply(_SCOPE, load)
    await runner.settled()
    async with database.reading() as connection:
        row = await loads.load_of(connection, _SCOPE, load)
    if row["state"] != "applied":
        raise DidNotSettle(f"{company}: {row['state']} ({row['problem']})")


def _write(path: Path, planned: Sequence[PlannedHouse]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file, delimiter=";")
        table.writerow(_HEADS)
        for one in planned:
            house = one.house
            for each in one.neighbours:
                home = (
                    f"{house.street_kind} {house.street}",
                    house.number.number,
                    house.number.korpus,
                    each.flat,
                )
                table.writerow((*home, each.name, each.phone, each.role, each.language))
