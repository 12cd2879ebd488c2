"""One missed call and its callback, on a PBX that lives on whatever becomes of the engine."""

from __future__ import annotations

import asyncio
import pickle
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from callengine.loop.engine_loop import Engine
from queues.dispatcher import Dispatcher
from queues.messages import events
from queues.messages.commands import CancelAttempt, Command, DialCallback, EraseAttemptTrace, EraseInboxEntry
from queues.messages.events import (
    AttemptTrace,
    ContactResult,
    DeviceState,
    EndedCall,
    LiveAgent,
    LiveAttempt,
    LiveAttemptState,
    PbxSnapshot,
)
from queues.terms.identifiers import AgentId, AttemptId, CallId, ObligationId
from queues.terms.phone import Phone
from storage.ledger import open_ledger
from storage.spool.writer import Spool
from tests.support.centre import GENERAL_DID, arrived, holding, moment, small_centre
from tests.support.dying_loop import now_it_counts
from tests.support.manual_clock import ManualClock

CALL, AGENT, NODE = CallId("c1"), AgentId("1001"), "pbx"
NUMBER = "+79161234567"
_STEP = timedelta(milliseconds=10)


@dataclass(slots=True)
class Pbx:
    """Asterisk as the dialplan leaves it: the inbox, the dials under way, their traces."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(moment(0)))
    inbox: dict[CallId, EndedCall] = field(default_factory=dict)
    called: bool = False
    rang: list[AttemptId] = field(default_factory=list)
    """Every Originate that reached it, in order."""
    live: dict[AttemptId, LiveAttemptState] = field(default_factory=dict)
    traces: dict[AttemptId, AttemptTrace] = field(default_factory=dict)
    overlaps: int = 0
    is_over: bool = False
    engine: Engine | None = None
    """None: nobody is connected, and nobody's commands arrive."""

    @classmethod
    def of(cls, folder: Path) -> Pbx:
        """As an earlier run left it."""
        kept = folder / "pbx"
        if not kept.exists():
            return cls()
        pbx = pickle.loads(kept.read_bytes())  # noqa: S301  # our own file, of a moment ago
        assert isinstance(pbx, cls)
        return pbx

    def execute(self, command: Command) -> None:
        """What the engine sends."""
        match command:
            case EraseInboxEntry(call):
                self.inbox.pop(call, None)
            case EraseAttemptTrace(attempt):
                self.traces.pop(attempt, None)
            case DialCallback(attempt=attempt):
                self.overlaps += bool(self.live)
                self.rang.append(attempt)
                self.live[attempt] = LiveAttemptState.RINGING_AGENT
            case CancelAttempt(attempt):
                self.live.pop(attempt, None)
            case _:
                pass

    def beat(self) -> None:
        """Nothing to see here."""

    def snapshot(self) -> PbxSnapshot:
        """All there is."""
        now = self.clock.now()
        device = DeviceState.BUSY if self.live or not self.called else DeviceState.IDLE
        return PbxSnapshot(
            now,
            (),
            (LiveAgent(AGENT, device, logged_in=True),),
            ended=tuple(self.inbox.values()),
            attempts=tuple(LiveAttempt(attempt, state, AGENT) for attempt, state in self.live.items()),
            attempt_traces=tuple(self.traces.values()),
        )

    def tell(self, event: events.Event) -> None:
        """To whoever is connected."""
        if self.engine is not None:
            self.engine.tell(event)

    def one_call_is_missed(self) -> None:
        """He calls while the agent talks elsewhere, and hangs up."""
        now = self.clock.now()
        self.called = True
        self.inbox[CALL] = EndedCall(CALL, now, GENERAL_DID, Phone(NUMBER), now + timedelta(seconds=2))
        at = (now - moment(0)) / timedelta(seconds=1)
        self.tell(arrived(CALL, at, number=NUMBER))
        self.tell(holding(CALL, at))
        self.tell(events.CallEnded(now + timedelta(seconds=2), CALL, 16))
        self.tell(events.AgentDeviceChanged(now + timedelta(seconds=2), AGENT, DeviceState.IDLE))

    def dials_go_on(self) -> None:
        """One step of each dial under way: the agent answers, the resident answers, they hang up."""
        now = self.clock.advance(_STEP.total_seconds())
        for attempt, state in tuple(self.live.items()):
            if state is LiveAttemptState.RINGING_AGENT:
                self.live[attempt] = LiveAttemptState.DIALLING
                self.traces[attempt] = AttemptTrace(attempt, None)
                self.tell(events.AttemptAgentReady(now, attempt))
            elif state is LiveAttemptState.DIALLING:
                self.live[attempt] = LiveAttemptState.TALKING
                self.traces[attempt] = AttemptTrace(attempt, ContactResult.CONTACTED, now)
                self.tell(events.AttemptContacted(now, attempt))
            else:
                del self.live[attempt]
                self.tell(events.AttemptEnded(now, attempt, ContactResult.CONTACTED))
                self.tell(events.AgentDeviceChanged(now, AGENT, DeviceState.IDLE))


