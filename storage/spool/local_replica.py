"""A ledger in memory that answers the engine's questions while the database is away; built from the spool."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from msgspec import DecodeError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from storage.rows.record import Record
from storage.rows.row_writer import insert_new, write
from storage.schema.tables import metadata
from storage.spool.checkpoint import as_row
from storage.spool.records import Decided, Kept, Line, decided

_AT_ONCE = 50
"""Decisions between two turns of the loop."""


class StandIn:
    """The ledger's tables without its journal, on a SQLite of its own in memory.

    Its unique indexes keep law 4 as the ledger's do. It holds what the checkpoint and the spool hold, no more: its
    size is bounded by the spool's.
    """

    def __init__(self, node: str) -> None:
        self._node = node
        # Plain SQLite without foreign keys: a checkpoint holds only the rows that are asked for.
        self.engine: AsyncEngine = create_async_engine("sqlite+aiosqlite://", hide_parameters=True)
        self.is_complete = True
        """False when a decision could not be taken in: then no dial may be claimed here."""

    async def load(self, lines: AsyncIterator[Line]) -> None:
        """Take in the spool's content, in order."""
        async with self.engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        rows: list[Kept] = []
        records: list[Record] = []
        async for line in lines:
            if isinstance(line, Kept):
                rows.append(line)
            elif isinstance(line, Decided):
                try:
                    records.append(decided(line))
                except (DecodeError, KeyError):
                    self.is_complete = False
            if len(rows) + len(records) >= _AT_ONCE:
                await self._take(rows, records)
                rows, records = [], []
                await asyncio.sleep(0)
        await self._take(rows, records)

    async def apply(self, records: Sequence[Record]) -> None:
        """Take in new decisions."""
        await self._take([], records)

    async def close(self) -> None:
        """Forget it."""
        await self.engine.dispose()

    async def _take(self, rows: Sequence[Kept], records: Sequence[Record]) -> None:
        try:
            async with self.engine.begin() as connection:
                for kept in rows:
                    table, row = as_row(kept)
                    await connection.run_sync(insert_new, table, [row])
                await connection.run_sync(lambda sync: write(sync, self._node, records, journal=False))
        except (SQLAlchemyError, KeyError):
            self.is_complete = False
