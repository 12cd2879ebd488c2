"""The one task that owns all live state: takes events in order, lets the dispatcher decide, carries it out."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from queues.dispatcher import Dispatcher
from queues.messages.commands import (
    Command,
    DialCallback,
    EraseAttemptTrace,
    EraseInboxEntry,
    ForgetObligationTimer,
    OfferCall,
    WakeForObligation,
)
from queues.messages.decision import Decision
from queues.messages.events import AttemptRefused, Event, InboxRead, PbxLost, PbxSnapshot, TimePassed
from queues.messages.journal import JournalEntry
from queues.terms.identifiers import AttemptId, CallId, ObligationId
from storage.schema.errors import LedgerAway

_TellsEnds = TypeVar("_TellsEnds", PbxSnapshot, InboxRead)

BATCH = 256
"""Events handled before other tasks of the loop get their turn."""
SETTLE_SECONDS = 8.0
"""A (re)connect waits no longer for the ledger's word on calls that ended meanwhile."""


MAX_BACKLOG = 50_000
"""Events of the PBX that wait for their turn; more are given up."""


MAX_ERASURES = 50_000
"""Traces that wait for a commit; more are left where they are, and looked at when decisions are kept again."""


Observer = Callable[[JournalEntry], None]
Subscriber = tuple[type[JournalEntry], Observer]
"""Which entries are wanted, and who wants them: for nothing else is he entered."""


@dataclass(frozen=True, slots=True)
class Heard:
    """An event that the PBX told: a snapshot can stand for it."""

    event: Event


class Clock(Protocol):
    """The engine's clock."""

    def now(self) -> datetime:
        """Aware UTC."""


class JournalWriter(Protocol):
    """Where decisions are kept."""

    def append(self, event: Event, decision: Decision, at: datetime) -> None:
        """Take it; never blocks."""

    async def flush(self, *, at_once: bool = True) -> None:
        """Return when all appended so far is committed: in the ledger, or on the disk while that is away.

        With `at_once`; else with the flush that is due anyway.
        """

    async def room(self) -> None:
        """Return when more decisions can be kept; at once when waiting would not help."""


class Ledger(Protocol):
    """What the engine asks of the ledger while it runs."""

    async def settled_calls(self, ids: Iterable[CallId]) -> set[CallId]:
        """Of these calls, those whose outcome is committed. Raises LedgerAway."""

    async def is_claimed(self, attempt: AttemptId) -> bool:
        """Whether this dial is committed as the only one of its number in flight. Raises LedgerAway."""


class KnownHouses(Protocol):
    """From where callers call."""

    @property
    def known(self) -> Container[CallId]:
        """The calls of which a house is known now."""

    def dress(self, offer: OfferCall) -> OfferCall:
        """With the house in what the phone shows; at once."""


class Pbx(Protocol):
    """Who carries commands out."""

    def execute(self, command: Command) -> None:
        """Send it now; failures come back as events."""

    def beat(self) -> None:
        """Tell the dialplan that we are alive."""


class ObligationTimers(Protocol):
    """Who hands in ObligationDue."""

    def wake(self, obligation: ObligationId, at: datetime) -> None:
        """At this moment, instead of any earlier wish of the obligation."""

    def forget(self, obligation: ObligationId) -> None:
        """Not at all."""


