"""APScheduler as the alarm clock of obligations: memory only, filled from the ledger, injecting one event.

The ledger is the only truth: nothing is stored here, nothing may be dropped for being late (`misfire_grace_time`),
and a job does nothing but hand in ObligationDue; the dispatcher decides what that means.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from queues.events import Event, ObligationDue
from queues.identifiers import ObligationId


class AlarmClock:
    """One job for each obligation, under its id."""

    def __init__(self, tell: Callable[[Event], None], now: Callable[[], datetime]) -> None:
        self._tell = tell
        self._now = now
        # Without a zone it would take the machine's own; a late job must fire late, not be dropped (its default: 1 s).
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )

    def start(self) -> None:
        """Begin to ring; inside a running loop."""
        self._scheduler.start()

    def stop(self) -> None:
        """Ring no more."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def wake(self, obligation: ObligationId, at: datetime) -> None:
        """Hand in ObligationDue at `at` (aware UTC); a moment that has passed means now."""
        self._scheduler.add_job(
            self._ring, "date", run_date=at, args=[obligation], id=obligation, replace_existing=True
        )

    def forget(self, obligation: ObligationId) -> None:
        """No alarm for it any more; none armed is fine."""
        try:
            self._scheduler.remove_job(obligation)
        except JobLookupError:
            return

    def clock_stepped(self) -> None:
        """The machine's clock was set: look again what is due."""
        if self._scheduler.running:
            self._scheduler.wakeup()

    @property
    def armed(self) -> int:
        """How many alarms are set."""
        return len(self._scheduler.get_jobs())

    async def _ring(self, obligation: ObligationId) -> None:
        # A coroutine, so that it runs on the loop and not in a thread of the executor.
        self._tell(ObligationDue(self._now(), obligation))
