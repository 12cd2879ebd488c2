"""What the directory's pages show: lists and cards, of what the scope sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.directory.commands.bookkeeping import as_it_is
from callengine.desk.directory.tables import (
    consents,
    contractor_houses,
    contractor_phones,
    contractors,
    device_numbers,
    houses,
    premises,
    residencies,
    resident_phones,
    residents,
)
from callengine.desk.directory.visible import there
from callengine.desk.people.scope import NotSeen, Scope

PAGE = 100
"""Rows of a list that one page shows."""


@dataclass(frozen=True, slots=True)
class HouseCard:
    """A house with what belongs to it."""

    house: RowMapping
    premises: Sequence[RowMapping]
    premises_count: int
    residents: Mapping[int, Sequence[RowMapping]]
    """By premises: who, as what."""
    devices: Sequence[RowMapping]
    contractors: Sequence[ContractorCard]


@dataclass(frozen=True, slots=True)
class ContractorCard:
    """A contractor with its numbers."""

    contractor: RowMapping
    phones: Sequence[RowMapping]
    houses: Sequence[RowMapping]


@dataclass(frozen=True, slots=True)
class ResidentCard:
    """A resident with what belongs to him."""

    resident: RowMapping
    phones: Sequence[str]
    homes: Sequence[RowMapping]
    consents: Sequence[RowMapping]


@dataclass(frozen=True, slots=True)
class Counted:
    """How much a company has in the directory."""

    houses: int
    premises: int
    residents: int


async def list_houses(
    connection: AsyncConnection, scope: Scope, *, company: str | None = None, after: str = ""
) -> Sequence[RowMapping]:
    """One page of houses by their label, those after `after`; one more than PAGE when there are more."""
    label = houses.c.label
    rows = await connection.execute(
        select(houses)
        .where(
            scope.clause(houses.c.company),
            *([houses.c.company == company] if company else []),
            *([label > after] if after else []),
            houses.c.left_at.is_(None),
            there(houses),
        )
        .order_by(label)
        .limit(PAGE + 1)
    )
    return rows.mappings().all()


async def count_all(connection: AsyncConnection, scope: Scope) -> Counted:
    """What the scope sees."""
    found = []
    for table in (houses, premises, residents):
        number = await connection.scalar(
            select(func.count()).select_from(table).where(scope.clause(table.c.company), there(table))
        )
        found.append(int(number or 0))
    return Counted(*found)


async def house_card(
    connection: AsyncConnection, scope: Scope, house_id: int, *, flat_from: int = 0
) -> HouseCard:
    """The house, one page of its premises with their people, its devices and contractors. Raises NotSeen."""
    house = await as_it_is(connection, scope, houses, house_id)
    of_house = and_(scope.clause(premises.c.company), premises.c.house_id == house_id, there(premises))
    flats = await connection.execute(
        select(premises)
        .where(of_house)
        .order_by(func.length(premises.c.number_key), premises.c.number_key, premises.c.id)
        .offset(flat_from)
        .limit(PAGE)
    )
    shown = flats.mappings().all()
    count = await connection.scalar(select(func.count()).select_from(premises).where(of_house))
    devices = await connection.execute(
        select(device_numbers)
        .where(scope.clause(device_numbers.c.company), device_numbers.c.house_id == house_id)
        .order_by(device_numbers.c.kind, device_numbers.c.place)
    )
    people = await people_of(connection, scope, [row["id"] for row in shown])
    services = await contractors_of_house(connection, scope, house_id)
    return HouseCard(house, shown, int(count or 0), people, devices.mappings().all(), services)


async def page_of_flat(connection: AsyncConnection, scope: Scope, house_id: int, number_key: str) -> int:
    """From which premises on the page begins that shows this flat; 0 when there is none."""
    length = func.length(premises.c.number_key)
    before = await connection.scalar(
        select(func.count())
        .select_from(premises)
        .where(
            scope.clause(premises.c.company),
            premises.c.house_id == house_id,
            there(premises),
            or_(
                length < len(number_key),
                and_(length == len(number_key), premises.c.number_key < number_key),
            ),
        )
    )
    return int(before or 0) // PAGE * PAGE


async def people_of(
    connection: AsyncConnection, scope: Scope, premises_ids: Sequence[int]
) -> Mapping[int, Sequence[RowMapping]]:
    """By premises: residents with name, role, note."""
    rows = await connection.execute(
        select(
            residencies.c.premises_id,
            residencies.c.role,
            residents.c.id,
            residents.c.full_name,
            residents.c.note,
        )
        .join(residents, residents.c.id == residencies.c.resident_id)
        .where(
            scope.clause(residencies.c.company),
            residencies.c.premises_id.in_(premises_ids),
            there(residencies),
            there(residents),
        )
        .order_by(residencies.c.row)
    )
    found: dict[int, list[RowMapping]] = {}
    for row in rows.mappings():
        found.setdefault(row["premises_id"], []).append(row)
    return found


async def premises_of(connection: AsyncConnection, scope: Scope, premises_id: int) -> RowMapping:
    """The premises with the house's label. Raises NotSeen."""
    rows = await connection.execute(
        select(premises, houses.c.label.label("house"))
        .join(houses, houses.c.id == premises.c.house_id)
        .where(premises.c.id == premises_id, scope.clause(premises.c.company), there(premises))
    )
    row = rows.mappings().first()
    if row is None:
        raise NotSeen
    return row


