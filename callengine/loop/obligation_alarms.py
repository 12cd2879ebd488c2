"""APScheduler as the alarm clock of obligations: memory only, filled from the ledger, injecting one event.

The ledger is the only truth: nothing is stored here, nothing may be dropped for being late (`misfire_grace_time`),
and a job does nothing but hand in ObligationDue; the dispatcher decides what that means.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from apscheduler.jobstores.base import JobLookupError

from callengine.platform.scheduler import new_scheduler
from queues.messages.events import Event, ObligationDue
from queues.terms.identifiers import ObligationId

_NOT_AT_ONCE = timedelta(milliseconds=20)


class ObligationAlarms:
    """One job for each obligation, under its id.

    Moments are by the engine's clock, `now`; APScheduler looks at the machine's, `wall`. After somebody has set that,
    the two differ for a while, and every job is moved by the difference.
    """

    def __init__(
        self,
        tell: Callable[[Event], None],
        now: Callable[[], datetime],
        wall: Callable[[], datetime] | None = None,
    ) -> None:
        self._tell = tell
        self._now = now
        self._wall = wall or now
        self._due: dict[ObligationId, datetime] = {}
        self._scheduler = new_scheduler()

    def start(self) -> None:
        """Begin to ring; inside a running loop."""
        self._scheduler.start()

    def stop(self) -> None:
        """Ring no more."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def wake(self, obligation: ObligationId, at: datetime) -> None:
        """Hand in ObligationDue at `at` (aware UTC); a moment that has passed means now."""
        self._due[obligation] = at
        self._scheduler.add_job(
            self._ring,
            "date",
            run_date=at + (self._wall() - self._now()),
            args=[obligation],
            id=obligation,
            replace_existing=True,
        )

    def forget(self, obligation: ObligationId) -> None:
        """No alarm for it any more; none armed is fine."""
        self._due.pop(obligation, None)
        try:
            self._scheduler.remove_job(obligation)
        except JobLookupError:
            return

    def clock_stepped(self) -> None:
        """The machine's clock was set: look again what is due."""
        for obligation, at in list(self._due.items()):
            self.wake(obligation, at)
        if self._scheduler.running:
            self._scheduler.wakeup()

    @property
    def armed(self) -> int:
        """How many alarms are set."""
        return len(self._scheduler.get_jobs())

    async def _ring(self, obligation: ObligationId) -> None:
        # A coroutine, so that it runs on the loop and not in a thread of the executor.
        at = self._due.get(obligation)
        if at is not None and at > self._now():
            # The engine's clock goes at half speed while it lets the machine's catch up: there is some time left.
            self.wake(obligation, max(at, self._now() + _NOT_AT_ONCE))
            return
        self._due.pop(obligation, None)
        self._tell(ObligationDue(self._now(), obligation))
