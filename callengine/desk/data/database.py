"""Connections to the desk's database: many that read, one at a time that writes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from callengine.desk.data.migrate import DESK
from callengine.desk.data.trouble import DatabaseAway, Trouble, trouble_of
from callengine.platform.logs import get_log
from storage.schema.database import create_ledger_engine, is_in_memory, keep_private
from storage.schema.errors import DatabaseUnreachable
from storage.schema.revisions import Found

SCHEMA = "desk"
"""On PostgreSQL: beside the ledger's tables, in a schema of its own."""
AGAIN_SECONDS = 1.0
"""Between two tries of a database that took nothing."""


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
        self._log = get_log("callengine.desk.database")
        self._in_trouble, self._takes = asyncio.Event(), asyncio.Event()
        self._takes.set()
        self._refused_at = 0.0
        self._holds_open: AsyncConnection | None = None
        self.trouble: Trouble | None = None
        """Why the last thing that was to be written was not; None: it was."""
        self.refused = 0
        """Transactions that were not written for such a reason."""
        self.on_trouble: list[Callable[[], None]] = []
        """Called when it begins and when it is over."""

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
            found = await connection.run_sync(DESK.begin)
        await self._hold_open()
        return found

    async def _hold_open(self) -> None:
        """SQLite takes the files beside its own away with the last connection, and needs room to make them again:
        without this one nothing could even be read from a full disk.
        """
        if self._is_sqlite and not is_in_memory(self._url) and self._holds_open is None:
            self._holds_open = await self._reader.connect()
            await self._holds_open.execute(text("SELECT count(*) FROM sqlite_master"))
            await self._holds_open.rollback()

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
        try:
            async with self._reader.begin() as connection:
                yield connection
        except DatabaseUnreachable as problem:
            raise DatabaseAway(str(problem)) from problem

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """One transaction; committed when the block ends, undone when it raises."""
        try:
            async with self._transaction() as connection:
                yield connection
        except DatabaseUnreachable as problem:
            self._note(Trouble.AWAY, problem)
            raise DatabaseAway(str(problem)) from problem
        except SQLAlchemyError as problem:
            if (trouble := trouble_of(problem)) is not None:
                self._note(trouble, problem)
            raise
        # What happens to fit into a full disk is no room yet: pages shall not say so, and take it back at once.
        if self.trouble is not None and self._seconds() - self._refused_at >= AGAIN_SECONDS:
            self._note(None, None)

    async def mend(self) -> None:
        """Until cancelled: while nothing is taken, try whether it is, so that pages know without anybody's typing."""
        while True:
            await self._in_trouble.wait()
            await asyncio.sleep(AGAIN_SECONDS + 0.1)
            with suppress(SQLAlchemyError):
                async with self.writing() as connection:
                    await connection.execute(_CHANGES_NOTHING)

    async def until_it_takes(self, seconds: float) -> None:
        """Until something was written again, at most so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._takes.wait()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        if not self._is_sqlite:
            async with self._writer.begin() as connection:
                yield connection
            return
        async with self._one_writes, self._writer.begin() as connection:
            yield connection

    def _seconds(self) -> float:
        return asyncio.get_running_loop().time()

    def _note(self, trouble: Trouble | None, problem: BaseException | None) -> None:
        if trouble is not None:
            self.refused += 1
            self._refused_at = self._seconds()
        before, self.trouble = self.trouble, trouble
        if before is trouble:
            return
        if trouble is None:
            self._in_trouble.clear()
            self._takes.set()
            self._log.info("desk_database_takes_again", msg="what is typed is written again")
        else:
            self._in_trouble.set()
            self._takes.clear()
            self._log.error(
                "desk_database_takes_nothing",
                msg="what is typed is refused with words; calls go on",
                trouble=str(trouble),
                reason=str(getattr(problem, "orig", None) or problem),
            )
        for told in tuple(self.on_trouble):
            told()

    async def close(self) -> None:
        """Every connection."""
        if self._holds_open is not None:
            await self._holds_open.close()
            self._holds_open = None
        await self._writer.dispose()
        if self._reader is not self._writer:
            await self._reader.dispose()


_CHANGES_NOTHING = text("UPDATE alembic_version SET version_num = version_num")
"""A row that is there in every database of the desk's; it is written nevertheless, so there is room for it or not."""


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