async def resident_card(connection: AsyncConnection, scope: Scope, resident_id: int) -> ResidentCard:
    """Raises NotSeen. Whoever shows it writes in the trail that it was looked at."""
    resident = await as_it_is(connection, scope, residents, resident_id)
    phones = await connection.execute(
        select(resident_phones.c.phone)
        .where(resident_phones.c.resident_id == resident_id, there(resident_phones))
        .order_by(resident_phones.c.row)
    )
    homes = await connection.execute(
        select(
            residencies.c.role,
            premises.c.id,
            premises.c.number,
            premises.c.kind,
            premises.c.account,
            premises.c.house_id,
            houses.c.label,
        )
        .join(premises, premises.c.id == residencies.c.premises_id)
        .join(houses, houses.c.id == premises.c.house_id)
        .where(residencies.c.resident_id == resident_id, there(residencies), there(premises))
        .order_by(residencies.c.row)
    )
    allowed = await connection.execute(
        select(consents).where(consents.c.resident_id == resident_id).order_by(consents.c.given_on.desc())
    )
    return ResidentCard(resident, phones.scalars().all(), homes.mappings().all(), allowed.mappings().all())


async def contractors_of_house(
    connection: AsyncConnection, scope: Scope, house_id: int
) -> Sequence[ContractorCard]:
    """Who mends what there: those of this house, of all houses of its company, of all companies. Raises NotSeen."""
    house = await as_it_is(connection, scope, houses, house_id)
    limited = select(contractor_houses.c.contractor_id)
    rows = await connection.execute(
        select(contractors)
        .where(
            or_(contractors.c.company == house["company"], contractors.c.company.is_(None)),
            or_(
                contractors.c.id.not_in(limited),
                contractors.c.id.in_(limited.where(contractor_houses.c.house_id == house_id)),
            ),
        )
        .order_by(contractors.c.emergency.desc(), contractors.c.trade, contractors.c.name_key)
    )
    return await _with_numbers(connection, scope, rows.mappings().all())


async def list_contractors(connection: AsyncConnection, scope: Scope) -> Sequence[ContractorCard]:
    """Those of the scope's companies and of all companies."""
    rows = await connection.execute(
        select(contractors)
        .where(scope.clause(contractors.c.company, with_common=True))
        .order_by(contractors.c.emergency.desc(), contractors.c.trade, contractors.c.name_key)
    )
    return await _with_numbers(connection, scope, rows.mappings().all())


async def contractor_card(connection: AsyncConnection, scope: Scope, contractor_id: int) -> ContractorCard:
    """Raises NotSeen."""
    row = await as_it_is(connection, scope, contractors, contractor_id)
    (found,) = await _with_numbers(connection, scope, [row])
    return found


async def _with_numbers(
    connection: AsyncConnection, scope: Scope, rows: Sequence[RowMapping]
) -> Sequence[ContractorCard]:
    ids = [row["id"] for row in rows]
    numbers = await connection.execute(
        select(contractor_phones)
        .where(contractor_phones.c.contractor_id.in_(ids))
        .order_by(contractor_phones.c.id)
    )
    places = await connection.execute(
        select(contractor_houses.c.contractor_id, houses.c.id, houses.c.label)
        .join(houses, houses.c.id == contractor_houses.c.house_id)
        .where(contractor_houses.c.contractor_id.in_(ids), scope.clause(houses.c.company))
        .order_by(houses.c.label)
    )
    phones_of: dict[int, list[Any]] = {}
    houses_of: dict[int, list[Any]] = {}
    for row in numbers.mappings():
        phones_of.setdefault(row["contractor_id"], []).append(row)
    for row in places.mappings():
        houses_of.setdefault(row["contractor_id"], []).append(row)
    return [ContractorCard(row, phones_of.get(row["id"], ()), houses_of.get(row["id"], ())) for row in rows]
