"""Residents of a company as rows of text, some at a time, in the columns that an import reads."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import xlsxwriter
from sqlalchemy import select

from callengine.desk.data.database import DeskDatabase
from callengine.desk.directory.imports.fields import HEADS
from callengine.desk.directory.tables import houses, premises, residencies, resident_phones, residents
from callengine.desk.directory.visible import there
from callengine.desk.people.scope import Scope

_PLACE: Final = ("external_id", "locality", "street", "house", "korpus", "building", "flat")
COLUMNS: Final = (*_PLACE, "name", "phone", "role", "account", "entrance", "floor", "language", "note")
_AT_ONCE = 1_000


async def exported_rows(database: DeskDatabase, scope: Scope, company: str) -> AsyncIterator[list[list[str]]]:
    """One row for each resident of premises. Raises NotSeen."""
    scope.require(company)
    last = 0
    while True:
        async with database.reading() as connection:
            found = await connection.execute(
                select(
                    residencies.c.row,
                    residencies.c.role,
                    residents.c.id,
                    residents.c.external_id,
                    residents.c.full_name,
                    residents.c.language,
                    residents.c.note,
                    premises.c.number.label("flat"),
                    premises.c.account,
                    premises.c.entrance,
                    premises.c.floor,
                    houses.c.number.label("house_number"),
                    *(houses.c[name] for name in _HOUSE),
                )
                .join(residents, residents.c.id == residencies.c.resident_id)
                .join(premises, premises.c.id == residencies.c.premises_id)
                .join(houses, houses.c.id == premises.c.house_id)
                .where(
                    residencies.c.row > last,
                    residencies.c.company == company,
                    there(residencies),
                    there(residents),
                    there(premises),
                )
                .order_by(residencies.c.row)
                .limit(_AT_ONCE)
            )
            rows = found.all()
            numbers = await connection.execute(
                select(resident_phones.c.resident_id, resident_phones.c.phone)
                .where(resident_phones.c.resident_id.in_({row.id for row in rows}), there(resident_phones))
                .order_by(resident_phones.c.row)
            )
            phones: dict[int, list[str]] = {}
            for resident, phone in numbers.all():
                phones.setdefault(resident, []).append(phone)
        if not rows:
            return
        last = rows[-1].row
        yield [
            [
                row.external_id or "",
                row.locality,
                f"{row.street_kind} {row.street}".strip(),
                f"{row.house_number}{row.letter}",
                row.korpus,
                row.building,
                row.flat,
                row.full_name,
                ", ".join(phone.lstrip("+") for phone in phones.get(row.id, [])),
                row.role,
                row.account,
                row.entrance,
                row.floor,
                row.language,
                row.note,
            ]
            for row in rows
        ]


_HOUSE = ("locality", "street_kind", "street", "letter", "korpus", "building")


async def written_xlsx(rows: AsyncIterator[list[list[str]]], folder: Path) -> bytes:
    """A workbook whose cells are all texts. Written to a file of its own, a part at a time."""
    path = folder / f"{secrets.token_hex(8)}.xlsx"
    try:
        book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False})
        sheet = book.add_worksheet()
        for column, field in enumerate(COLUMNS):
            sheet.write_string(0, column, HEADS[field][0].capitalize())
        at = 1
        async for some in rows:
            await asyncio.to_thread(_write, sheet, at, some)
            at += len(some)
        await asyncio.to_thread(book.close)
        return await asyncio.to_thread(path.read_bytes)
    finally:
        path.unlink(missing_ok=True)


def _write(sheet: xlsxwriter.worksheet.Worksheet, at: int, rows: list[list[str]]) -> None:
    for down, row in enumerate(rows):
        for column, cell in enumerate(row):
            sheet.write_string(at + down, column, cell)
