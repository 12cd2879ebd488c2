"""Leases on every database: one holder, an epoch that only grows, and nothing written by whoever lost it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from callengine.metrics.ledger import LedgerMetrics
from queues.messages.commands import DialCallback
from storage import leases
from storage.leases import LeaseHeldError, LeaseLostError, hold, holding, job_lease, take
from storage.ledger import Ledger, open_ledger
from storage.schema.errors import LedgerAway
from storage.schema.tables import attempts, journal
from storage.schema.tables import leases as table
from storage.spool.file import read_records
from storage.spool.records import Decided, decode_line
from storage.spool.writer import Spool
from tests.contracts.test_ledger_outage import miss_and_claim
from tests.support.centre import NOON, moment
from tests.support.ledger_desk import opened_desk
from tests.support.postgres import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]


@pytest.fixture(params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


async def taken(engine: AsyncEngine, holder: str, *, seconds: float = 60.0) -> leases.Lease:
    async with engine.begin() as connection:
        return await connection.run_sync(take, "thing", holder, seconds=seconds)


async def test_one_holds_it_and_the_other_is_told_who_and_for_how_long(ledger: Ledger) -> None:
    first = await taken(ledger.engine, "a")
    with pytest.raises(LeaseHeldError) as refused:
        await taken(ledger.engine, "b")
    assert (refused.value.holding.holder, refused.value.holding.epoch) == ("a", first.epoch)
    assert 50 < refused.value.holding.seconds_left <= 60
    # Whoever holds it may take it again, and is a later one than himself before.
    assert (await taken(ledger.engine, "a")).epoch == first.epoch + 1


async def test_run_out_it_goes_to_the_next_and_the_first_proves_nothing_any_more(ledger: Ledger) -> None:
    first = await taken(ledger.engine, "a", seconds=0.0)
    second = await taken(ledger.engine, "b")
    assert second.epoch > first.epoch
    async with ledger.engine.begin() as connection:
        with pytest.raises(LeaseLostError, match=f"held by b, epoch {second.epoch}"):
            await connection.run_sync(hold, first, seconds=60.0)
        await connection.run_sync(hold, second, seconds=60.0)
        found = await connection.run_sync(holding, "thing")
    assert found is not None
    assert found.holder == "b"


async def test_a_holder_that_is_gone_is_not_waited_for(ledger: Ledger) -> None:
    first = await taken(ledger.engine, "a")
    async with ledger.engine.begin() as connection:
        second = await connection.run_sync(
            take, "thing", "b", seconds=60.0, epoch=40, is_gone=lambda holder: holder == "a"
        )
    assert (first.epoch, second.epoch) == (1, 40)


async def test_a_server_that_never_got_the_lease_is_given_it(ledger: Ledger) -> None:
    first = await taken(ledger.engine, "a")
    async with ledger.engine.begin() as connection:
        await connection.execute(table.delete())
    async with ledger.engine.begin() as connection:
        await connection.run_sync(hold, first, seconds=60.0)
        found = await connection.run_sync(holding, "thing")
    assert found is not None
    assert (found.holder, found.epoch) == ("a", first.epoch)


async def test_of_many_who_take_it_at_once_one_has_it(shared: str) -> None:
    ledgers = [await open_ledger(shared, f"pbx{n}", NOON) for n in range(4)]
    try:
        outcomes = await asyncio.gather(
            *(taken(one.engine, f"h{n}") for n, one in enumerate(ledgers)), return_exceptions=True
        )
        assert sum(isinstance(one, leases.Lease) for one in outcomes) == 1
        assert sum(isinstance(one, LeaseHeldError) for one in outcomes) == 3
    finally:
        for one in ledgers:
            await one.close()


async def test_work_of_timers_is_done_once_and_a_failed_one_is_free_at_once(ledger: Ledger) -> None:
    done = []
    with pytest.raises(OSError, match="disk"):
        async with job_lease(ledger.engine, "job/pbx1", "a"):
            raise OSError("disk")
    async with job_lease(ledger.engine, "job/pbx1", "b"):
        done.append("b")
        with pytest.raises(LeaseHeldError):
            async with job_lease(ledger.engine, "job/pbx1", "a"):
                done.append("a")
    # The other one's timer comes a moment later.
    with pytest.raises(LeaseHeldError):
        async with job_lease(ledger.engine, "job/pbx1", "a"):
            done.append("a")
    assert done == ["b"]


async def test_a_second_engine_is_refused_the_ledger_and_has_changed_nothing(shared: str) -> None:
    first = await open_ledger(shared, "pbx1", NOON, holder="one")
    try:
        with pytest.raises(LeaseHeldError):
            await open_ledger(shared, "pbx1", NOON, holder="two", is_gone=lambda holder: False)
        async with first.engine.connect() as connection:
            runs = (await connection.execute(text("SELECT epoch FROM runs"))).scalars().all()
        assert runs == [first.epoch]
        # Another PBX on the same ledger is nobody's rival.
        other = await open_ledger(shared, "pbx2", NOON, holder="two", is_gone=lambda holder: False)
        await other.close()
    finally:
        await first.close()
    # He who closed it let go of it.
    second = await open_ledger(shared, "pbx1", NOON, holder="two", is_gone=lambda holder: False)
    assert second.epoch == first.epoch + 1
    await second.close()


async def test_a_stale_engines_claim_is_refused_in_the_same_transaction_and_stays_out_of_the_ledger(
    shared: str, tmp_path: Path
) -> None:
    spool = tmp_path / "first.spool"
    first = await open_ledger(shared, "pbx1", NOON, holder="one", spool=Spool(spool, "pbx1"))
    first.writer.start()
    desk = opened_desk(first)
    await first.writer.flush()
    async with first.engine.begin() as connection:
        # Stands still long enough for its lease to run out.
        await connection.execute(update(table).values(until=0))
    second = await open_ledger(shared, "pbx1", moment(5), holder="two", is_gone=lambda holder: False)
    try:
        lost: list[LeaseLostError] = []
        first.writer.news.lost = lost.append
        miss_and_claim(first, desk)
        (dial,) = [one for each in desk.decisions for one in each.commands if isinstance(one, DialCallback)]
        with pytest.raises(LedgerAway):
            await first.writer.flush()
        assert len(lost) == 1
        assert not await first.is_claimed(dial.attempt)
        with pytest.raises(LeaseLostError):
            await first.note_alive(moment(20))
        async with second.engine.connect() as connection:
            assert not (await connection.execute(select(attempts.c.attempt))).all()
            late = (await connection.execute(select(journal.c.seq).where(journal.c.at >= moment(5)))).all()
        assert late == []
    finally:
        await first.close()
        await second.close()
    # What it decided too late is set aside when its spool is drained, and read by nothing.
    third = await open_ledger(shared, "pbx1", moment(60), holder="one", spool=Spool(spool, "pbx1"))
    try:
        async with third.engine.connect() as connection:
            assert not (await connection.execute(select(attempts.c.attempt))).all()
        assert stale_bytes(third) == Path(f"{spool}.stale").stat().st_size > 0
    finally:
        await third.close()
    # It is told until somebody has taken the file away, whoever starts.
    fourth = await open_ledger(shared, "pbx1", moment(90), holder="one", spool=Spool(spool, "pbx1"))
    assert stale_bytes(fourth) > 0
    await fourth.close()
    aside = [decode_line(one.content) for one in read_records(Path(f"{spool}.stale"))]
    assert aside
    assert all(isinstance(line, Decided) and line.epoch == first.epoch for line in aside)


def stale_bytes(ledger: Ledger) -> float:
    """As a scrape shows it."""
    registry = CollectorRegistry()
    LedgerMetrics(registry).ledger = ledger
    return registry.get_sample_value("callengine_spool_stale_bytes") or 0.0


async def test_what_a_holder_decided_in_time_comes_into_the_ledger_though_another_came_after_it(
    shared: str, tmp_path: Path
) -> None:
    spool = tmp_path / "first.spool"
    first = await open_ledger(shared, "pbx1", NOON, holder="one", spool=Spool(spool, "pbx1"))
    first.writer.start()
    desk = opened_desk(first)
    first.writer.drain.is_wanted = True  # The database is away: from here on the disk has it alone.
    miss_and_claim(first, desk)
    await first.writer.flush()
    first.writer.drain.is_wanted = False
    await first.close()
    later = moment(0) + timedelta(hours=1)
    second = await open_ledger(shared, "pbx1", later, holder="two")
    await second.close()
    third = await open_ledger(shared, "pbx1", later, holder="one", spool=Spool(spool, "pbx1"))
    try:
        async with third.engine.connect() as connection:
            assert len((await connection.execute(select(attempts.c.attempt))).all()) == 1
    finally:
        await third.close()
    assert not Path(f"{spool}.stale").exists()


async def test_a_transaction_that_stands_still_does_not_keep_the_lease_from_others(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.schema.servers.FROZEN_SECONDS", 1)
    first = await open_ledger(postgres_url, "pbx1", NOON, holder="one")
    second = None
    try:
        async with first.engine.connect() as frozen:
            begun = await frozen.begin()
            await frozen.run_sync(hold, first.lease, seconds=0.0)
            # It stands still here, inside its transaction.
            second = await open_ledger(postgres_url, "pbx1", moment(5), holder="two")
            assert second.epoch > first.epoch
            with pytest.raises(DBAPIError):
                await begun.commit()
            await frozen.invalidate()
    finally:
        await first.close()
        if second is not None:
            await second.close()
