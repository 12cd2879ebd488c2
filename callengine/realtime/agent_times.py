"""How long each agent was in which state today, and which call a rest belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from queues.messages.journal import AgentState
from queues.terms.identifiers import AgentId, CallId
from sla.agent_time import AgentTime

_ZERO = timedelta(0)


@dataclass(slots=True)
class _Shift:
    """One agent: what he does, since when, and his day so far."""

    state: AgentState
    since: datetime
    times: dict[AgentState, timedelta]
    state_since: datetime
    """The same, also across midnight: a rest belongs whole to its call."""
    last_call: CallId | None = None
    """Whom he spoke with last; None: somebody he called back."""
    rests_from: CallId | None = None
    """Whom he had spoken with when his present rest began."""


@dataclass(frozen=True, slots=True)
class Rest:
    """A wrap-up that is over, or as much of it as was seen, and the call it followed."""

    call: CallId
    time: timedelta


class AgentClock:
    """Fed by the journal, or by the ledger's rows in the order of their moments: the same either way.

    Nothing is counted while the link is down: who knows what he did.
    """

    def __init__(self, now: datetime) -> None:
        self._shifts: dict[AgentId, _Shift] = {}
        self.day_start = now
        """Times are counted from here on."""
        self._blind_since: datetime | None = None

    def turn_day(self, midnight: datetime) -> None:
        """Everything so far was another day's."""
        self.day_start = midnight
        for shift in self._shifts.values():
            shift.since = max(shift.since, midnight)
            shift.times = {}

    def spoke(self, agent: AgentId | None, call: CallId | None) -> None:
        """He speaks with a resident; None: with one he called back."""
        if agent is not None and agent in self._shifts:
            self._shifts[agent].last_call = call
        elif agent is not None:
            start = self.day_start
            self._shifts[agent] = _Shift(AgentState.LOGGED_OUT, start, {}, start, call)

    def changed(self, agent: AgentId, state: AgentState, at: datetime) -> Rest | None:
        """He does something else from now on; the rest that this ends, if it followed a call."""
        shift = self._shifts.get(agent)
        if shift is None:
            self._shifts[agent] = _Shift(state, max(at, self.day_start), {}, at)
            return None  # Whom he spoke with before is not known.
        rest = self._book(shift, at)
        shift.rests_from = shift.last_call if state is AgentState.WRAP_UP else None
        shift.state, shift.since, shift.state_since = state, max(at, shift.since), max(at, shift.state_since)
        return rest

    def link_lost(self, at: datetime) -> list[Rest]:
        """From now on nobody sees what agents do."""
        if self._blind_since is not None:
            return []
        ended = [self._book(shift, at) for shift in self._shifts.values()]
        self._blind_since = at
        return [rest for rest in ended if rest is not None]

    def link_restored(self, at: datetime) -> None:
        """They are seen again, in whatever state they are found."""
        self._blind_since = None
        for shift in self._shifts.values():
            shift.since, shift.state_since = max(shift.since, at), max(shift.state_since, at)

    def started(self) -> None:
        """A new run of the engine knows of nobody until it has looked."""
        for shift in self._shifts.values():
            shift.state, shift.rests_from = AgentState.LOGGED_OUT, None

    def take(self, now: datetime) -> Mapping[AgentId, AgentTime]:
        """Everybody's day until now."""
        found: dict[AgentId, AgentTime] = {}
        for agent, shift in self._shifts.items():
            times: dict[str, timedelta] = {state.value: time for state, time in shift.times.items()}
            if self._blind_since is None and now > shift.since:
                times[shift.state.value] = times.get(shift.state.value, _ZERO) + (now - shift.since)
            found[agent] = AgentTime(times)
        return found

    def _book(self, shift: _Shift, until: datetime) -> Rest | None:
        """Count his present state up to a moment."""
        if self._blind_since is not None:
            return None
        if until > shift.since:
            shift.times[shift.state] = shift.times.get(shift.state, _ZERO) + (until - shift.since)
            shift.since = until
        rest, shift.state_since = max(until - shift.state_since, _ZERO), max(until, shift.state_since)
        if shift.rests_from is not None and rest:
            return Rest(shift.rests_from, rest)
        return None
