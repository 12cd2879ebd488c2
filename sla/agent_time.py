"""How an agent's day was spent, by state, and what share of his available time he worked for residents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction

WORKING = ("talking", "wrap_up")
READY = ("free", "offered")
"""Waiting for a call, his phone's ringing included. Paused, away and busy with other calls are in neither."""
_ZERO = timedelta(0)


@dataclass(frozen=True, slots=True)
class AgentTime:
    """Time by state; what nobody saw is in none of them."""

    times: Mapping[str, timedelta] = field(default_factory=dict)

    def __add__(self, other: AgentTime) -> AgentTime:
        states = [*self.times, *(state for state in other.times if state not in self.times)]
        return AgentTime(
            {state: self.times.get(state, _ZERO) + other.times.get(state, _ZERO) for state in states}
        )

    def of(self, states: Iterable[str]) -> timedelta:
        """Together in these states."""
        return sum((self.times.get(state, _ZERO) for state in states), _ZERO)

    @property
    def occupancy(self) -> Fraction | None:
        """Talking and wrap-up ÷ these and ready; None for who was neither. Sustained above 0.85 it wears people out."""
        working, all_ = self.of(WORKING), self.of((*WORKING, *READY))
        tick = timedelta(microseconds=1)
        return Fraction(working // tick, all_ // tick) if all_ else None
