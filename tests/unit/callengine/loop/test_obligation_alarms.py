"""APScheduler as our alarm clock: each of its traps (docs/decisions/0003), cured."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.executors.asyncio import AsyncIOExecutor
from apscheduler.jobstores.memory import MemoryJobStore

from callengine.loop.obligation_alarms import ObligationAlarms
from callengine.platform.clock import SystemClock
from queues.messages.events import Event, ObligationDue
from queues.terms.identifiers import ObligationId
from tests.support.manual_clock import NOON, ManualMachine

ONE, TWO = ObligationId("one"), ObligationId("two")


class Heard:
    """What the alarm clock handed in."""

    def __init__(self) -> None:
        self.events: list[ObligationDue] = []
        self._changed = asyncio.Event()
        self.alarm = ObligationAlarms(self._tell, lambda: datetime.now(UTC))

    def _tell(self, event: Event) -> None:
        assert isinstance(event, ObligationDue)
        self.events.append(event)
        self._changed.set()

    @property
    def obligations(self) -> list[str]:
        return [event.obligation for event in self.events]

    async def until(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.events) < count:
                self._changed.clear()
                await self._changed.wait()


@pytest.fixture
async def heard() -> AsyncIterator[Heard]:
    heard = Heard()
    heard.alarm.start()
    yield heard
    heard.alarm.stop()


def soon(seconds: float = 0.05) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


async def test_it_hands_in_what_is_due_and_when(heard: Heard) -> None:
    due = soon()
    heard.alarm.wake(ONE, due)
    await heard.until(1)
    assert heard.obligations == [ONE]
    assert heard.events[0].at >= due
    assert heard.alarm.armed == 0


async def test_an_alarm_an_hour_late_rings_and_is_not_dropped(heard: Heard) -> None:
    heard.alarm.wake(ONE, soon(-3600))  # Its default drops whatever is more than a second late.
    await heard.until(1)
    assert heard.obligations == [ONE]


async def test_what_was_due_while_it_was_not_running_rings_at_start() -> None:
    heard = Heard()
    heard.alarm.wake(ONE, soon(-600))
    heard.alarm.wake(TWO, soon(-1))
    heard.alarm.start()
    await heard.until(2)
    heard.alarm.stop()
    assert sorted(heard.obligations) == [ONE, TWO]


async def test_a_new_wish_replaces_the_old_one(heard: Heard) -> None:
    heard.alarm.wake(ONE, soon(3600))
    heard.alarm.wake(ONE, soon(0.02))
    assert heard.alarm.armed == 1
    await heard.until(1)
    heard.alarm.wake(TWO, soon(0.02))
    await heard.until(2)
    assert heard.obligations == [ONE, TWO]


async def test_forgotten_alarms_do_not_ring_and_forgetting_twice_is_fine(heard: Heard) -> None:
    heard.alarm.wake(ONE, soon(0.05))
    heard.alarm.forget(ONE)
    heard.alarm.forget(ONE)
    heard.alarm.wake(TWO, soon(0.1))
    await heard.until(1)
    assert heard.obligations == [TWO]


async def test_a_moment_in_any_zone_means_that_moment(heard: Heard) -> None:
    from zoneinfo import ZoneInfo

    heard.alarm.wake(ONE, soon(0.05).astimezone(ZoneInfo("Asia/Kamchatka")))
    await heard.until(1)
    assert heard.obligations == [ONE]


async def test_it_rings_on_the_loop_and_keeps_nothing_on_disk(heard: Heard) -> None:
    scheduler = heard.alarm._scheduler
    assert isinstance(scheduler._lookup_jobstore("default"), MemoryJobStore)
    assert isinstance(scheduler._lookup_executor("default"), AsyncIOExecutor)
    assert scheduler.timezone is UTC


async def test_a_thousand_alarms_due_at_once_all_ring(heard: Heard) -> None:
    for number in range(1000):
        heard.alarm.wake(ObligationId(str(number)), soon(-1))
    await heard.until(1000)
    assert len(set(heard.obligations)) == 1000


@pytest.mark.parametrize("step", [-3600, -2, 2, 3600])
async def test_after_a_step_of_the_machines_clock_it_rings_by_the_engines(
    step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a callback owed in five minutes would be dialled an hour late after a clock was set back by an hour."""
    machine = ManualMachine()
    clock = SystemClock(machine.wall, machine.monotonic)
    rung: list[datetime] = []
    alarm = ObligationAlarms(lambda event: rung.append(event.at), clock.now, clock.wall)

    class Machine(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]  # the zone is always UTC here
            del tz
            return machine.wall()

    monkeypatch.setattr("apscheduler.schedulers.base.datetime", Machine)
    alarm.start()
    due = clock.now() + timedelta(seconds=300)
    alarm.wake(ONE, due)
    machine.pass_time(10)
    machine.step(step)
    clock.check()
    alarm.clock_stepped()
    for _ in range(800):
        if rung:
            break
        machine.pass_time(1)
        alarm.clock_stepped()
        for _ in range(5):
            await asyncio.sleep(0)
    alarm.stop()
    (at,) = rung
    assert due <= at <= max(due, NOON + timedelta(seconds=10 + step)) + timedelta(seconds=2)
    assert alarm.armed == 0
