"""Time in which nobody saw what happened: between the loss of the link to the PBX and the next whole look at it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

_ZERO = timedelta(0)


@dataclass(frozen=True, slots=True)
class Gap:
    """From `start` until `end` nobody saw anything. Raises ValueError when it ends before it starts."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"a gap from {self.start} cannot end at {self.end}")

    def within(self, start: datetime, end: datetime) -> timedelta:
        """How much of it lies in an interval."""
        return max(min(self.end, end) - max(self.start, start), _ZERO)


def unknown_within(gaps: Iterable[Gap], start: datetime, end: datetime) -> timedelta:
    """How much of an interval nobody saw; gaps that overlap count once."""
    unknown, seen_until = _ZERO, start
    for gap in sorted(gaps, key=lambda one: one.start):
        unknown += gap.within(max(start, seen_until), end) if gap.end > seen_until else _ZERO
        seen_until = max(seen_until, gap.end)
    return unknown


def doubted_since(moment: datetime | None, gaps: Iterable[Gap]) -> datetime | None:
    """The start of the gap at whose end a moment is dated: it was found then, and nobody knows since when it holds.

    What the PBX itself wrote down carries its own time and lies inside a gap: that is known.
    """
    return min((gap.start for gap in gaps if moment == gap.end and gap.start < gap.end), default=None)


def expected_calls(seen: int, seen_for: timedelta, unseen_for: timedelta) -> int:
    """How many calls come in an unseen time at the rate of the seen one, rounded up; at least one.

    Nothing seen at all says nothing: one.
    """
    if unseen_for <= _ZERO:
        return 0
    if seen_for <= _ZERO:
        return 1
    return max(
        1, -(-seen * (unseen_for // timedelta(microseconds=1)) // (seen_for // timedelta(microseconds=1)))
    )
