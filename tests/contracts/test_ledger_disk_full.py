"""The disk is full for database and spool alike: routing goes on, nothing counts as committed, nothing is lost."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from callengine.metrics.registry import LedgerMetrics
from callengine.observers.ledger_health import LedgerWatch
from callengine.platform.logs import get_log
from storage.ledger import Ledger
from storage.schema.errors import LedgerError
from tests.support.centre import arrived, holding
from tests.support.ledger_desk import opened_desk, play
from tests.support.outage import numbers, open_spooled, rows_by_the_journal, rows_of


@contextmanager
def no_file_may_grow(folder: Path) -> Iterator[None]:
    """As on a full disk: what is in the files may be written over, nothing added. (RLIMIT_FSIZE; EFBIG.)"""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    smallest = min(file.stat().st_size for file in folder.glob("*") if file.suffix in {".db", ".spool"})
    resource.setrlimit(resource.RLIMIT_FSIZE, (smallest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/ledger.db"


async def opened(url: str, tmp_path: Path) -> Ledger:
    return await open_spooled(url, tmp_path / "ledger.spool")


async def test_with_a_full_disk_nothing_counts_as_committed_and_with_room_again_all_is_there(
    url: str, tmp_path: Path
) -> None:
    ledger = await opened(url, tmp_path)
    problems: list[Exception] = []
    ledger.writer.news.spool_failed = problems.append
    desk = opened_desk(ledger)
    await ledger.writer.flush()
    with no_file_may_grow(tmp_path):
        for n in range(40):
            call = f"c{n}"
            play(ledger, desk, [arrived(call, n, number=f"+7916000{n:04}"), holding(call, n)])
        committing = asyncio.create_task(ledger.writer.flush())
        async with asyncio.timeout(30):
            while not (ledger.writer.is_away and problems):
                await asyncio.sleep(0.02)
        # Whoever waits for a commit waits on: no trace on the PBX is erased, nobody is dialled.
        assert not committing.done()
        assert ledger.writer.pending_rows == 80
    async with asyncio.timeout(30):
        await committing
        while ledger.writer.is_away:
            await asyncio.sleep(0.02)
    found = await rows_of(ledger.reader)
    assert numbers(found["journal"]) == [(1, seq) for seq in range(1, 84)]
    assert found == await rows_by_the_journal(found["journal"])
    await ledger.close()


async def test_when_memory_has_no_room_either_the_engine_starts_anew_as_soon_as_the_ledger_is_back(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.spool.batch_writer.MAX_WAITING", 50)
    ledger = await opened(url, tmp_path)
    from prometheus_client import CollectorRegistry

    watch = LedgerWatch(ledger, LedgerMetrics(CollectorRegistry()), get_log("test"))
    desk = opened_desk(ledger)
    await ledger.writer.flush()
    with no_file_may_grow(tmp_path):
        for n in range(40):
            call = f"c{n}"
            play(ledger, desk, [arrived(call, n, number=f"+7916000{n:04}"), holding(call, n)])
        assert (ledger.writer.pending_rows, ledger.writer.dropped_records) == (50, 30)
        async with asyncio.timeout(30):
            while not ledger.writer.is_away:
                await asyncio.sleep(0.02)
        watch.check()
        assert not watch.keeps_decisions
    async with asyncio.timeout(30):
        while ledger.writer.is_away or ledger.writer.pending_rows:
            await asyncio.sleep(0.02)
    with pytest.raises(LedgerError, match="30 decisions found no room"):
        watch.check()
    # What was decided without room never counts as committed, whatever comes later.
    play(ledger, desk, [arrived("later", 100, number="+79161110000")])
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await ledger.writer.flush()
    await ledger.close()
    again = await opened(url, tmp_path)
    found = await rows_of(again.reader)
    assert numbers(found["journal"]) == [(1, seq) for seq in range(1, 54)]
    assert found == await rows_by_the_journal(found["journal"])
    await again.close()
