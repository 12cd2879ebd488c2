"""A database that is there but slower than what is decided: the spool takes it over, and no decision is dropped."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.util import await_only

from queues.messages import events
from queues.terms.identifiers import CallId
from storage.ledger import Ledger
from tests.contracts.test_ledger_disk_full import no_file_may_grow
from tests.support.centre import Desk, arrived, holding, moment
from tests.support.ledger_desk import opened_desk, play
from tests.support.outage import leave_as_killed, numbers, open_spooled, rows_by_the_journal, rows_of

CALLS = 160
COMMIT_SECONDS = 0.2


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.db"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(autouse=True)
def _little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("BEHIND", 80), ("NEARLY_FULL", 160), ("MAX_WAITING", 250)):
        monkeypatch.setattr(f"storage.spool.batch_writer.{name}", value)


async def opened(url: str, tmp_path: Path) -> Ledger:
    """Each commit takes its time."""
    ledger = await open_spooled(url, tmp_path / "ledger.spool")
    ledger.writer._max_rows = 50
    event.listen(ledger.engine.sync_engine, "commit", lambda _: await_only(asyncio.sleep(COMMIT_SECONDS)))
    return ledger


async def a_rush(ledger: Ledger, desk: Desk) -> None:
    """Missed calls as fast as they can be decided: as the engine, which waits where the writer wants it."""
    for n in range(CALLS):
        call = f"c{n}"
        play(ledger, desk, [arrived(call, n, number=f"+7916000{n:04}"), holding(call, n)])
        play(ledger, desk, [events.CallEnded(moment(n + 1), CallId(call), 16)])
        if n % 20 == 0:
            await asyncio.sleep(0)
            await ledger.writer.room()


async def assert_whole(ledger: Ledger, decisions: int, *, epoch: int = 1) -> None:
    found = await rows_of(ledger.reader)
    assert numbers(found["journal"]) == [(epoch, seq) for seq in range(1, decisions + 1)]
    assert found == await rows_by_the_journal(found["journal"])


async def test_what_a_slow_database_does_not_take_in_time_waits_on_the_disk_and_comes_in_once_and_in_order(
    url: str, tmp_path: Path
) -> None:
    ledger = await opened(url, tmp_path)
    behind: list[int] = []
    ledger.writer.news.behind = behind.append
    desk = opened_desk(ledger)
    await a_rush(ledger, desk)
    # Committed long before the database has it: it is on the disk.
    async with asyncio.timeout(30):
        await ledger.writer.flush()
    assert behind
    assert ledger.writer.is_away
    assert ledger.spool.pending_records > CALLS
    assert await ledger.settled_calls([CallId(f"c{CALLS - 1}")]) == {CallId(f"c{CALLS - 1}")}
    async with asyncio.timeout(60):
        while ledger.writer.is_away:
            await asyncio.sleep(0.05)
    assert (ledger.writer.dropped_records, ledger.writer.pending_rows) == (0, 0)
    await assert_whole(ledger, len(desk.decisions))
    await ledger.close()


async def test_killed_while_it_is_behind_the_next_start_has_every_decision_that_counted_as_committed(
    url: str, tmp_path: Path
) -> None:
    ledger = await opened(url, tmp_path)
    desk = opened_desk(ledger)
    await a_rush(ledger, desk)
    async with asyncio.timeout(30):
        await ledger.writer.flush()
    assert ledger.writer.is_away
    await leave_as_killed(ledger)
    again = await open_spooled(url, tmp_path / "ledger.spool")
    async with asyncio.timeout(60):
        while again.writer.is_away:
            await asyncio.sleep(0.05)
    await assert_whole(again, len(desk.decisions))
    await again.close()


async def test_with_neither_database_nor_disk_nobody_is_made_to_wait_for_room(tmp_path: Path) -> None:
    ledger = await opened(f"sqlite:///{tmp_path}/ledger.db", tmp_path)
    desk = opened_desk(ledger)
    await ledger.writer.flush()
    with no_file_may_grow(tmp_path):
        for n in range(100):
            call = f"c{n}"
            play(ledger, desk, [arrived(call, n, number=f"+7916000{n:04}"), holding(call, n)])
        async with asyncio.timeout(30):
            await ledger.writer.room()
        assert ledger.writer.pending_rows == 200
        assert ledger.writer.is_away
    async with asyncio.timeout(30):
        await ledger.writer.flush()
    await ledger.close()
