"""When chores are done: APScheduler rings, each chore is a task of the loop, none in a call's way.

Which timers there are beside these: docs/timers.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from callengine.platform.logs import Log
from callengine.platform.scheduler import new_scheduler

Work = Callable[[], Awaitable[object]]


class Daily(CronTrigger):  # type: ignore[misc]  # APScheduler ships no types
    """Once a day when the centre's clock shows `at`, also on the days on which clocks are set forward or back.

    CronTrigger itself rings twice when an hour is shown twice, and skips a day on which midnight's hour is not shown
    (America/Santiago). Such a moment is here that of the clock as it went before.
    """

    def __init__(self, at: time, zone: ZoneInfo) -> None:
        super().__init__(hour=at.hour, minute=at.minute, second=at.second, timezone=zone)
        self._at = at
        self._zone = zone

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """Aware, after the previous ring, or after `now` when there was none."""
        after = previous_fire_time or now
        found: datetime = super().get_next_fire_time(previous_fire_time, now)
        while found.fold or found.astimezone(UTC) <= after.astimezone(UTC):
            found = super().get_next_fire_time(found, found)
        day_before = datetime.combine(found.date() - timedelta(days=1), self._at, self._zone)
        return day_before if day_before.astimezone(UTC) > after.astimezone(UTC) else found


@dataclass(slots=True)
class _Chore:
    name: str
    work: Work
    is_finished_at_stop: bool
    task: asyncio.Task[None] | None = None


class Chores:
    """What an engine does by the clock, beside its calls. Build and start it inside a running loop.

    A chore that fails is logged and done again the next time: it never ends the engine. One that still runs when it is
    due again is not begun a second time.
    """

    def __init__(self, zone: ZoneInfo, log: Log) -> None:
        self._zone = zone
        self._log = log
        self._chores: dict[str, _Chore] = {}
        self._at_start: list[str] = []
        self._scheduler = new_scheduler()

    def daily(
        self,
        name: str,
        at: time,
        work: Work,
        *,
        also_at_start: bool = False,
        is_finished_at_stop: bool = False,
    ) -> None:
        """Do it once a day, at `at` by the centre's clock.

        `also_at_start`: and when we begin. `is_finished_at_stop`: `stop` waits for it, instead of cancelling it.
        """
        self._chores[name] = _Chore(name, work, is_finished_at_stop)
        self._scheduler.add_job(self._ring, Daily(at, self._zone), args=[name], id=name)
        if also_at_start:
            self._at_start.append(name)

    def start(self) -> None:
        """Begin to ring; inside a running loop."""
        self._scheduler.start()
        for name in self._at_start:
            self._begin(self._chores[name])

    async def stop(self) -> None:
        """Begin nothing more; return when nothing runs."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        running = [one for one in self._chores.values() if one.task is not None]
        for one in running:
            if one.task is not None and not one.is_finished_at_stop:
                one.task.cancel()
        await asyncio.gather(*(one.task for one in running if one.task is not None), return_exceptions=True)

    def clock_stepped(self) -> None:
        """The machine's clock was set: APScheduler sleeps by the monotonic one, so look again what is due."""
        if self._scheduler.running:
            self._scheduler.wakeup()

    def next_times(self) -> dict[str, datetime]:
        """When each is due next."""
        return {job.args[0]: job.next_run_time for job in self._scheduler.get_jobs()}

    async def _ring(self, name: str) -> None:
        # A coroutine, so that it runs on the loop and not in a thread of the executor.
        self._begin(self._chores[name])

    def _begin(self, chore: _Chore) -> None:
        if chore.task is not None and not chore.task.done():
            self._log.warning("chore_still_running", msg="it is not begun again", chore=chore.name)
            return
        chore.task = asyncio.get_running_loop().create_task(self._done(chore), name=chore.name)

    async def _done(self, chore: _Chore) -> None:
        try:
            await chore.work()
        except Exception as problem:  # whatever it was: calls go on, and tomorrow it may work
            self._log.error(
                "chore_failed", msg="done again the next time", chore=chore.name, exc_info=problem
            )
