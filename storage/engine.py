"""A database engine from a URL: SQLite embedded, PostgreSQL by name; their differences end here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from storage.errors import LedgerError

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}
BUSY_TIMEOUT_MS = 5000
READS = "callengine_reads"
"""An execution option of an engine that writes: this connection only reads."""


def ledger_url(text: str, password: str = "") -> URL:
    """The URL with our drivers. Raises LedgerError, which never shows a password."""
    try:
        url = make_url(text)
    except ArgumentError:
        raise LedgerError("the database URL cannot be read; use sqlite:///FILE or postgresql://…") from None
    driver = _DRIVERS.get(url.drivername)
    if driver is None:
        raise LedgerError(
            f"database {url.drivername!r} is not supported; use sqlite:///FILE or postgresql://…"
        )
    url = url.set(drivername=driver)
    return url.set(password=password) if password else url


def create_ledger_engine(url: URL, *, read_only: bool = False) -> AsyncEngine:
    """An engine for our use of the database; nothing is connected yet.

    `read_only`: for lists and reports beside a running engine: it neither writes nor makes the writer wait.
    """
    engine = create_async_engine(
        url, pool_pre_ping=url.drivername.startswith("postgresql"), hide_parameters=True
    )
    if url.drivername.startswith("sqlite"):
        event.listen(engine.sync_engine, "connect", _set_sqlite_up)
        event.listen(engine.sync_engine, "begin", _begin_deferred if read_only else _begin_immediate)
    return engine


def keep_private(url: URL) -> None:
    """Make a new SQLite ledger readable by its owner alone: whole phone numbers are in it. Raises OSError."""
    if url.drivername.startswith("sqlite") and url.database and url.database != ":memory:":
        # The files beside it (-wal, -shm) take over its mode.
        Path(url.database).touch(mode=0o600)


def _set_sqlite_up(connection: Any, _record: Any) -> None:
    """WAL: readers do not stop the writer; FULL: what is committed survives a power cut."""
    # The driver must not begin transactions by itself: we say BEGIN IMMEDIATE (SQLAlchemy, pysqlite dialect notes).
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Any) -> None:
    """Take the write lock at once: a lock that is upgraded later can fail without waiting."""
    reads = connection.get_execution_options().get(READS, False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _begin_deferred(connection: Any) -> None:
    """A reader of WAL takes no lock that a writer would wait for."""
    connection.exec_driver_sql("BEGIN")
