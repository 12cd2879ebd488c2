"""A database and a disk that a test takes away and gives back, and how the ledger is compared afterwards."""

from __future__ import annotations

import asyncio
import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.ledger import Ledger, open_ledger
from storage.rows.codec import decision_from_json
from storage.rows.record import Record
from storage.rows.row_writer import insert_new, write
from storage.schema import tables
from storage.spool.writer import Spool
from tests.support.centre import NOON

NODE = "pbx1"
LOCK_SECONDS = 60.0
"""A commit that is under way, on whatever disk, is waited for; sqlite3 itself would give up after five."""


@contextmanager
def sqlite_locked(url: str) -> Iterator[None]:
    """Another program holds the write lock."""
    other = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=LOCK_SECONDS, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@contextmanager
def postgres_stopped(server: Any) -> Iterator[None]:
    """As by `systemctl stop postgresql`, and start."""
    server.stop()
    try:
        yield
    finally:
        server.ensure_postgres_running()


class Faults:
    """Takes the database or the disk away from one ledger, at once and without waiting."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.database_away = False
        self.disk_full = False
        real = os.pwrite

        def pwrite(descriptor: int, data: Any, at: int) -> int:
            if self.disk_full:
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(descriptor, data, at)

        patch.setattr("storage.spool.file.os.pwrite", pwrite)

    def watch(self, engine: AsyncEngine) -> None:
        """Let the faults reach this engine."""
        event.listen(engine.sync_engine, "begin", self._on_begin, insert=True)

    def _on_begin(self, _connection: Any) -> None:
        if self.database_away:
            raise OperationalError("the database is away", None, Exception("away"))


async def open_spooled(url: str, spool: Path) -> Ledger:
    """A ledger with its spool, writing."""
    ledger = await open_ledger(url, NODE, NOON, spool=Spool(spool, NODE))
    ledger.writer.start()
    return ledger


async def leave_as_killed(ledger: Ledger) -> None:
    """What a kill -9 leaves: the file as it is, its lock free; nothing written, flushed or drained any more."""
    # The process lives on, so a transaction that is under way would keep SQLite's lock: not so after a real kill.
    async with asyncio.timeout(20):
        while ledger.engine.pool.checkedout():
            await asyncio.sleep(0.001)
    tasks = [task for task in (ledger.writer._task, ledger.writer.drain._task) if task is not None]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    if ledger.writer._timer is not None:
        ledger.writer._timer.cancel()
    await ledger._forget_stand_in()
    await ledger.spool.close()
    await ledger.engine.dispose()
    await ledger.reader.dispose()


async def rows_of(engine: AsyncEngine, *, without: frozenset[str] = frozenset()) -> dict[str, list[Any]]:
    """Everything in the ledger, in the order of the keys."""
    found = {}
    async with engine.connect() as connection:
        for table in tables.metadata.sorted_tables:
            if table.name in {"runs", "leases", "audit", "deletions", *without}:
                continue
            rows = await connection.execute(select(table).order_by(*table.primary_key.columns))
            found[table.name] = [tuple(row) for row in rows]
    return found


async def rows_by_the_journal(journal: list[Any]) -> dict[str, list[Any]]:
    """What the tables must hold when each journal row was carried out once, in order, in a ledger of memory."""
    twin = await open_ledger("sqlite://", NODE, NOON)
    starts = [{"node": NODE, "epoch": epoch, "started_at": NOON} for epoch in {row[1] for row in journal}]
    try:
        async with twin.engine.begin() as connection:
            await connection.run_sync(insert_new, tables.runs, starts)
        for _, epoch, seq, at, told, decision, *_ in journal:
            decided = decision_from_json(decision)
            record = Record(epoch, seq, at, told, decision, decided.journal, decided.companies)
            async with twin.engine.begin() as connection:
                await connection.run_sync(write, NODE, [record])
        return await rows_of(twin.reader)
    finally:
        await twin.close()


def numbers(journal: list[Any]) -> list[tuple[int, int]]:
    """(epoch, seq) of each journal row."""
    return [(row[1], row[2]) for row in journal]
