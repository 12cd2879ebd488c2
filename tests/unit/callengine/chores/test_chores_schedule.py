"""Chores by APScheduler: each of its traps (docs/decisions/0003) cured; days on which clocks are set."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.cron import CronTrigger
from structlog.testing import capture_logs

from callengine.chores.schedule import Chores, Daily
from callengine.platform.logs import get_log
from tests.support.manual_clock import ManualMachine

MOSCOW, BERLIN, SANTIAGO = ZoneInfo("Europe/Moscow"), ZoneInfo("Europe/Berlin"), ZoneInfo("America/Santiago")


def rings(trigger: CronTrigger, start: datetime, count: int) -> list[datetime]:
    """As APScheduler asks for them: each after the one before, a moment after it rang."""
    found: list[datetime] = []
    now = start
    for _ in range(count):
        at = trigger.get_next_fire_time(found[-1] if found else None, now)
        found.append(at)
        now = at + timedelta(milliseconds=5)
    return [at.astimezone(UTC) for at in found]


def test_the_hour_is_that_of_the_centre() -> None:
    night = Daily(time(3), MOSCOW)
    assert rings(night, datetime(2026, 11, 23, 23, 59, tzinfo=UTC), 2) == [
        datetime(2026, 11, 24, tzinfo=UTC),
        datetime(2026, 11, 25, tzinfo=UTC),
    ]
    assert rings(night, datetime(2026, 11, 24, 0, 0, 1, tzinfo=UTC), 1) == [
        datetime(2026, 11, 25, tzinfo=UTC)
    ]


def test_an_hour_that_is_shown_twice_rings_once() -> None:
    """25 October 2026: half past two comes twice in Berlin; CronTrigger alone would ring twice."""
    start = datetime(2026, 10, 24, 22, tzinfo=UTC)
    once = [datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 26, 1, 30, tzinfo=UTC)]
    assert rings(Daily(time(2, 30), BERLIN), start, 2) == once
    assert rings(CronTrigger(hour=2, minute=30, timezone=BERLIN), start, 2) != once
    # An engine that starts between the two has missed it, as after any start.
    between = datetime(2026, 10, 25, 1, tzinfo=UTC)
    assert rings(Daily(time(2, 30), BERLIN), between, 1) == once[1:]


def test_a_day_whose_hour_is_not_shown_is_not_skipped() -> None:
    """6 September 2026: clocks in Santiago go from midnight to one; CronTrigger alone would skip the day."""
    start = datetime(2026, 9, 5, 5, tzinfo=UTC)
    days = [datetime(2026, 9, 6, 4, 30, tzinfo=UTC), datetime(2026, 9, 7, 3, 30, tzinfo=UTC)]
    assert rings(Daily(time(0, 30), SANTIAGO), start, 2) == days
    assert rings(CronTrigger(hour=0, minute=30, timezone=SANTIAGO), start, 2) != days


@pytest.mark.parametrize("zone", [MOSCOW, BERLIN, SANTIAGO, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("UTC")])
@pytest.mark.parametrize(
    "at", [time(0), time(0, 30), time(1, 59), time(2), time(2, 30), time(3), time(23, 59)]
)
def test_every_day_of_two_years_rings_exactly_once(zone: ZoneInfo, at: time) -> None:
    found = rings(Daily(at, zone), datetime(2026, 1, 1, 12, tzinfo=UTC), 730)
    gaps = {later - earlier for earlier, later in pairwise(found)}
    assert timedelta(hours=22, minutes=30) <= min(gaps)
    assert max(gaps) <= timedelta(hours=25)
    assert all(
        (at_.replace(tzinfo=UTC) - found[0]) / timedelta(days=1) >= n - 0.1 for n, at_ in enumerate(found)
    )


class Machine:
    """A machine whose wall clock APScheduler reads, and the chores that were done by it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        clock = ManualMachine()
        self.clock = clock

        class Now(datetime):
            @classmethod
            def now(cls, tz: object = None) -> datetime:  # type: ignore[override]  # the zone is always UTC here
                del tz
                return clock.wall()

        monkeypatch.setattr("apscheduler.schedulers.base.datetime", Now)
        self.chores = Chores(MOSCOW, get_log("test"))
        self.done: list[datetime] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.fails: Exception | None = None

    async def work(self) -> None:
        self.done.append(self.clock.wall())
        await self.gate.wait()
        if self.fails is not None:
            raise self.fails

    async def look(self) -> None:
        """What the engine does after a step, and what APScheduler does when its sleep is over."""
        self.chores.clock_stepped()
        for _ in range(10):
            await asyncio.sleep(0)


