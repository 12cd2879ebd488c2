"""The database goes away and comes back: nothing is lost or there twice, and the engine's questions are answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from queues.messages import events
from queues.messages.events import ContactResult, DeviceState, PbxSnapshot
from queues.terms.identifiers import AttemptId, CallId, ObligationId
from storage.ledger import Ledger, open_ledger
from storage.queries.obligations import obligation_story
from storage.schema.errors import LedgerError
from storage.spool.writer import Spool
from tests.support.centre import NOON, Desk, arrived, holding, moment, small_centre
from tests.support.ledger_desk import A1, opened_desk, play
from tests.support.outage import (
    NODE,
    leave_as_killed,
    numbers,
    open_spooled,
    postgres_stopped,
    rows_by_the_journal,
    rows_of,
    sqlite_locked,
)

Outage = Callable[[], AbstractContextManager[None]]
ATTEMPT, OBLIGATION = AttemptId("ob-c1.1.1"), ObligationId("ob-c1")


class Place:
    """A database, how it is taken away, and where the spool is."""

    def __init__(self, url: str, spool: Path, away: Outage) -> None:
        self.url = url
        self.spool = spool
        self.away = away

    @asynccontextmanager
    async def ledger(self) -> AsyncIterator[Ledger]:
        ledger = await open_spooled(self.url, self.spool)
        try:
            yield ledger
        finally:
            await ledger.close()


@pytest.fixture(params=["sqlite locked", "postgresql stopped"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    spool = tmp_path / "spool"
    if request.param == "sqlite locked":
        monkeypatch.setattr("storage.schema.database.BUSY_TIMEOUT_MS", 300)
        url = f"sqlite:///{tmp_path}/ledger.db"
        return Place(url, spool, lambda: sqlite_locked(url))
    server = request.getfixturevalue("postgres_server")
    return Place(request.getfixturevalue("postgres_url"), spool, lambda: postgres_stopped(server))


async def opened_after_a_kill(ledger: Ledger, place: Place) -> Ledger:
    await leave_as_killed(ledger)
    return await open_spooled(place.url, place.spool)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.02)


async def assert_whole(ledger: Ledger, decisions: int) -> None:
    """Every decision once, in order, and the tables as these decisions make them."""
    found = await rows_of(ledger.reader)
    assert numbers(found["journal"]) == [(ledger.epoch, seq) for seq in range(1, decisions + 1)]
    assert found == await rows_by_the_journal(found["journal"])


def miss_and_claim(ledger: Ledger, desk: Desk) -> None:
    """c1 is missed; a callback of his is claimed."""
    play(ledger, desk, [events.AgentDeviceChanged(moment(0), A1, DeviceState.BUSY)])
    play(ledger, desk, [arrived("c1", 1), holding("c1", 2), events.CallEnded(moment(9), CallId("c1"), 16)])
    play(ledger, desk, [events.AgentDeviceChanged(moment(10), A1, DeviceState.IDLE)])
    play(ledger, desk, [events.ObligationDue(moment(30), OBLIGATION)])


async def test_decisions_of_the_outage_are_on_the_disk_at_once_and_in_the_ledger_once_after_it(
    place: Place,
) -> None:
    async with place.ledger() as ledger:
        drained: list[int] = []
        ledger.writer.news.drained = drained.append
        desk = opened_desk(ledger)
        play(ledger, desk, [arrived("c0", 1), holding("c0", 1)])
        await ledger.writer.flush()
        with place.away():
            miss_and_claim(ledger, desk)
            async with asyncio.timeout(15):
                await ledger.writer.flush()
            assert ledger.writer.is_away
            assert (ledger.writer.pending_rows, ledger.spool.pending_records) == (0, 6)
            play(ledger, desk, [events.AttemptEnded(moment(50), ATTEMPT, ContactResult.BUSY)])
            await ledger.writer.flush()
        await until(lambda: not ledger.writer.is_away)
        assert sum(drained) == 7
        assert ledger.spool.pending_records == 0
        play(ledger, desk, [arrived("c2", 60, number="+79160000002")])
        await ledger.writer.flush()
        await assert_whole(ledger, len(desk.decisions))


async def test_who_reads_what_stands_in_reads_it_to_the_end_though_the_database_comes_and_goes(
    place: Place,
) -> None:
    """A supervisor's list once met a stand-in that was closed under it."""

    async def stories() -> list[object]:
        async with ledger.reading() as engine:
            begun.set()
            await over.wait()
            return [await obligation_story(engine, ledger.node, OBLIGATION)]

    async with place.ledger() as ledger:
        begun, over = asyncio.Event(), asyncio.Event()
        desk = opened_desk(ledger)
        with place.away():
            miss_and_claim(ledger, desk)
            await ledger.writer.flush()
            reader = asyncio.create_task(stories())
            await begun.wait()
        await until(lambda: not ledger.writer.is_away)
        with place.away():
            play(ledger, desk, [arrived("c2", 60, number="+79160000002")])
            await until(lambda: ledger.writer.is_away)
            over.set()
            assert all(await reader)
            await ledger.writer.flush()


