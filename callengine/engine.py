"""The one task that owns all live state: takes events in order, lets the dispatcher decide, carries it out."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import Protocol

from queues.commands import Command, EraseInboxEntry
from queues.dispatcher import Decision, Dispatcher
from queues.events import Event, PbxSnapshot, TimePassed
from queues.identifiers import CallId
from queues.journal import JournalEntry

BATCH = 256
"""Events handled before other tasks of the loop get their turn."""


class Clock(Protocol):
    """The engine's clock."""

    def now(self) -> datetime:
        """Aware UTC."""


class JournalWriter(Protocol):
    """Where decisions are kept."""

    def append(self, event: Event, decision: Decision, at: datetime) -> None:
        """Take it; never blocks."""

    async def flush(self) -> None:
        """Return when everything appended so far is committed."""


class Pbx(Protocol):
    """Who carries commands out."""

    def execute(self, command: Command) -> None:
        """Send it now; failures come back as events."""


class Engine:
    """The loop between the PBX, the dispatcher and the ledger.

    `tell` may be called from any callback on the loop; `run` is the consumer. Observers get every
    journal entry, synchronously: metrics, tallies, screens.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        pbx: Pbx,
        writer: JournalWriter,
        clock: Clock,
        *,
        settled_calls: Callable[[Iterable[CallId]], Awaitable[set[CallId]]],
        observers: Iterable[Callable[[JournalEntry], None]] = (),
        on_decision_seconds: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        self._dispatcher = dispatcher
        self._pbx = pbx
        self._writer = writer
        self._clock = clock
        self._settled_calls = settled_calls
        self._observers = tuple(observers)
        self._on_decision_seconds = on_decision_seconds
        self._inbox: deque[Event] = deque()
        self._wake = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due: datetime | None = None
        self._erasures: deque[EraseInboxEntry] = deque()
        self._erase_wake = asyncio.Event()
        self._stopped = False

    @property
    def backlog(self) -> int:
        """Events not handled yet."""
        return len(self._inbox)

    def tell(self, event: Event) -> None:
        """Hand in an event; it is handled after all that came before it."""
        self._inbox.append(event)
        self._wake.set()

    def stop_offering(self) -> None:
        """Handle no event from now on: live calls are left to the dialplan."""
        self._stopped = True
        self._wake.set()

    async def run(self) -> None:
        """Handle events until `stop_offering`; then flush what was decided."""
        loop = asyncio.get_running_loop()
        eraser = loop.create_task(self._erase_settled(), name="eraser")
        try:
            while not self._stopped:
                await self._wake.wait()
                self._wake.clear()
                await self._handle_waiting(loop)
        finally:
            if self._timer is not None:
                self._timer.cancel()
            eraser.cancel()
            await asyncio.gather(eraser, return_exceptions=True)
            await self._writer.flush()
            self._erase_now()

    async def _handle_waiting(self, loop: asyncio.AbstractEventLoop) -> None:
        handled = 0
        while self._inbox and not self._stopped:
            event = self._inbox.popleft()
            if isinstance(event, PbxSnapshot):
                event = await self._without_settled(event)
            started = loop.time()
            self._handle(event)
            self._on_decision_seconds(loop.time() - started)
            handled += 1
            if handled % BATCH == 0:
                await asyncio.sleep(0)
        self._arm_timer(loop)

    def _handle(self, event: Event) -> None:
        now = self._clock.now()
        decision = self._dispatcher.handle(event, now)
        for command in decision.commands:
            if isinstance(command, EraseInboxEntry):
                self._erasures.append(command)
            else:
                self._pbx.execute(command)
        if decision.journal:
            self._writer.append(event, decision, now)
            for entry in decision.journal:
                for observe in self._observers:
                    observe(entry)
        if self._erasures:
            self._erase_wake.set()

    async def _without_settled(self, snapshot: PbxSnapshot) -> PbxSnapshot:
        """Leave out traces of calls whose outcome the ledger has: only their erasing was not done."""
        await self._writer.flush()
        ids = [call.call for call in snapshot.ended]
        settled = await self._settled_calls(ids) if ids else set()
        self._erasures.extend(EraseInboxEntry(call) for call in ids if call in settled)
        ended = tuple(call for call in snapshot.ended if call.call not in settled)
        return PbxSnapshot(snapshot.at, snapshot.calls, snapshot.agents, ended, snapshot.pbx_restarted)

    async def _erase_settled(self) -> None:
        """Erase traces on the PBX only after what they were for is committed."""
        while True:
            await self._erase_wake.wait()
            self._erase_wake.clear()
            count = len(self._erasures)
            await self._writer.flush()
            self._erase_now(count)

    def _erase_now(self, count: int | None = None) -> None:
        for _ in range(len(self._erasures) if count is None else count):
            self._pbx.execute(self._erasures.popleft())

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
