"""Database and disk come and go and the engine is killed in any order: the ledger equals one that never failed."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from queues.messages import events
from queues.terms.identifiers import CallId
from storage import ledger
from storage.schema.database import create_ledger_engine
from storage.schema.errors import LedgerError
from storage.spool import batch_writer, drain
from tests.support.centre import Desk, arrived, holding, moment
from tests.support.ledger_desk import opened_desk, play
from tests.support.outage import Faults, leave_as_killed, numbers, open_spooled, rows_by_the_journal, rows_of

STEPS = st.lists(
    st.sampled_from(["call", "call", "call", "away", "back", "full", "room", "kill", "wait", "small spool"]),
    min_size=4,
    max_size=24,
)


class Story:
    """One run of steps against a SQLite file; the twin is made from the journal at the end."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.url, self.spool = f"sqlite:///{folder}/ledger.db", folder / "spool"
        self.faults = Faults(patch)
        self.committed: dict[int, int] = {}
        self.calls = 0

        def watched(url: object, **options: object) -> AsyncEngine:
            engine = create_ledger_engine(url, **options)
            self.faults.watch(engine)
            return engine

        patch.setattr(ledger, "create_ledger_engine", watched)
        patch.setattr(batch_writer, "RENEW_BYTES", 2_000)
        patch.setattr(batch_writer, "_RETRY_SECONDS", 0.01)
        patch.setattr(drain, "_FIRST_PAUSE", 0.005)
        patch.setattr(drain, "_LONGEST_PAUSE", 0.01)

    async def open(self) -> None:
        try:
            self.ledger = await open_spooled(self.url, self.spool)
        except LedgerError:
            # Neither database nor disk, or no spool yet: the fallback queue serves until one of them is back.
            self.faults.database_away = self.faults.disk_full = False
            self.ledger = await open_spooled(self.url, self.spool)
        self.desk: Desk = opened_desk(self.ledger)

    async def take(self, step: str) -> None:
        match step:
            case "call":
                self._call()
            case "away" | "back":
                self.faults.database_away = step == "away"
            case "full" | "room":
                self.faults.disk_full = step == "full"
            case "small spool":
                self.ledger.spool._file.limit_bytes = self.ledger.spool.end + 1500
            case "wait":
                await self._commit_if_possible()
            case "kill":
                await self._commit_if_possible()
                self._call()
                await asyncio.sleep(0.002)
                await leave_as_killed(self.ledger)
                await self.open()

    def _call(self) -> None:
        self.calls += 1
        call = CallId(f"c{self.calls}")
        number = f"+7916{self.calls:07}"
        play(self.ledger, self.desk, [arrived(call, self.calls, number=number), holding(call, self.calls)])
        play(self.ledger, self.desk, [events.CallEnded(moment(self.calls + 0.5), call, 16)])

    async def _commit_if_possible(self) -> None:
        count = len(self.desk.decisions)
        try:
            async with asyncio.timeout(0.05):
                await self.ledger.writer.flush()
        except TimeoutError:
            return
        self.committed[self.ledger.epoch] = count

    async def end(self) -> None:
        self.faults.database_away = self.faults.disk_full = False
        self.ledger.spool._file.limit_bytes = 1 << 30
        async with asyncio.timeout(20):
            await self.ledger.writer.flush()
            while self.ledger.writer.is_away:
                await asyncio.sleep(0.005)
        self.committed[self.ledger.epoch] = len(self.desk.decisions)
        found = await rows_of(self.ledger.reader)
        await self.ledger.close()
        written = numbers(found["journal"])
        for epoch, count in self.committed.items():
            seqs = [seq for one, seq in written if one == epoch]
            assert seqs == list(range(1, len(seqs) + 1))
            assert len(seqs) >= count
        assert found == await rows_by_the_journal(found["journal"])


@settings(max_examples=12, deadline=None)
@given(STEPS)
def test_whatever_fails_every_committed_decision_is_there_once_and_in_order(steps: list[str]) -> None:
    async def run(folder: Path, patch: pytest.MonkeyPatch) -> None:
        story = Story(folder, patch)
        await story.open()
        for step in steps:
            await story.take(step)
        await story.end()

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        asyncio.run(run(Path(folder), patch))
