"""The one clock: the only module that reads the time."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

STEP = timedelta(milliseconds=500)
"""A wall clock further than this from what the monotonic clock says was set by somebody."""


class SystemClock:
    """Wall time anchored at start and advanced by the monotonic clock, so that it never goes backwards.

    When the wall clock was stepped (NTP, an administrator, a suspended machine), `check` anchors anew where
    it went forward; after a step back, time runs on from where it was until the wall has caught up.
    """

    def __init__(
        self,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._anchor_wall = wall()
        self._anchor_monotonic = monotonic()

    def now(self) -> datetime:
        """Aware UTC; never before an earlier answer."""
        return self._anchor_wall + timedelta(seconds=self._monotonic() - self._anchor_monotonic)

    def check(self) -> timedelta | None:
        """Compare with the wall clock; the size of the step if there was one, positive when it went forward."""
        wall, now = self._wall(), self.now()
        step = wall - now
        if abs(step) < STEP:
            return None
        if step > timedelta(0):
            self._anchor_wall, self._anchor_monotonic = wall, self._monotonic()
        return step
