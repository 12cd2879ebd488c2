"""Connections to the desk's database: many that read, one at a time that writes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from callengine.desk.data.migrate import DESK
from storage.schema.database import create_ledger_engine, keep_private
from storage.schema.revisions import Found

SCHEMA = "desk"
"""On PostgreSQL: beside the ledger's tables, in a schema of its own."""


class DeskDatabase:
    """`reading` and `writing` are one transaction each, and short: what is slow is done before or after it.

    On SQLite a second writer waits in this process, in the order of asking, instead of at the file's lock.
    """

    def __init__(self, url: URL) -> None:
        self._url = url
        self._is_sqlite = url.drivername.startswith("sqlite")
        self._writer = create_ledger_engine(url)
        self._reader = create_ledger_engine(url, read_only=True) if self._is_sqlite else self._writer
        if not self._is_sqlite:
            event.listen(self._writer.sync_engine, "connect", _look_into_schema)
        self._one_writes = asyncio.Lock()

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file."""
        return self._is_sqlite

    async def prepare(self) -> Found:
        """For a start: make it where there is none.

        Raises LedgerError for one of another version that does not fit; OSError, SQLAlchemyError.
        """
        keep_private(self._url)
        await make_schema(self._writer)
        async with self._writer.begin() as connection:
            return await connection.run_sync(DESK.begin)

    async def look(self) -> Found:
        """At which revision it is; nothing is made. Raises LedgerError, OSError, SQLAlchemyError."""
        async with self._reader.connect() as connection:
            return await connection.run_sync(DESK.look)

    async def upgrade(self) -> Found:
        """Bring it to this version's revision; returns what was there. Raises LedgerError, OSError, SQLAlchemyError."""
        keep_private(self._url)
        await make_schema(self._writer)
        async with self._writer.begin() as connection:
            return await connection.run_sync(DESK.upgrade)

    async def downgrade(self, revision: str) -> None:
        """Back to an older version's. Raises LedgerError, OSError, SQLAlchemyError."""
        async with self._writer.begin() as connection:
            await connection.run_sync(DESK.downgrade, revision)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """One transaction that sees one state of everything and takes no lock that a writer waits for."""
        async with self._reader.begin() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """One transaction; committed when the block ends, undone when it raises."""
        if not self._is_sqlite:
            async with self._writer.begin() as connection:
                yield connection
            return
        async with self._one_writes, self._writer.begin() as connection:
            yield connection

    async def close(self) -> None:
        """Every connection."""
        await self._writer.dispose()
        if self._reader is not self._writer:
            await self._reader.dispose()


async def make_schema(engine: AsyncEngine) -> None:
    """PostgreSQL's schema; nothing on SQLite, whose file is the desk's alone."""
    if engine.dialect.name != "postgresql":
        return
    async with engine.begin() as connection:
        found = await connection.scalar(
            text("SELECT 1 FROM information_schema.schemata WHERE schema_name = :name"), {"name": SCHEMA}
        )
        if found is None:
            await connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))


def _look_into_schema(connection: Any, _record: Any) -> None:
    """Names without a schema are the desk's own tables, never the ledger's."""
    connection.run_async(lambda driver: driver.execute(f"SET search_path TO {SCHEMA}"))
