"""The one clock: the only module that reads the time."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

STEP = timedelta(milliseconds=100)
"""A wall clock further than this from what the monotonic clock says was set by somebody."""

FAR_AHEAD = timedelta(seconds=10)
"""At half speed every pause is twice as long; further ahead of the wall than this a new start is the lesser harm."""

_CLOSE_SECONDS = 0.01
_READINGS = 5
_ZERO = timedelta(0)


def booted_at() -> int:
    """When this machine was started, by its clock as it goes now; seconds since the epoch."""
    return round(time.time() - time.clock_gettime(time.CLOCK_BOOTTIME))


class ClockSetBackError(Exception):
    """The machine's clock was set back so far that only a new start goes by it."""


class SystemClock:
    """Wall time anchored at start and advanced by the monotonic clock: it never goes backwards.

    When the wall clock was stepped (NTP, an administrator, a suspended machine), `check` anchors anew: forward
    at once; after a step back, time runs on at half speed until the wall has caught up, so that timers still
    come and the dispatcher never sees an earlier moment than before.
    """

    def __init__(
        self,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._anchor_wall, self._anchor_monotonic = self._read()
        self._lead = _ZERO
        """How far this clock was ahead of the wall when it was anchored: worn off at half speed."""

    def now(self) -> datetime:
        """Aware UTC; never before an earlier answer."""
        return self._at(self._monotonic())

    def wall(self) -> datetime:
        """What the machine's clock shows at this moment, aware UTC."""
        return self._wall()

    def refuse_to_be_far_ahead(self) -> None:
        """After `check`. Raises ClockSetBackError when the wall was set back by more than FAR_AHEAD."""
        ahead = self._lead_after(timedelta(seconds=self._monotonic() - self._anchor_monotonic))
        if ahead > FAR_AHEAD:
            raise ClockSetBackError(
                f"the machine's clock was set back, the engine's is {ahead.total_seconds():.0f} s ahead of it: the "
                "engine ends, so that a new one goes by the new time; calls on the line go on without it"
            )

    def check(self) -> timedelta | None:
        """Compare with the wall clock; the size of a step that is new, positive when it went forward."""
        wall, monotonic = self._read()
        step = wall - self._anchor_wall - timedelta(seconds=monotonic - self._anchor_monotonic)
        if abs(step) < STEP:
            return None
        lead = self._at(monotonic) - wall
        self._anchor_wall, self._anchor_monotonic = wall, monotonic
        self._lead = max(lead, _ZERO)
        return step

    def _at(self, monotonic: float) -> datetime:
        passed = timedelta(seconds=monotonic - self._anchor_monotonic)
        return self._anchor_wall + passed + self._lead_after(passed)

    def _lead_after(self, passed: timedelta) -> timedelta:
        return max(self._lead - passed / 2, _ZERO)

    def _read(self) -> tuple[datetime, float]:
        """Both clocks at one moment: a pause between the two readings would look like a step."""
        before = self._monotonic()
        wall, after = self._wall(), self._monotonic()
        for _ in range(_READINGS):
            if after - before < _CLOSE_SECONDS:
                break
            before = after
            wall, after = self._wall(), self._monotonic()
        return wall, after
