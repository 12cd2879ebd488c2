"""The database is away while residents call: they are answered, called back once, and all is in the ledger after it."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.live_centre import live_centre
from tests.support.outage import sqlite_locked
from tests.system.test_callbacks import DIALLED, NUMBER, answers, plan, ward

WAIT = 30.0


async def test_with_the_ledger_locked_calls_are_answered_and_the_missed_are_called_back_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("storage.schema.database.BUSY_TIMEOUT_MS", 300)
    async with live_centre(plan(notice=False)) as centre:
        here = await ward(centre, answers)
        await centre.until(lambda: centre.free_agents() == 1, seconds=WAIT)
        engine = centre.engine
        with sqlite_locked(f"sqlite:///{centre.folder}/ledger.db"):
            here.agent.answer_after = lambda: 0.0
            resident = centre.phones.resident("79160000001")
            await resident.call()
            await centre.until(lambda: resident.heard_at is not None, seconds=WAIT)
            await resident.hang_up()
            await centre.until(lambda: engine.ledger.writer.is_away, seconds=WAIT)
            await here.miss()
            await here.called_back(seconds=WAIT)
            await centre.until(
                lambda: not engine.view().obligations and here.agent.present_call is None, seconds=WAIT
            )
            assert engine.health()["ledger_writes"]
            assert engine.ledger.spool.pending_records > 0
            # Stopped and started with the ledger still away: it knows what was done, and dials nobody again.
            await centre.stop_engine()
            engine = await centre.start_engine()
            assert engine.ledger.writer.is_away
            rung = len(here.agent.calls)
            await asyncio.sleep(3)
            assert len(here.agent.calls) == rung
            assert not engine.view().obligations
        await centre.until(lambda: not engine.ledger.writer.is_away, seconds=WAIT)
        rows = await centre.rows("SELECT outcome FROM calls ORDER BY arrived_at")
        assert [row.outcome for row in rows] == ["answered", "abandoned"]
        (attempt,) = await centre.rows("SELECT e164, result FROM attempts")
        assert tuple(attempt) == (DIALLED, "contacted")
        (owed,) = await centre.rows("SELECT closing FROM obligations")
        assert owed.closing == "contacted"
        assert here.exchange.rung == [DIALLED]
        seqs = await centre.rows("SELECT epoch, seq FROM journal ORDER BY epoch, seq")
        for epoch in {row.epoch for row in seqs}:
            own = [row.seq for row in seqs if row.epoch == epoch]
            assert own == list(range(1, len(own) + 1))
        assert NUMBER not in centre.log.getvalue()
