"""Time that passes a thousand times as fast, the same for the engine and the simulated Asterisk.

What an engine remembers by the hour and by the day is then forgotten as in production: a million calls are months.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from callengine.loop.obligation_alarms import ObligationAlarms
from callengine.platform.clock import SystemClock
from queues.terms.identifiers import ObligationId

SPEED = 1000.0


@dataclass(frozen=True, slots=True)
class FastTime:
    """Wall time `wall` (epoch seconds) was when the machine's monotonic clock said `monotonic`."""

    wall: float
    monotonic: float

    @classmethod
    def from_now(cls) -> FastTime:
        """Begins now."""
        return cls(time.time(), time.monotonic())  # a test's own clock

    def seconds(self) -> float:
        """Since it began."""
        return (time.monotonic() - self.monotonic) * SPEED  # a test's own clock

    def epoch(self) -> float:
        """Epoch seconds."""
        return self.wall + self.seconds()

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.fromtimestamp(self.epoch(), UTC)

    def clock(self) -> SystemClock:
        """An engine's clock."""
        return SystemClock(wall=self.now, monotonic=self.seconds)

    def real(self, at: datetime) -> datetime:
        """When that will be on the machine's own clock."""
        return datetime.fromtimestamp(self.wall, UTC) + timedelta(
            seconds=(at.timestamp() - self.wall) / SPEED
        )


def fast_alarms(fast: FastTime) -> type[ObligationAlarms]:
    """APScheduler reads the machine's clock: alarms are set by that."""

    class FastObligationAlarms(ObligationAlarms):
        def wake(self, obligation: ObligationId, at: datetime) -> None:
            """At that moment of the fast time."""
            super().wake(obligation, fast.real(at))

    return FastObligationAlarms
