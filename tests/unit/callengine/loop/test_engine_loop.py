"""The loop between PBX, dispatcher, timers and ledger: what is done in which order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime

import pytest

from callengine.loop.engine_loop import BATCH, Engine
from queues.dispatcher import Dispatcher
from queues.messages.commands import Command, DialCallback, EraseInboxEntry, OfferCall
from queues.messages.decision import Decision
from queues.messages.events import AttemptRefused, CallArrived, CallEnded, Event, ObligationDue, PbxSnapshot
from queues.messages.journal import CallOffered, JournalEntry
from queues.messages.snapshot import EndedCall
from queues.terms.identifiers import AttemptId, CallId, ObligationId
from queues.terms.phone import Phone
from tests.support.centre import GENERAL_DID, agent_ready, arrived, holding, moment, small_centre
from tests.support.manual_clock import ManualClock

EMPTY_PBX = PbxSnapshot(moment(0), (), ())


class Parts:
    """All that surrounds the engine, writing down what it is asked, in order."""

    def __init__(self) -> None:
        self.clock = ManualClock(moment(0))
        self.done: list[str] = []
        self.commands: list[Command] = []
        self.appended: list[Event] = []
        self.may_commit = asyncio.Event()
        self.may_commit.set()
        self.has_room = asyncio.Event()
        self.has_room.set()
        self.claimed = True
        self.settled: set[CallId] = set()
        self.alarms: dict[ObligationId, datetime] = {}

    def execute(self, command: Command) -> None:
        self.commands.append(command)
        self.done.append(type(command).__name__)

    def beat(self) -> None:
        self.done.append("beat")

    def append(self, event: Event, decision: Decision, at: datetime) -> None:
        del decision, at
        self.appended.append(event)

    async def flush(self, *, at_once: bool = True) -> None:
        del at_once
        await self.may_commit.wait()
        self.done.append("commit")

    async def room(self) -> None:
        await self.has_room.wait()

    async def settled_calls(self, ids: Iterable[CallId]) -> set[CallId]:
        return self.settled & set(ids)

    async def is_claimed(self, attempt: AttemptId) -> bool:
        del attempt
        return self.claimed

    def wake(self, obligation: ObligationId, at: datetime) -> None:
        self.alarms[obligation] = at

    def forget(self, obligation: ObligationId) -> None:
        self.alarms.pop(obligation, None)

    async def until(self, what: type[Command]) -> Command:
        async with asyncio.timeout(5):
            while True:
                for command in self.commands:
                    if isinstance(command, what):
                        return command
                await asyncio.sleep(0.001)


@asynccontextmanager
async def running(parts: Parts) -> AsyncIterator[Engine]:
    dispatcher = Dispatcher(small_centre(1), epoch=1, started_at=moment(0))
    engine = Engine(dispatcher, parts, parts, parts, parts, parts.clock)
    task = asyncio.create_task(engine.run())
    try:
        yield engine
    finally:
        engine.stop()
        await asyncio.wait_for(task, 5)


async def test_the_first_heartbeat_follows_the_snapshot_at_once() -> None:
    parts = Parts()
    async with running(parts) as engine:
        engine.tell(EMPTY_PBX)
        engine.tell(arrived("c", 1))
        async with asyncio.timeout(5):
            while len(parts.appended) < 2:
                await asyncio.sleep(0.001)
    assert parts.done[0] == "beat"


async def test_a_caller_and_a_free_agent_become_an_offer_without_waiting_for_the_ledger() -> None:
    parts = Parts()
    parts.may_commit.clear()
    async with running(parts) as engine:
        for event in (EMPTY_PBX, *agent_ready("1001"), arrived("c", 1), holding("c", 1)):
            engine.tell(event)
        command = await parts.until(OfferCall)
        assert isinstance(command, OfferCall)
        assert command.call == "c"
        assert "commit" not in parts.done
        parts.may_commit.set()


async def test_nothing_more_is_decided_than_the_writer_has_room_for() -> None:
    parts = Parts()
    parts.has_room.clear()
    async with running(parts) as engine:
        for n in range(3 * BATCH):
            engine.tell(arrived(f"c{n}", 1))
        async with asyncio.timeout(5):
            while len(parts.appended) < BATCH:
                await asyncio.sleep(0.001)
        await asyncio.sleep(0.05)
        assert (len(parts.appended), engine.backlog) == (BATCH, 2 * BATCH)
        parts.has_room.set()
        async with asyncio.timeout(5):
            while len(parts.appended) < 3 * BATCH:
                await asyncio.sleep(0.001)


async def test_an_engine_that_can_call_nobody_back_any_more_ends_and_says_why() -> None:
    """Once what follows a commit died alone, and nobody noticed: no trace was erased, nobody was called back."""
    parts = Parts()

    async def broken(*, at_once: bool = True) -> None:
        del at_once
        raise RuntimeError("broken")

    parts.flush = broken  # type: ignore[method-assign]  # The writer's one method that may fail here.
    engine = Engine(
        Dispatcher(small_centre(1), epoch=1, started_at=moment(0)), parts, parts, parts, parts, parts.clock
    )
    for event in (EMPTY_PBX, arrived("c", 1), holding("c", 1), CallEnded(moment(3), CallId("c"), 16)):
        engine.tell(event)
    with pytest.raises(RuntimeError, match="broken"):
        async with asyncio.timeout(5):
            await engine.run()


async def test_events_that_come_one_by_one_wait_for_room_as_well() -> None:
    """A soak met it: each of its turns was short, no turn ever asked, and decisions were dropped."""
    parts = Parts()
    parts.has_room.clear()
    async with running(parts) as engine:
        for n in range(5):
            engine.tell(arrived(f"c{n}", 1))
            await asyncio.sleep(0.01)
        assert (len(parts.appended), engine.backlog) == (1, 4)
        parts.has_room.set()
        async with asyncio.timeout(5):
            while len(parts.appended) < 5:
                await asyncio.sleep(0.001)


async def test_the_inbox_is_erased_only_after_the_outcome_is_committed() -> None:
    parts = Parts()
    parts.may_commit.clear()
    async with running(parts) as engine:
        for event in (EMPTY_PBX, arrived("c", 1), holding("c", 1), CallEnded(moment(3), CallId("c"), 16)):
            engine.tell(event)
        async with asyncio.timeout(5):
            while len(parts.appended) < 4:
                await asyncio.sleep(0.001)
        assert "EraseInboxEntry" not in parts.done
        parts.may_commit.set()
        assert await parts.until(EraseInboxEntry) == EraseInboxEntry(CallId("c"))
    assert parts.done.index("commit") < parts.done.index("EraseInboxEntry")


async def test_traces_that_nobody_may_erase_for_long_are_left_and_looked_at_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("callengine.loop.engine_loop.MAX_ERASURES", 3)
    parts = Parts()
    parts.may_commit.clear()
    async with running(parts) as engine:
        engine.tell(EMPTY_PBX)
        for n in range(5):
            engine.tell(arrived(f"c{n}", 1))
            engine.tell(CallEnded(moment(3), CallId(f"c{n}"), 16))
        async with asyncio.timeout(5):
            while len(parts.appended) < 11:
                await asyncio.sleep(0.001)
        assert engine.left_unsettled
        parts.may_commit.set()
        async with asyncio.timeout(5):
            while parts.done.count("EraseInboxEntry") < 3:
                await asyncio.sleep(0.001)
    assert [one for one in parts.commands if isinstance(one, EraseInboxEntry)] == [
        EraseInboxEntry(CallId(f"c{n}")) for n in range(3)
    ]


async def test_traces_of_calls_that_the_ledger_has_settled_are_only_erased() -> None:
    parts = Parts()
    parts.settled = {CallId("old")}
    async with running(parts) as engine:
        ended = [
            EndedCall(CallId(call), moment(-60), GENERAL_DID, Phone("+79161234567"), moment(-30))
            for call in ("old", "new")
        ]
        engine.tell(PbxSnapshot(moment(0), (), (), tuple(ended)))
        assert await parts.until(EraseInboxEntry) == EraseInboxEntry(CallId("old"))
        [taken] = [event for event in parts.appended if isinstance(event, PbxSnapshot)]
        assert [call.call for call in taken.ended] == ["new"]


async def missed_call(parts: Parts, engine: Engine) -> ObligationId:
    for event in (EMPTY_PBX, arrived("c", 1), holding("c", 1), CallEnded(moment(3), CallId("c"), 16)):
        engine.tell(event)
    async with asyncio.timeout(5):
        while not parts.alarms:
            await asyncio.sleep(0.001)
    return next(iter(parts.alarms))


async def test_a_callback_is_dialled_only_after_its_claim_is_committed() -> None:
    parts = Parts()
    async with running(parts) as engine:
        obligation = await missed_call(parts, engine)
        for event in agent_ready("1001"):
            engine.tell(event)
        await parts.until(EraseInboxEntry)
        parts.may_commit.clear()
        parts.clock.advance(60)
        engine.tell(ObligationDue(moment(60), obligation))
        async with asyncio.timeout(5):
            while not any(isinstance(event, ObligationDue) for event in parts.appended):
                await asyncio.sleep(0.001)
        assert "DialCallback" not in parts.done
        parts.may_commit.set()
        await parts.until(DialCallback)


async def test_a_callback_whose_claim_the_ledger_does_not_have_is_not_dialled() -> None:
    parts = Parts()
    parts.claimed = False
    async with running(parts) as engine:
        obligation = await missed_call(parts, engine)
        for event in agent_ready("1001"):
            engine.tell(event)
        parts.clock.advance(60)
        engine.tell(ObligationDue(moment(60), obligation))
        async with asyncio.timeout(5):
            while not any(isinstance(event, AttemptRefused) for event in parts.appended):
                await asyncio.sleep(0.001)
        assert "DialCallback" not in parts.done


async def test_after_stop_nothing_more_is_taken_in_and_nothing_offered() -> None:
    parts = Parts()
    async with running(parts) as engine:
        for event in (EMPTY_PBX, *agent_ready("1001")):
            engine.tell(event)
        await asyncio.sleep(0)
        engine.stop()
        engine.tell(arrived("c", 1))
        engine.tell(holding("c", 1))
    assert not parts.commands
    assert not any(isinstance(event, CallArrived) for event in parts.appended)


async def test_who_wants_one_kind_of_entry_is_told_of_no_other() -> None:
    parts, everything, offered = Parts(), list[JournalEntry](), list[JournalEntry]()
    engine = Engine(
        Dispatcher(small_centre(1), epoch=1, started_at=moment(0)),
        parts,
        parts,
        parts,
        parts,
        parts.clock,
        observers=(everything.append,),
        subscribers=((CallOffered, offered.append),),
    )
    task = asyncio.create_task(engine.run())
    try:
        for event in (EMPTY_PBX, arrived("a", 1), arrived("b", 2), holding("a", 2)):
            await engine.carry(event)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert offered == [one for one in everything if type(one) is CallOffered]
    assert len(offered) == 2
    assert len(everything) > len(offered)
