"""Residents and devices by the digits of a telephone, premises by the account of their bills."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.directory.finding.hits import Hit, HitKind
from callengine.desk.directory.tables import (
    device_numbers,
    houses,
    premises,
    residencies,
    resident_phones,
    residents,
)
from callengine.desk.directory.visible import there
from callengine.desk.people.scope import Scope

_ROWS = 20
_HAS_ACCOUNT = text("premises.account <> ''")
"""The condition of the index."""


async def by_digits(connection: AsyncConnection, scope: Scope, digits: str) -> list[Hit]:
    """Whose number ends so, whose account it is, which device has it."""
    found = await _people(connection, scope, digits)
    found += await _accounts(connection, scope, digits)
    return found + await _devices(connection, scope, digits)


def ends_with(tail: ColumnElement[str], digits: str) -> ColumnElement[bool]:
    """The condition on a column of reversed digits, as a range that an index answers on any database."""
    wanted = (digits[-10:] if len(digits) >= 10 else digits)[::-1]
    return and_(tail >= wanted, tail < wanted + ":")  # ":" comes directly after "9"


async def _people(connection: AsyncConnection, scope: Scope, digits: str) -> list[Hit]:
    rows = await connection.execute(
        select(
            residents.c.company,
            residents.c.id,
            residents.c.full_name,
            resident_phones.c.phone,
            premises.c.id.label("premises_id"),
            premises.c.number,
            houses.c.id.label("house_id"),
            houses.c.label.label("house"),
        )
        .select_from(resident_phones)
        .join(residents, and_(residents.c.id == resident_phones.c.resident_id, there(residents)))
        .outerjoin(residencies, and_(residencies.c.resident_id == residents.c.id, there(residencies)))
        .outerjoin(premises, and_(premises.c.id == residencies.c.premises_id, there(premises)))
        .outerjoin(houses, houses.c.id == premises.c.house_id)
        .where(
            scope.clause(resident_phones.c.company),
            ends_with(resident_phones.c.tail, digits),
            there(resident_phones),
        )
        .limit(_ROWS)
    )
    return [
        Hit(
            HitKind.RESIDENT,
            100.0 + len(digits),
            row.company,
            row.house_id,
            row.premises_id,
            row.id,
            row.house or "",
            row.number or "",
            row.full_name,
            row.phone,
        )
        for row in rows.all()
    ]


async def _accounts(connection: AsyncConnection, scope: Scope, digits: str) -> list[Hit]:
    rows = await connection.execute(
        select(premises.c.company, premises.c.id, premises.c.number, houses.c.id, houses.c.label)
        .join(houses, houses.c.id == premises.c.house_id)
        .where(scope.clause(premises.c.company), premises.c.account == digits, _HAS_ACCOUNT, there(premises))
        .limit(_ROWS)
    )
    return [
        Hit(HitKind.PREMISES, 120.0, company, house_id, premises_id, None, house, flat)
        for company, premises_id, flat, house_id, house in rows.all()
    ]


async def _devices(connection: AsyncConnection, scope: Scope, digits: str) -> list[Hit]:
    if len(digits) < 10:
        return []
    rows = await connection.execute(
        select(device_numbers, houses.c.label)
        .join(houses, houses.c.id == device_numbers.c.house_id)
        .where(
            scope.clause(device_numbers.c.company),
            device_numbers.c.phone.in_([digits, f"+{digits}", f"+7{digits[-10:]}"]),
        )
        .limit(_ROWS)
    )
    return [
        Hit(
            HitKind.DEVICE, 110.0, row.company, row.house_id, house=row.label, name=row.place, phone=row.phone
        )
        for row in rows.all()
    ]