async def test_the_engines_questions_are_answered_while_the_database_is_away(place: Place) -> None:
    async with place.ledger() as ledger:
        desk = opened_desk(ledger)
        play(ledger, desk, [arrived("c0", 1, number="+79160000000")])
        play(ledger, desk, [events.CallEnded(moment(1.5), CallId("c0"), 16)])
        await ledger.writer.flush()
        with place.away():
            miss_and_claim(ledger, desk)
            await ledger.writer.flush()
            assert await ledger.settled_calls([CallId("c0"), CallId("c1"), CallId("c9")]) == {"c0", "c1"}
            assert await ledger.is_claimed(ATTEMPT)
            assert not await ledger.is_claimed(AttemptId("ob-c1.1.2"))
            restored = await ledger.restored(moment(40))
            assert [one.attempt for one in restored.attempts] == [ATTEMPT]
            assert {one.obligation for one in restored.obligations} == {"ob-c0", "ob-c1"}
            play(ledger, desk, [events.AttemptEnded(moment(50), ATTEMPT, ContactResult.BUSY)])
            await ledger.writer.flush()
            assert not await ledger.is_claimed(ATTEMPT)
        await until(lambda: not ledger.writer.is_away)
        assert (await ledger.restored(moment(60))).attempts == ()


async def test_an_engine_starts_with_the_database_away_knowing_all_that_was_open(place: Place) -> None:
    """Killed during the outage, too: what an earlier run claimed is still claimed, and nobody is dialled twice."""
    async with place.ledger() as first:
        desk = opened_desk(first)
        play(first, desk, [arrived("c7", 0.5, number="+79160000007"), holding("c7", 0.6)])
        await first.writer.flush()
        expected_before = await first.restored(moment(0.7))
        assert [call.call for call in expected_before.calls] == ["c7"]
    with place.away():
        second = await open_spooled(place.url, place.spool)
        assert (second.epoch, second.writer.is_away) == (2, True)
        again = await second.restored(moment(0.7))
        assert again == expected_before
        desk = Desk(small_centre(1))
        for event in [again, PbxSnapshot(moment(0.8), (), ())]:
            second.writer.append(event, desk.tell(event), event.at)
        play(second, desk, [events.AgentLoggedIn(moment(0.9), A1)])
        miss_and_claim(second, desk)
        await second.writer.flush()
        # Only a kill ends a run without a word: the lock goes with the process.
        third_spool = await opened_after_a_kill(second, place)
        assert await third_spool.is_claimed(ATTEMPT)
        assert third_spool.epoch == 3
        restored = await third_spool.restored(moment(40))
        assert [one.attempt for one in restored.attempts] == [ATTEMPT]
        assert {one.obligation for one in restored.obligations} == {"ob-c1", "ob-c7"}
        play(third_spool, Desk(small_centre(1)), [PbxSnapshot(moment(41), (), ())])
        await third_spool.writer.flush()
    await until(lambda: not third_spool.writer.is_away)
    found = await rows_of(third_spool.reader)
    counts = [(epoch, sum(row[1] == epoch for row in found["journal"])) for epoch in (1, 2, 3)]
    assert counts == [(1, 5), (2, len(desk.decisions)), (3, 1)]
    assert found == await rows_by_the_journal(found["journal"])
    async with third_spool.reader.connect() as connection:
        starts = (await connection.execute(text("SELECT epoch FROM runs ORDER BY epoch"))).scalars().all()
    assert starts == [1, 2, 3]
    await third_spool.close()


async def test_what_a_killed_engine_left_in_the_spool_the_next_start_brings_over(place: Place) -> None:
    async with place.ledger():
        pass
    with place.away():
        lost = await open_spooled(place.url, place.spool)
        desk = opened_desk(lost)
        miss_and_claim(lost, desk)
        await lost.writer.flush()
        left = await opened_after_a_kill(lost, place)
        await left.close()
    async with place.ledger() as ledger:
        assert not ledger.writer.is_away
        assert ledger.spool.pending_records == 0
        assert ledger.epoch == 4
        restored = await ledger.restored(moment(40))
        assert [one.attempt for one in restored.attempts] == [AttemptId("ob-c1.1.1")]
        found = await rows_of(ledger.reader)
        assert numbers(found["journal"]) == [(2, seq) for seq in range(1, len(desk.decisions) + 1)]