class Alarms:
    """Obligation timers on the PBX's clock: they ring when nothing else happens any more."""

    def __init__(self) -> None:
        self.armed: dict[ObligationId, datetime] = {}

    def wake(self, obligation: ObligationId, at: datetime) -> None:
        """Then."""
        self.armed[obligation] = at

    def forget(self, obligation: ObligationId) -> None:
        """Not at all."""
        self.armed.pop(obligation, None)


class Program:
    """One run of an engine on a folder's ledger and PBX, until the resident was contacted and every trace is erased."""

    def __init__(self, folder: Path, *, spool: bool) -> None:
        self._folder = folder
        self._spool = spool
        self._pbx = Pbx.of(folder)
        self._patience = self._pbx.clock.now() + timedelta(minutes=2)

    def keep_the_pbx(self, turns: int) -> None:
        """The PBX does not die with the engine: it hears nothing of it any more, and time goes on."""
        self._pbx.engine = None
        if not self._pbx.is_over:
            self._pbx.clock.advance(0.5)
        (self._folder / "pbx").write_bytes(pickle.dumps(self._pbx))
        (self._folder / "turns").write_text(str(turns))

    async def run(self) -> None:
        """Raises TimeoutError when it does not come to its end."""
        pbx, clock = self._pbx, self._pbx.clock
        spool = Spool(self._folder / "spool", NODE) if self._spool else None
        ledger = await open_ledger(f"sqlite:///{self._folder / 'ledger.db'}", NODE, clock.now(), spool=spool)
        now_it_counts()
        ledger.writer.start()
        ledger.writer._flush_seconds = 0.002
        alarms = Alarms()
        dispatcher = Dispatcher(small_centre(1), epoch=ledger.epoch, started_at=clock.now(), node=ledger.node)
        engine = Engine(dispatcher, pbx, ledger.writer, ledger, alarms, clock)
        pbx.engine = engine
        engine.tell(await ledger.restored(clock.now()))
        engine.tell(pbx.snapshot())
        task = asyncio.create_task(engine.run())
        async with asyncio.timeout(20):
            if not pbx.called:
                pbx.one_call_is_missed()
            while not self._is_over():
                await asyncio.sleep(0.01)
                pbx.dials_go_on()
                self._ring(engine, alarms)
        pbx.is_over = True
        engine.stop()
        await task
        await ledger.close()

    def _ring(self, engine: Engine, alarms: Alarms) -> None:
        if self._pbx.live or engine.backlog:
            return
        for obligation, at in tuple(alarms.armed.items()):
            if at <= self._patience:
                del alarms.armed[obligation]
                now = self._pbx.clock.advance(max(0.0, (at - self._pbx.clock.now()) / timedelta(seconds=1)))
                engine.tell(events.ObligationDue(now, obligation))

    def _is_over(self) -> bool:
        pbx = self._pbx
        if not pbx.called or pbx.inbox or pbx.traces or pbx.live or not pbx.rang:
            return False
        with closing(sqlite3.connect(self._folder / "ledger.db")) as connection:
            states = [row[0] for row in connection.execute("SELECT state FROM obligations")]
        return states in (["unconfirmed"], ["contacted"])