class Engine:
    """The loop between the PBX, the dispatcher, the timers and the ledger.

    `tell` may be called from any callback on the loop; `run` is the consumer. Observers get every journal
    entry, synchronously: metrics, statistics, screens. Subscribers get the entries of the one type they name.
    `houses` gives an offer the label that the phone shows, where the caller's house is known by then.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        pbx: Pbx,
        writer: JournalWriter,
        ledger: Ledger,
        timers: ObligationTimers,
        clock: Clock,
        *,
        observers: Iterable[Observer] = (),
        subscribers: Iterable[Subscriber] = (),
        on_heard: Callable[[Event], None] = lambda event: None,
        on_decision_seconds: Callable[[float], None] = lambda seconds: None,
        houses: KnownHouses | None = None,
    ) -> None:
        self._dispatcher = dispatcher
        self._pbx = pbx
        self._writer = writer
        self._ledger = ledger
        self._timers = timers
        self._clock = clock
        self._observers = tuple(observers)
        self._subscribers = tuple(subscribers)
        self._on_heard = on_heard
        """Told of each event of the PBX when it comes, also of one that is given up."""
        self._on_decision_seconds = on_decision_seconds
        self._houses = houses
        self._known: Container[CallId] = () if houses is None else houses.known
        self._inbox: deque[Event | Heard | asyncio.Future[None] | Callable[[], None]] = deque()
        self.shed_events = 0
        """Events of the PBX that were given up because a snapshot will tell more."""
        self._wake = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due: datetime | None = None
        self._after_commit: deque[Command] = deque()
        self._commit_wanted = asyncio.Event()
        self._stopped = False
        self.overflowed = False
        self.left_unsettled = False
        """Whether traces were left on the PBX because nobody could say if they are settled: look again later."""

    @property
    def backlog(self) -> int:
        """Events not handled yet."""
        return len(self._inbox)

    def tell(self, event: Event) -> None:
        """Hand in an event; it is handled after all that came before it."""
        self._inbox.append(event)
        self._wake.set()

    def hear(self, event: Event) -> None:
        """As `tell`, for what the PBX told: beyond MAX_BACKLOG it is given up, and `overflowed` says so."""
        self._on_heard(event)
        if len(self._inbox) >= MAX_BACKLOG and not isinstance(event, PbxLost | PbxSnapshot | InboxRead):
            self.overflowed = True
            self.shed_events += 1
            return
        self._inbox.append(Heard(event))
        self._wake.set()

    def shed(self) -> None:
        """Give up all that the PBX told and nobody looked at yet: a snapshot must follow."""
        before = len(self._inbox)
        self._inbox = deque(
            item for item in self._inbox if not isinstance(item, Heard) or isinstance(item.event, PbxLost)
        )
        self.shed_events += before - len(self._inbox)
        self.overflowed = False

    async def carry(self, event: Event) -> None:
        """Hand in an event, and return when what it led to is committed."""
        handled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.tell(event)
        self._inbox.append(handled)
        await handled
        await self._writer.flush()

    async def caught_up(self) -> None:
        """Return when everything that was handed in so far is handled."""
        handled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._inbox.append(handled)
        self._wake.set()
        await handled

    def in_turn(self, work: Callable[[], None]) -> None:
        """Do this after all that came before it, as the heartbeat: an engine that hangs must not beat."""
        self._inbox.append(work)
        self._wake.set()

    def stop(self) -> None:
        """Handle no event from now on: live calls are left to the dialplan."""
        self._stopped = True
        self._wake.set()

    async def run(self) -> None:
        """Handle events until `stop`; closing the ledger then commits what was decided."""
        loop = asyncio.get_running_loop()
        committer = loop.create_task(self._carry_out_after_commit(), name="after commit")
        committer.add_done_callback(lambda _: self._wake.set())
        try:
            while not self._stopped:
                await self._wake.wait()
                self._wake.clear()
                if committer.done():
                    # Without it no trace is erased and nobody called back: better to start anew, and be seen to.
                    committer.result()
                await self._handle_waiting(loop)
        finally:
            if self._timer is not None:
                self._timer.cancel()
            committer.cancel()
            await asyncio.gather(committer, return_exceptions=True)

    async def _handle_waiting(self, loop: asyncio.AbstractEventLoop) -> None:
        handled = 0
        while self._inbox and not self._stopped:
            event = self._inbox.popleft()
            if isinstance(event, Heard):
                event = event.event
            elif isinstance(event, asyncio.Future):
                if not event.done():
                    event.set_result(None)
                continue
            elif callable(event):
                event()
                continue
            if isinstance(event, PbxSnapshot):
                event = await self._without_settled(event)
                self._pbx.beat()  # From here on the dialplan may trust us.
            elif isinstance(event, InboxRead):
                event = await self._without_settled(event)
            started = loop.time()
            self._handle(event)
            self._on_decision_seconds(loop.time() - started)
            handled += 1
            if handled % BATCH == 0:
                await asyncio.sleep(0)
                await self._writer.room()
        self._arm_timer(loop)
        # Better late, which the dialplan sees, than a decision that nobody keeps.
        await self._writer.room()

    def _handle(self, event: Event) -> None:
        now = self._clock.now()
        decision = self._dispatcher.handle(event, now)
        for command in decision.commands:
            self._carry_out(command)
        if decision.journal or decision.commands or not isinstance(event, TimePassed):
            self._writer.append(event, decision, now)
        for entry in decision.journal:
            for observe in self._observers:
                observe(entry)
            for kind, hear in self._subscribers:
                if type(entry) is kind:
                    hear(entry)

    def _carry_out(self, command: Command) -> None:
        match command:
            case EraseInboxEntry() if len(self._after_commit) >= MAX_ERASURES:
                self.left_unsettled = True
            case EraseInboxEntry() | EraseAttemptTrace() | DialCallback():
                self._after_commit.append(command)
                self._commit_wanted.set()
            case WakeForObligation(obligation, at):
                self._timers.wake(obligation, at)
            case ForgetObligationTimer(obligation):
                self._timers.forget(obligation)
            case OfferCall(call=call) if call in self._known and self._houses is not None:
                self._pbx.execute(self._houses.dress(command))
            case _:
                self._pbx.execute(command)

    async def _carry_out_after_commit(self) -> None:
        """Traces are erased, and callbacks dialled, only after what they are for is committed (laws 2 and 4)."""
        while True:
            await self._commit_wanted.wait()
            self._commit_wanted.clear()
            count = len(self._after_commit)
            # An erasure has time; a resident who is owed a call has not.
            await self._writer.flush(at_once=any(isinstance(one, DialCallback) for one in self._after_commit))
            for _ in range(count):
                command = self._after_commit.popleft()
                if not isinstance(command, DialCallback):
                    self._pbx.execute(command)
                elif self._dispatcher.is_in_flight(command.attempt):
                    await self._dial(command)

    async def _dial(self, command: DialCallback) -> None:
        try:
            is_claimed = await self._ledger.is_claimed(command.attempt)
        except LedgerAway:
            is_claimed = False
        if is_claimed:
            self._pbx.execute(command)
        else:
            self.tell(AttemptRefused(self._clock.now(), command.attempt, "not claimed"))

    async def _without_settled(self, snapshot: _TellsEnds) -> _TellsEnds:
        """Leave out traces of calls whose outcome the ledger has: only their erasing was not done."""
        if not snapshot.ended:
            return snapshot
        try:
            async with asyncio.timeout(SETTLE_SECONDS):
                await self._writer.flush()
                settled = await self._ledger.settled_calls(call.call for call in snapshot.ended)
        except (TimeoutError, LedgerAway):
            # Routing must go on. Whom we do not know may be settled already: his trace stays where it is.
            self.left_unsettled = True
            known = self._dispatcher.centre.calls
            return replace(snapshot, ended=tuple(call for call in snapshot.ended if call.call in known))
        for ended in snapshot.ended:
            if ended.call in settled and ended.watched is None:
                self._carry_out(EraseInboxEntry(ended.call))
        return replace(snapshot, ended=tuple(call for call in snapshot.ended if call.call not in settled))

    def _arm_timer(self, loop: asyncio.AbstractEventLoop) -> None:
        due = self._dispatcher.next_wakeup()
        if due == self._timer_due and self._timer is not None:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._timer_due = due
        if due is not None:
            delay = max(0.0, (due - self._clock.now()) / timedelta(seconds=1))
            self._timer = loop.call_later(delay, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self._timer_due = None
        self.tell(TimePassed(self._clock.now()))
