"""Agents' time by quarter of an hour: what each change of state books, in the order the changes were decided.

The writer and the rebuilding feed the same changes and get the same sums. Time in which the link was down, or no
engine ran, is in none of them: who knows what an agent did.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from queues.messages.journal import AgentState
from sla.call_facts import microseconds
from sla.quarters import quarter_of, spread

_ZERO = timedelta(0)


@dataclass(slots=True)
class Shift:
    """One agent: what he does, since when it is not booked, whom he spoke with last (None: whom he called back)."""

    state: AgentState
    since: datetime
    call: str | None = None


@dataclass(slots=True)
class AgentBook:
    """The open shifts, and what was booked since the book was opened; `blind` while nobody sees the agents."""

    shifts: dict[str, Shift] = field(default_factory=dict)
    blind: bool = False
    times: dict[tuple[datetime, str], dict[AgentState, int]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(int))
    )
    """Microseconds by quarter, agent and state."""
    conversations: dict[tuple[datetime, str], int] = field(default_factory=lambda: defaultdict(int))
    """How many he began."""
    rests: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Microseconds of wrap-up by the call it followed."""

    def spoke(self, agent: str, call: str | None, at: datetime) -> None:
        """He speaks with a resident; None: with one he calls back."""
        shift = self.shifts.get(agent)
        if shift is None:
            self.shifts[agent] = Shift(AgentState.LOGGED_OUT, at, call)
        else:
            shift.call = call

    def changed(self, agent: str, state: AgentState, at: datetime) -> None:
        """He does something else from now on."""
        shift = self.shifts.get(agent)
        if shift is None:
            self.shifts[agent] = Shift(state, at)
        else:
            self._book(agent, shift, at)
        if state is AgentState.TALKING and (shift is None or shift.state is not AgentState.TALKING):
            self.conversations[quarter_of(at), agent] += 1
        if shift is not None:
            shift.state, shift.since = state, max(at, shift.since)

    def link_lost(self, at: datetime) -> None:
        """From now on nobody sees what agents do."""
        if not self.blind:
            for agent, shift in self.shifts.items():
                self._book(agent, shift, at)
        self.blind = True

    def link_restored(self, at: datetime) -> None:
        """They are seen again, in whatever state they are found."""
        self.blind = False
        for shift in self.shifts.values():
            shift.since = max(shift.since, at)

    def started(self, seen_until: datetime) -> None:
        """Another run of the engine begins: it knows of nobody until it has looked."""
        self.link_lost(seen_until)
        for shift in self.shifts.values():
            shift.state = AgentState.LOGGED_OUT

    def _book(self, agent: str, shift: Shift, until: datetime) -> None:
        if self.blind or until <= shift.since:
            return
        if shift.state is AgentState.WRAP_UP and shift.call is not None:
            self.rests[shift.call] += microseconds(until - shift.since)
        if shift.state is not AgentState.LOGGED_OUT:
            for quarter, time in spread(shift.since, until):
                self.times[quarter, agent][shift.state] += microseconds(time)
        shift.since = until