@pytest.fixture
async def machine(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Machine]:
    machine = Machine(monkeypatch)
    yield machine
    machine.gate.set()
    await machine.chores.stop()


AT = time(15, 30)  # Half past noon UTC, half an hour after the machine's noon.
HOUR = 3600.0


async def test_a_machine_that_slept_over_it_does_it_late_and_once(machine: Machine) -> None:
    machine.chores.daily("x", AT, machine.work)
    machine.chores.start()
    await machine.look()
    assert machine.done == []
    machine.clock.pass_time(3 * 24 * HOUR)
    await machine.look()
    assert machine.done == [machine.clock.wall()]
    assert machine.chores.next_times()["x"] == datetime(2026, 11, 26, 12, 30, tzinfo=UTC)


async def test_a_clock_set_forward_over_it_does_it_at_once(machine: Machine) -> None:
    machine.chores.daily("x", AT, machine.work)
    machine.chores.start()
    machine.clock.step(HOUR)
    await machine.look()
    assert len(machine.done) == 1


async def test_a_clock_set_back_behind_it_does_it_no_second_time(machine: Machine) -> None:
    machine.chores.daily("x", AT, machine.work)
    machine.chores.start()
    machine.clock.pass_time(HOUR / 2)
    await machine.look()
    assert len(machine.done) == 1
    machine.clock.step(-9)
    await machine.look()
    machine.clock.pass_time(60)
    await machine.look()
    assert len(machine.done) == 1
    machine.clock.pass_time(24 * HOUR)
    await machine.look()
    assert len(machine.done) == 2


async def test_a_chore_that_raises_is_told_and_done_again_the_next_day(machine: Machine) -> None:
    machine.fails = RuntimeError("no such table")
    machine.chores.daily("x", AT, machine.work)
    machine.chores.start()
    with capture_logs() as told:
        for _ in range(2):
            machine.clock.pass_time(24 * HOUR)
            await machine.look()
    assert len(machine.done) == 2
    assert [(one["log_level"], one["chore"]) for one in told] == [("error", "x")] * 2


async def test_one_that_still_runs_is_not_begun_again_and_that_is_told(machine: Machine) -> None:
    machine.gate.clear()
    machine.chores.daily("x", AT, machine.work)
    machine.chores.start()
    with capture_logs() as told:
        for _ in range(2):
            machine.clock.pass_time(24 * HOUR)
            await machine.look()
    assert len(machine.done) == 1
    assert [one["event"] for one in told] == ["chore_still_running"]
    machine.gate.set()
    await machine.look()
    machine.clock.pass_time(24 * HOUR)
    await machine.look()
    assert len(machine.done) == 2


@pytest.mark.parametrize("finished", [False, True])
async def test_a_stop_ends_what_runs_or_waits_for_it(machine: Machine, finished: bool) -> None:
    ended: list[str] = []

    async def work() -> None:
        try:
            await machine.gate.wait()
            ended.append("whole")
        except asyncio.CancelledError:
            ended.append("cut")
            raise

    machine.gate.clear()
    machine.chores.daily("x", AT, work, also_at_start=True, is_finished_at_stop=finished)
    machine.chores.start()
    await machine.look()
    stopping = asyncio.get_running_loop().create_task(machine.chores.stop())
    await asyncio.sleep(0)
    machine.gate.set()
    await stopping
    assert ended == ["whole" if finished else "cut"]


async def test_a_slow_chore_holds_up_no_other(machine: Machine) -> None:
    machine.gate.clear()
    other = asyncio.Event()

    async def quick() -> None:
        other.set()

    machine.chores.daily("slow", AT, machine.work)
    machine.chores.daily("quick", AT, quick)
    machine.chores.start()
    machine.clock.pass_time(HOUR)
    await machine.look()
    assert other.is_set()
