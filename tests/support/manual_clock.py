"""Clocks that tests move by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class ManualClock:
    """A clock that stands still until it is moved; starts at a fixed noon (UTC)."""

    def __init__(self, start: datetime = NOON) -> None:
        self._now = start

    def now(self) -> datetime:
        """Aware UTC."""
        return self._now

    def advance(self, seconds: float) -> datetime:
        """Move it on, or back; the new moment."""
        self._now += timedelta(seconds=seconds)
        return self._now


class ManualMachine:
    """A machine's two clocks: `pass_time` moves both, `step` sets the wall clock only."""

    def __init__(self, start: datetime = NOON) -> None:
        self._wall = start
        self._monotonic = 1000.0

    def wall(self) -> datetime:
        """What the machine shows, aware UTC."""
        return self._wall

    def monotonic(self) -> float:
        """Seconds since some moment."""
        return self._monotonic

    def pass_time(self, seconds: float) -> None:
        """Time goes by."""
        self._monotonic += seconds
        self._wall += timedelta(seconds=seconds)

    def step(self, seconds: float) -> None:
        """Somebody sets the clock."""
        self._wall += timedelta(seconds=seconds)
