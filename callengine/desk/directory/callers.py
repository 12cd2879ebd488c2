"""Who may be calling: read while the telephone rings, so one statement by one index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.directory.tables import (
    device_numbers,
    houses,
    last_contacts,
    premises,
    residencies,
    resident_phones,
    residents,
)
from callengine.desk.directory.visible import there
from callengine.desk.people.scope import Scope

_MOST = 30


@dataclass(frozen=True, slots=True)
class MayBe:
    """The number is known for this person at these premises; that it is he, only he can say (P21)."""

    company: str
    resident_id: int
    name: str
    role: str
    language: str
    note: str
    premises_id: int | None
    flat: str
    house_id: int | None
    house: str
    last_contact_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeviceCalls:
    """A machine has this number: which, and where. There is nobody to choose, to rate or to call back (P34)."""

    company: str
    device_id: int
    kind: str
    place: str
    house_id: int
    house: str


async def who_may_be(connection: AsyncConnection, scope: Scope, company: str, number: str) -> Sequence[MayBe]:
    """Everybody of this company for whom the number (E.164) is known, who was in contact last comes first.

    Empty also when the scope does not see the company. Who has several premises is there once for each.
    """
    seen = last_contacts
    rows = await connection.execute(
        select(
            residents.c.company,
            residents.c.id.label("resident_id"),
            residents.c.full_name.label("name"),
            residencies.c.role,
            residents.c.language,
            residents.c.note,
            premises.c.id.label("premises_id"),
            premises.c.number.label("flat"),
            houses.c.id.label("house_id"),
            houses.c.label.label("house"),
            seen.c.at.label("last_contact_at"),
        )
        .select_from(resident_phones)
        .join(residents, and_(residents.c.id == resident_phones.c.resident_id, there(residents)))
        .outerjoin(residencies, and_(residencies.c.resident_id == residents.c.id, there(residencies)))
        .outerjoin(premises, and_(premises.c.id == residencies.c.premises_id, there(premises)))
        .outerjoin(houses, houses.c.id == premises.c.house_id)
        .outerjoin(
            seen,
            and_(
                seen.c.company == resident_phones.c.company,
                seen.c.phone == resident_phones.c.phone,
                seen.c.resident_id == residents.c.id,
                seen.c.premises_id == premises.c.id,
            ),
        )
        .where(
            scope.clause(resident_phones.c.company),
            resident_phones.c.company == company,
            resident_phones.c.phone == number,
            there(resident_phones),
        )
        .order_by(seen.c.at.desc().nulls_last(), residents.c.id, premises.c.id)
        .limit(_MOST)
    )
    return [
        MayBe(
            row.company,
            row.resident_id,
            row.name,
            row.role or "",
            row.language,
            row.note,
            row.premises_id,
            row.flat or "",
            row.house_id,
            row.house or "",
            row.last_contact_at,
        )
        for row in rows.all()
    ]


async def device_calling(
    connection: AsyncConnection, scope: Scope, company: str, number: str
) -> DeviceCalls | None:
    """The lift cabin, intercom or alarm that has this number; None when none has."""
    rows = await connection.execute(
        select(device_numbers, houses.c.label)
        .join(houses, houses.c.id == device_numbers.c.house_id)
        .where(
            scope.clause(device_numbers.c.company),
            device_numbers.c.company == company,
            device_numbers.c.phone == number,
        )
        .order_by(device_numbers.c.id)
        .limit(1)
    )
    row = rows.first()
    if row is None:
        return None
    return DeviceCalls(row.company, row.id, row.kind, row.place, row.house_id, row.label)


async def contacted(
    connection: AsyncConnection,
    scope: Scope,
    company: str,
    number: str,
    resident_id: int,
    premises_id: int,
    at: datetime,
) -> None:
    """Remember that this caller was this person, about these premises: he comes first next time."""
    scope.require(company)
    same = and_(
        last_contacts.c.company == company,
        last_contacts.c.phone == number,
        last_contacts.c.resident_id == resident_id,
        last_contacts.c.premises_id == premises_id,
    )
    done = await connection.execute(last_contacts.update().where(same).values(at=at))
    if done.rowcount == 0:
        await connection.execute(
            last_contacts.insert().values(
                company=company, phone=number, resident_id=resident_id, premises_id=premises_id, at=at
            )
        )


@dataclass(frozen=True, slots=True)
class HouseLabel:
    """For a telephone's display: the one house a number belongs to, its flat when there is one only."""

    house: str
    flat: str
    premises: int


async def house_label(
    connection: AsyncConnection, scope: Scope, number: str, company: str
) -> HouseLabel | None:
    """None when the number is of no house of this company, or of several (P22)."""
    known = [one for one in await who_may_be(connection, scope, company, number) if one.house_id is not None]
    if len({one.house_id for one in known}) != 1:
        return None
    flats = {one.premises_id: one.flat for one in known}
    flat = next(iter(flats.values())) if len(flats) == 1 else ""
    return HouseLabel(known[0].house, flat, len(flats))
