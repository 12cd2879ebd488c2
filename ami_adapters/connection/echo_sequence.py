"""A counter that goes through the PBX and back: the sequence that AMI lacks, and how far behind we are.

Sans-I/O; moments are seconds of a monotonic clock.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

MAX_OUTSTANDING = 120
"""Beats waited for at a time; when more are missing the eldest is still the one that counts."""


@dataclass(frozen=True, slots=True)
class Returned:
    """One beat is back: how long it was under way, and what its number tells of the others."""

    lag_seconds: float
    missing: int = 0
    """Beats before it that never came: what was told between them is lost as well."""
    is_repetition: bool = False


class Pulse:
    """The beats of one connection; `begin_anew` with the next."""

    def __init__(self) -> None:
        self._count = 0
        self._under_way: deque[tuple[int, float]] = deque()
        self._last = 0
        self._last_lag = 0.0

    def begin_anew(self) -> None:
        """What was under way is gone with its connection."""
        self._under_way.clear()
        self._last = self._count
        self._last_lag = 0.0

    def beat(self, now: float) -> int:
        """The number to send."""
        self._count += 1
        if len(self._under_way) < MAX_OUTSTANDING:
            self._under_way.append((self._count, now))
        return self._count

    def returned(self, count: int, now: float) -> Returned:
        """It came back, and its turn has come."""
        if count <= self._last or count > self._count:
            return Returned(0.0, is_repetition=True)
        missing, sent_at = count - self._last - 1, now
        self._last = count
        while self._under_way and self._under_way[0][0] <= count:
            number, at = self._under_way.popleft()
            sent_at = at if number == count else sent_at
        self._last_lag = max(0.0, now - sent_at)
        return Returned(self._last_lag, missing)

    def lag_seconds(self, now: float) -> float:
        """How far behind we are: the last beat's lag, or the age of the eldest that is not back."""
        waiting = now - self._under_way[0][1] if self._under_way else 0.0
        return max(waiting, self._last_lag)
