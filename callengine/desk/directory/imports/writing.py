"""A load written in small transactions that nobody sees, switched on in one, and what is over taken away afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.data.database import DeskDatabase
from callengine.desk.directory.commands.bookkeeping import insert_many, insert_new
from callengine.desk.directory.commands.houses import house_values
from callengine.desk.directory.imports.house_index import HouseIndex
from callengine.desk.directory.imports.matching import Batch, Values
from callengine.desk.directory.tables import (
    directory_words,
    houses,
    premises,
    residencies,
    resident_phones,
    residents,
)
from callengine.desk.directory.typed.phones import tail_of

LOADED: Sequence[Table] = (residencies, resident_phones, residents, premises)
_RANGE = 4_000
_HOUSE_KEYS = ("street_key", "house_key", "street_kind", "locality")
_NOT_COPIED = {"row", "died", "client_id"}


class Writer:
    """Of one load."""

    def __init__(self, company: str, load: int, index: HouseIndex) -> None:
        self._company = company
        self._load = load
        self._index = index
        self._houses: dict[int, int] = {}
        self._words: set[tuple[str, str]] = set()

    async def write(self, connection: AsyncConnection, batch: Batch) -> None:
        """In the caller's transaction."""
        await self._write_houses(connection)
        born = {"born": self._load}
        for one in batch.new_premises:
            one["house_id"] = self._houses.get(one["house_id"], one["house_id"])
        for one in batch.new_phones:
            one |= {"tail": tail_of(one["phone"]), "loaded": True}
        for table, rows in (
            (premises, batch.new_premises),
            (residents, batch.new_residents),
            (residencies, batch.new_homes),
            (resident_phones, batch.new_phones),
        ):
            for row in rows:
                row.update(born)
            await insert_many(connection, table, rows)
        await self._replace(connection, premises, batch.changed_premises.values())
        await self._replace(connection, residents, batch.changed_residents.values())
        await self._replace(connection, residencies, batch.changed_homes.values())
        words = [
            {"company": self._company, "place": place, "word": word} for place, word in sorted(batch.words)
        ]
        await insert_new(connection, directory_words, words)

    async def _write_houses(self, connection: AsyncConnection) -> None:
        new = {token: house for token, house in self._index.new.items() if token not in self._houses}
        if not new:
            return
        values = {token: house_values(house) for token, house in new.items()}
        await insert_many(connection, houses, [{**one, "born": self._load} for one in values.values()])
        keys = [houses.c[name] for name in _HOUSE_KEYS]
        rows = await connection.execute(
            select(*keys, houses.c.id).where(houses.c.company == self._company, houses.c.born == self._load)
        )
        ids = {tuple(key): identity for *key, identity in rows.all()}
        for token, one in values.items():
            self._houses[token] = ids[tuple(one[name] for name in _HOUSE_KEYS)]

    async def _replace(self, connection: AsyncConnection, table: Table, changes: Any) -> None:
        """The old row ends with this load, a new one begins with it; one that began with it already is changed."""
        new: list[Values] = []
        ended: list[int] = []
        for existing, values in changes:
            if existing.born == self._load:
                await connection.execute(table.update().where(table.c.row == existing.row).values(**values))
                continue
            ended.append(existing.row)
            old: Mapping[str, Any] = existing._mapping
            copied = {name: value for name, value in old.items() if name not in _NOT_COPIED}
            if "version" in copied:
                copied["version"] += 1
            new.append({**copied, **values, "born": self._load})
        if new:
            await connection.execute(table.update().where(table.c.row.in_(ended)).values(died=self._load))
            await insert_many(connection, table, new)


async def take_away_ended(database: DeskDatabase, load: int) -> None:
    """After the switch: rows that ended with it. Nobody sees them; each step is short."""
    for table in LOADED:
        async for low, high in _ranges(database, table):
            async with database.writing() as connection:
                await connection.execute(
                    table.delete().where(table.c.row >= low, table.c.row < high, table.c.died == load)
                )


async def undo(database: DeskDatabase, load: int) -> None:
    """Before the switch: as if it had never been begun."""
    for table in LOADED:
        async for low, high in _ranges(database, table):
            here = (table.c.row >= low, table.c.row < high)
            async with database.writing() as connection:
                await connection.execute(table.delete().where(*here, table.c.born == load))
                await connection.execute(table.update().where(*here, table.c.died == load).values(died=None))
    async with database.writing() as connection:
        await connection.execute(houses.delete().where(houses.c.born == load))


async def _ranges(database: DeskDatabase, table: Table) -> Any:
    async with database.reading() as connection:
        low, high = (await connection.execute(select(func.min(table.c.row), func.max(table.c.row)))).one()
    if low is None:
        return
    for start in range(low, high + 1, _RANGE):
        yield start, start + _RANGE
