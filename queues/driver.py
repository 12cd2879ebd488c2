"""The core in virtual time: timers and alarms come when they are due, without a loop, a clock or a PBX.

Replays of a stored journal, simulations and tests drive the core here, and nowhere else. Live, the same is done by
`callengine.loop.engine_loop` (the core's timers) and `callengine.loop.obligation_alarms` (obligations).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from queues.dispatcher import Dispatcher
from queues.messages.commands import ForgetObligationTimer, WakeForObligation
from queues.messages.decision import Decision
from queues.messages.events import Event, ObligationDue, TimePassed
from queues.terms.identifiers import ObligationId

Decided = Callable[[Event, Decision], None]
"""Told after each event, before the next one."""


class VirtualTime:
    """One dispatcher, and a time that goes on as far as it is told to."""

    def __init__(
        self, dispatcher: Dispatcher, now: datetime, decided: Decided = lambda event, decision: None
    ) -> None:
        """`now`: aware UTC. `decided` may tell further events."""
        self.dispatcher = dispatcher
        self.now = now
        self.alarms: dict[ObligationId, datetime] = {}
        """When each obligation wants to be looked at, by the core's own commands."""
        self._decided = decided

    def tell(self, event: Event, now: datetime | None = None) -> Decision:
        """One event, handled at `now`, or at the present moment. Nothing else that may be due is looked at."""
        self.now = self.now if now is None else now
        decision = self.dispatcher.handle(event, self.now)
        for command in decision.commands:
            match command:
                case WakeForObligation(obligation, at):
                    self.alarms[obligation] = at
                case ForgetObligationTimer(obligation):
                    self.alarms.pop(obligation, None)
                case _:
                    pass
        self._decided(event, decision)
        return decision

    def hear(self, event: Event) -> Decision:
        """One event at its own moment, after all that is due until then."""
        self.run(event.at)
        return self.tell(event)

    def next_due(self) -> datetime | None:
        """When the next timer or alarm is due; it may be in the past."""
        due = [at for at in (self.dispatcher.next_wakeup(), *self.alarms.values()) if at is not None]
        return min(due, default=None)

    def step(self, until: datetime) -> bool:
        """The next thing that is due by `until`, at its moment; False when there is none. Timers before alarms."""
        due = self.next_due()
        if due is None or due > until:
            return False
        self.now = max(self.now, due)
        inner = self.dispatcher.next_wakeup()
        if inner is not None and inner <= due:
            self.tell(TimePassed(self.now))
        else:
            self._ring(min(one for one, at in self.alarms.items() if at <= due))
        return True

    def run(self, until: datetime) -> None:
        """All that is due by `until`, each at its moment; then it is `until`, if it was not later already."""
        while self.step(until):
            pass
        self.now = max(self.now, until)

    def wake_late(self, now: datetime) -> None:
        """As a loop that was held up: all that is due by `now` is told at `now`."""
        self.now = max(self.now, now)
        while (inner := self.dispatcher.next_wakeup()) is not None and inner <= self.now:
            self.tell(TimePassed(self.now))
        for obligation in sorted(one for one, at in self.alarms.items() if at <= self.now):
            if obligation in self.alarms:
                self._ring(obligation)

    def _ring(self, obligation: ObligationId) -> None:
        del self.alarms[obligation]
        self.tell(ObligationDue(self.now, obligation))


@dataclass(frozen=True, slots=True)
class Difference:
    """An event on which the core decides otherwise than is written in the journal."""

    number: int
    """Of the journal's events, from 0."""
    event: Event
    recorded: Decision
    decided: Decision


class Replay:
    """A stored run of an engine, decided again: the journal has each event, when it was handled, and the decision."""

    def __init__(self, dispatcher: Dispatcher, started_at: datetime) -> None:
        """`dispatcher`: new, with the policy and the epoch of that run."""
        self._time = VirtualTime(dispatcher, started_at)
        self.events = 0

    def hand_in(self, at: datetime, event: Event, recorded: Decision) -> Difference | None:
        """The next event of the journal; None when the decision is the recorded one.

        Timers and alarms are in the journal as events, and come from there only.
        """
        decided = self._time.tell(event, at)
        number, self.events = self.events, self.events + 1
        return None if decided == recorded else Difference(number, event, recorded, decided)