async def test_without_a_spool_that_knows_what_is_open_an_engine_does_not_start_without_its_database(
    place: Place,
) -> None:
    with place.away(), pytest.raises(LedgerError, match="cannot be opened"):
        await open_ledger(place.url, NODE, NOON, spool=Spool(place.spool, NODE))


async def test_a_spool_belongs_to_one_node(place: Place) -> None:
    async with place.ledger():
        pass
    with pytest.raises(LedgerError, match="belongs to 'pbx1'"):
        await open_ledger(place.url, "pbx2", NOON, spool=Spool(place.spool, "pbx2"))


async def test_damage_in_the_spool_is_told_and_nothing_behind_it_is_lost(place: Place) -> None:
    async with place.ledger():
        pass
    with place.away():
        ledger = await open_spooled(place.url, place.spool)
        desk = opened_desk(ledger)
        await ledger.writer.flush()
        damaged_from = ledger.spool.end
        play(ledger, desk, [arrived("c5", 0, number="+79160000005")])
        await ledger.writer.flush()
        damaged_to = ledger.spool.end
        miss_and_claim(ledger, desk)
        await ledger.writer.flush()
        content = bytearray(place.spool.read_bytes())
        content[damaged_from + 40] ^= 0xFF
        place.spool.write_bytes(content)
        again = await opened_after_a_kill(ledger, place)
        assert again.spool.damage.stretches == [(damaged_from, damaged_to)]
        # A dial may have been in the damaged stretch: until the ledger is back nobody is dialled.
        assert not await again.is_claimed(ATTEMPT)
    await until(lambda: not again.writer.is_away)
    found = await rows_of(again.reader)
    every = [(2, seq) for seq in range(1, len(desk.decisions) + 1)]
    assert numbers(found["journal"]) == [one for one in every if one != (2, 4)]
    assert await again.is_claimed(ATTEMPT)
    await again.close()


async def test_a_row_the_database_refuses_for_good_keeps_out_no_other(place: Place) -> None:
    """Somebody else wrote an obligation of this resident meanwhile: it stays, ours is told and set aside."""
    async with place.ledger() as ledger:
        refused: list[str] = []
        ledger.writer.news.refused = refused.append
        desk = opened_desk(ledger)
        await ledger.writer.flush()
        foreign: dict[str, Any] = {"o": "ob-elsewhere", "n": NODE, "c": "elsewhere", "e": "+79161234567"}
        async with ledger.engine.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO obligations (obligation, node, call, company, did, queue, number, e164,"
                    " arrived_at, due_at, opened_at) VALUES (:o, :n, :c, 'sever', '1', 'general', :e, :e, 1, 2, 3)"
                ),
                foreign,
            )
        miss_and_claim(ledger, desk)
        play(ledger, desk, [arrived("c2", 60, number="+79160000002"), holding("c2", 61)])
        await ledger.writer.flush()
        assert not ledger.writer.is_away
        assert {"obligation_calls", "attempts"} <= set(refused)
        found = await rows_of(ledger.reader)
        assert numbers(found["journal"]) == [(1, seq) for seq in range(1, len(desk.decisions) + 1)]
        assert [row[1] for row in found["calls"]] == ["c1", "c2"]


async def test_a_spool_that_the_ledger_has_wholly_is_begun_anew_when_it_grows(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.spool.batch_writer.RENEW_BYTES", 30_000)
    async with place.ledger() as ledger:
        desk = opened_desk(ledger)
        miss_and_claim(ledger, desk)
        for n in range(60):
            call = f"d{n}"
            play(ledger, desk, [arrived(call, 100 + n, number=f"+7916100{n:04}"), holding(call, 100 + n)])
            play(ledger, desk, [events.CallAnswered(moment(100 + n), CallId(call), A1)])
            play(ledger, desk, [events.CallEnded(moment(100 + n), CallId(call), 16)])
            await ledger.writer.flush()
        largest = 4 * ledger.spool.checkpoint_bytes + 30_000
        assert ledger.spool.checkpoint_bytes > 0
        assert place.spool.stat().st_size < largest
        before = await ledger.restored(moment(500))
        with place.away():
            ledger.writer.drain.begin()
            assert await ledger.restored(moment(500)) == before
        await until(lambda: not ledger.writer.is_away)
        await assert_whole(ledger, len(desk.decisions))
