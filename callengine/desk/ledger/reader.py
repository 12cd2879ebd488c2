"""Reads the ledger beside a running engine and can do nothing else to it (law 10).

On SQLite the file is opened for reading only, and each read is one short deferred transaction: a reader takes no lock
that a writer waits for, and a checkpoint waits for none longer than `READ_SECONDS`. On PostgreSQL the session is
read-only and ended by the server when it idles inside a transaction; give the desk a role without write rights besides.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiosqlite
from sqlalchemy import event
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from callengine.platform.paths import in_state_folder
from config.settings import Settings
from storage.schema.database import create_ledger_engine, ledger_url
from storage.schema.errors import LedgerAway
from storage.schema.sqlite_file import open_sqlite

READ_SECONDS = 5.0
"""One read takes no longer: it is broken off, and whoever asked is told."""
_GRACE_SECONDS = 1.0
"""SQLite itself breaks a read off; only where it does not, its connection is given up while its thread works."""
_LOOKS = 20_000
"""SQLite's steps between two looks at the clock: some milliseconds."""
_SQLITE = "sqlite"


class LedgerReader:
    """`reading` is one transaction. `node` is the PBX whose calls are shown."""

    def __init__(self, url: URL, node: str, *, read_seconds: float = READ_SECONDS) -> None:
        self.node = node
        self._read_seconds = read_seconds
        self.engine: AsyncEngine
        """For what reads by itself (`callengine.reports`): as read-only, each read as short."""
        self._grace_seconds = _GRACE_SECONDS if url.drivername.startswith(_SQLITE) else 0.0
        if url.drivername.startswith(_SQLITE):
            self.engine = self._sqlite(Path(url.database or ""))
        else:
            self.engine = create_ledger_engine(url, read_only=True)
            event.listen(self.engine.sync_engine, "connect", self._hold_postgresql)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """One transaction that sees one state of everything. Raises LedgerAway, also when it takes too long."""
        time_limit = asyncio.timeout(self._read_seconds + self._grace_seconds)
        try:
            async with time_limit, self.engine.begin() as connection:
                yield connection
        except TimeoutError:
            raise LedgerAway(self._too_long()) from None
        except (SQLAlchemyError, OSError) as problem:
            # Broken off in the middle of a statement, asyncpg cannot even roll back, and says that instead.
            was_broken_off = time_limit.expired() or "interrupted" in str(getattr(problem, "orig", problem))
            raise LedgerAway(self._too_long() if was_broken_off else _why(problem)) from problem

    def _too_long(self) -> str:
        return f"it was not read within {self._read_seconds:g} s"

    async def close(self) -> None:
        """Every connection."""
        await self.engine.dispose()

    def _sqlite(self, file: Path) -> AsyncEngine:
        """A connection a read: none is kept, so none can be in the way of an engine that starts or ends."""
        opening = _Opening(file, self._read_seconds)
        engine = create_async_engine(
            "sqlite+aiosqlite://",
            connect_args={"async_creator_fn": opening},
            poolclass=NullPool,
            hide_parameters=True,
        )
        event.listen(engine.sync_engine, "connect", _begin_ourselves)
        event.listen(engine.sync_engine, "begin", _begin_deferred)
        return engine

    def _hold_postgresql(self, connection: Any, _record: Any) -> None:
        limit = round(self._read_seconds * 1000)
        for what in (
            "default_transaction_read_only = on",
            f"statement_timeout = {limit}",
            f"idle_in_transaction_session_timeout = {limit}",
        ):
            connection.run_async(lambda driver, what=what: driver.execute(f"SET {what}"))


class _Opening:
    """Opens the file, for aiosqlite's dialect."""

    def __init__(self, file: Path, read_seconds: float) -> None:
        self._file = file
        self._read_seconds = read_seconds

    def __call__(self, *_: Any, **__: Any) -> Awaitable[aiosqlite.Connection]:
        return self._open()

    async def _open(self) -> aiosqlite.Connection:
        connection = await open_sqlite(self._address("mode=ro"), uri=True, timeout=self._read_seconds)
        try:
            if not await self._is_readable(connection):
                await connection.close()
                connection = await open_sqlite(self._address("immutable=1"), uri=True)
            await connection.execute("PRAGMA query_only=ON")
            now = asyncio.get_running_loop().time
            until = now() + self._read_seconds
            await connection.set_progress_handler(lambda: int(now() > until), _LOOKS)
        except BaseException:
            await connection.close()
            raise
        return connection

    def _address(self, how: str) -> str:
        return f"file:{quote(str(self._file.absolute()))}?{how}"

    async def _is_readable(self, connection: aiosqlite.Connection) -> bool:
        """False: the engine is stopped and its folder is not ours, so SQLite cannot make the files beside the ledger.

        Then nobody writes either, and the file alone is whole. Raises sqlite3.Error for any other trouble.
        """
        try:
            await connection.execute("SELECT 1 FROM sqlite_master LIMIT 1")
        except sqlite3.OperationalError:
            beside = self._file.with_name(f"{self._file.name}-wal")
            if self._file.exists() and not beside.exists():
                return False
            raise
        return True


def reader_of(settings: Settings) -> LedgerReader:
    """As the settings have it; nothing is opened yet."""
    return LedgerReader(ledger_for_desk(settings), settings.pbx.name)


def ledger_for_desk(settings: Settings) -> URL:
    """Where the desk reads the ledger: `desk.ledger`; else the engine's file, or on PostgreSQL the desk's own database
    and role, of which the ledger is another schema. The engine's password is never needed.
    """
    desk, engines = settings.desk, settings.database.url
    url = desk.ledger or engines
    if not desk.ledger and not engines.startswith(_SQLITE) and not desk.database.startswith(_SQLITE):
        url = desk.database
    if url.startswith(_SQLITE):
        file = in_state_folder(Path(url.removeprefix("sqlite:///")))
        return ledger_url(f"sqlite:///{file}")
    return ledger_url(url, desk.database_password.get_secret_value())


def _begin_ourselves(connection: Any, _record: Any) -> None:
    """The driver must not begin transactions by itself (SQLAlchemy, pysqlite dialect notes)."""
    connection.isolation_level = None


def _begin_deferred(connection: Any) -> None:
    """A reader of WAL takes no lock that a writer would wait for."""
    connection.exec_driver_sql("BEGIN")


def _why(problem: BaseException) -> str:
    told = getattr(problem, "orig", None) or problem
    return f"{type(told).__name__}: {told}".splitlines()[0][:200]
