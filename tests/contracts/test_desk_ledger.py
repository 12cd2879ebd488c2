"""The desk beside the ledger, on both databases: it reads what there is, can change nothing, and holds nobody up."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from callengine.desk.ledger.reader import LedgerReader
from storage.schema.database import create_ledger_engine, ledger_url
from storage.schema.errors import LedgerAway
from storage.schema.tables import calls
from tests.support.centre import NOON
from tests.support.told_calls import NODE, at_work, told_ledger

SOON = 20.0


@asynccontextmanager
async def a_reader(url: str, **options: float) -> AsyncIterator[LedgerReader]:
    reader = LedgerReader(ledger_url(url), NODE, **options)
    try:
        yield reader
    finally:
        await reader.close()


@pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
async def test_it_reads_and_no_statement_of_it_changes_anything(url: str) -> None:
    await told_ledger(url)
    async with a_reader(url) as reader:
        async with reader.reading() as connection:
            assert len((await connection.execute(select(calls.c.call))).all()) == 11
        for statement in (
            "INSERT INTO runs (node, epoch, started_at) VALUES ('x', 1, 1)",
            "DELETE FROM calls",
            "CREATE TABLE mine (a integer)",
        ):
            with pytest.raises(LedgerAway, match=r"(?i)read.?only"):
                async with reader.reading() as connection:
                    await connection.execute(text(statement))


@pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
async def test_a_read_that_takes_too_long_is_broken_off_and_the_next_one_works(url: str) -> None:
    await told_ledger(url)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    async with a_reader(url, read_seconds=0.3) as reader:
        with pytest.raises(LedgerAway):
            async with asyncio.timeout(SOON), reader.reading() as connection:
                await connection.execute(text(endless))
        with pytest.raises(LedgerAway, match=r"within 0\.3 s"):
            await idle_in_a_read(reader)
        async with reader.reading() as connection:
            await connection.execute(select(calls.c.call))


async def idle_in_a_read(reader: LedgerReader) -> None:
    async with reader.reading() as connection:
        await connection.execute(select(calls.c.call))
        await asyncio.sleep(SOON)


async def test_a_ledger_that_is_not_there_or_is_none_is_told(tmp_path: Path) -> None:
    async with a_reader(f"sqlite:///{tmp_path}/nothing.db") as reader:
        with pytest.raises(LedgerAway, match="unable to open"):
            async with reader.reading() as connection:
                await connection.execute(text("SELECT 1"))
    assert list(tmp_path.iterdir()) == []


STANDS_STILL = """
import asyncio, os, signal, sys
from sqlalchemy import select
from callengine.desk.ledger.reader import LedgerReader
from storage.schema.database import ledger_url
from storage.schema.tables import calls

async def read():
    reader = LedgerReader(ledger_url(sys.argv[1]), "pbx1")
    async with reader.reading() as connection:
        await connection.execute(select(calls.c.call))
        print("reads", flush=True)
        os.kill(os.getpid(), signal.SIGSTOP)
    await reader.close()

asyncio.run(read())
"""


@pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
async def test_a_desk_stopped_inside_a_read_stops_no_commit_and_its_end_gives_the_wal_back(
    url: str, tmp_path: Path
) -> None:
    await told_ledger(url)
    engine = create_ledger_engine(ledger_url(url))
    desk = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", STANDS_STILL, url), stdout=asyncio.subprocess.PIPE, env=dict(os.environ)
    )
    try:
        assert desk.stdout is not None
        async with asyncio.timeout(SOON):
            assert await desk.stdout.readline() == b"reads\n"
        slowest = 0.0
        for n in range(200):
            begun = asyncio.get_running_loop().time()
            await at_work(engine, f"more-{n}", NOON + timedelta(seconds=n))
            slowest = max(slowest, asyncio.get_running_loop().time() - begun)
        # A lock would have cost the five seconds that SQLite waits for one.
        assert slowest < 2.0
        desk.kill()
        await desk.wait()
        if engine.dialect.name == "sqlite":
            _wal_is_given_back(tmp_path / "ledger.db")
    finally:
        if desk.returncode is None:
            desk.send_signal(signal.SIGCONT)
            desk.kill()
            await desk.wait()
        await engine.dispose()


def _wal_is_given_back(file: Path) -> None:
    """With the reader gone the next checkpoint reaches the end, and what follows is written over the beginning."""
    wal = file.with_name(f"{file.name}-wal")
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        busy, pages, done = connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
        assert (busy, done) == (0, pages)
        size = wal.stat().st_size
        connection.execute("UPDATE calls SET caller_name = 'after'")
    assert wal.stat().st_size == size
