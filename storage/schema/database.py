"""A database engine from a URL: SQLite embedded, PostgreSQL by name; their differences end here."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from storage.schema.errors import LedgerError
from storage.schema.fitness import Fitness
from storage.schema.servers import Servers, places, refuse_options, split_hosts, without_places
from storage.schema.sqlite_file import open_sqlite

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}
BUSY_TIMEOUT_MS = 5000
_SHARED = stat.S_ISGID | stat.S_IWGRP
"""Of a folder: the group of whatever is made in it is the folder's, and may write there."""
READS = "callengine_reads"
"""An execution option of an engine that writes: this connection only reads."""


def ledger_url(text: str, password: str = "") -> URL:
    """The URL with our drivers. Raises LedgerError, which never shows a password."""
    text, hosts = split_hosts(text)
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise LedgerError("the database URL cannot be read; use sqlite:///FILE or postgresql://…") from None
    driver = _DRIVERS.get(url.drivername)
    if driver is None:
        raise LedgerError(
            f"database {url.drivername!r} is not supported; use sqlite:///FILE or postgresql://…"
        )
    url = url.set(drivername=driver)
    if _is_postgresql(url):
        url = url.update_query_dict({"host": hosts}, append=True) if hosts else url
        places(url)
        refuse_options(url)
    return url.set(password=password) if password else url


def create_ledger_engine(url: URL, *, read_only: bool = False, wants_writer: bool = False) -> AsyncEngine:
    """An engine for our use of the database; nothing is connected yet.

    `read_only`: for lists and reports beside a running engine: it neither writes nor makes the writer wait. With
    `wants_writer` it reads only where the ledger is written: what it is told must not be older than what was committed.

    Whoever has such an engine has the cure for a fail-over with it: see `Fitness`.
    """
    if _is_postgresql(url):
        reads_anywhere = read_only and not wants_writer
        servers = Servers(places(url), read_only=reads_anywhere)
        engine = create_async_engine(
            without_places(url), connect_args={"async_creator_fn": servers.connect}, hide_parameters=True
        )
        Fitness(writes=not reads_anywhere).watch(engine.sync_engine)
        return engine
    engine = create_async_engine(url, connect_args={"async_creator_fn": open_sqlite}, hide_parameters=True)
    event.listen(engine.sync_engine, "connect", _set_sqlite_up)
    event.listen(engine.sync_engine, "begin", _begin_deferred if read_only else _begin_immediate)
    if not is_in_memory(url):  # Such a ledger exists in its one connection only.
        Fitness(writes=False).watch(engine.sync_engine)
    return engine


def is_in_memory(url: URL) -> bool:
    """Whether the ledger is gone with its connection."""
    return url.drivername.startswith("sqlite") and url.database in {None, "", ":memory:"}


def keep_private(url: URL) -> None:
    """Make a new SQLite database readable by its owner alone: whole phone numbers are in it. Raises OSError.

    In a folder whose set-group-id bit says that its group shares what is in it, the group reads and writes: engine and
    desk look into each other's database, and SQLite's readers keep their marks in a file beside it.
    """
    if not _is_postgresql(url) and url.database and not is_in_memory(url):
        # The files beside it (-wal, -shm) take over its mode and, when root writes, its owner.
        path = Path(url.database)
        if path.exists():
            return
        shared = path.absolute().parent.stat().st_mode & _SHARED == _SHARED
        path.touch(mode=0o600)
        if shared:
            path.chmod(0o660)  # Whatever the umask says.
        if os.geteuid() == 0:
            # A command of root's in the service's folder: the engine's own user must write it afterwards.
            folder = path.absolute().parent.stat()
            os.chown(path, folder.st_uid, folder.st_gid)


def _is_postgresql(url: URL) -> bool:
    return url.drivername.startswith("postgresql")


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
