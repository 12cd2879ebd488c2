"""The engine's time: right, and never backwards, whatever somebody does to the machine's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callengine.platform.clock import STEP, ClockSetBackError, SystemClock
from tests.support.manual_clock import NOON, ManualMachine


def clock_on(machine: ManualMachine) -> SystemClock:
    return SystemClock(machine.wall, machine.monotonic)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_the_real_clock_is_aware_utc_and_passes() -> None:
    clock = SystemClock()
    first = clock.now()
    assert first.tzinfo is UTC
    assert clock.now() >= first
    assert clock.check() is None


def test_time_is_the_walls_as_long_as_nobody_sets_it() -> None:
    machine = ManualMachine()
    clock = clock_on(machine)
    machine.pass_time(12.5)
    assert clock.now() == after(12.5)
    assert clock.check() is None


def test_a_step_forward_is_reported_once_and_followed() -> None:
    machine = ManualMachine()
    clock = clock_on(machine)
    machine.step(3600)
    assert clock.now() == NOON  # Not before somebody looked: a decision never sees time jump in its middle.
    assert clock.check() == timedelta(hours=1)
    assert clock.now() == after(3600)
    assert clock.check() is None


def test_a_step_back_is_reported_once_and_caught_up_with_at_half_speed() -> None:
    machine = ManualMachine()
    clock = clock_on(machine)
    machine.step(-10)
    assert clock.check() == timedelta(seconds=-10)
    assert clock.now() == NOON
    machine.pass_time(8)
    assert clock.now() == after(4)
    assert clock.check() is None
    machine.pass_time(12)
    assert clock.now() == machine.wall() == after(10)
    machine.pass_time(5)
    assert clock.now() == machine.wall()


def test_a_clock_set_back_a_little_is_lived_with() -> None:
    machine = ManualMachine()
    clock = clock_on(machine)
    machine.step(-10)
    clock.check()
    clock.refuse_to_be_far_ahead()


@pytest.mark.parametrize("steps", [(-3600,), (-6, -6)], ids=["at once", "bit by bit"])
def test_a_clock_set_back_far_wants_a_new_start(steps: tuple[float, ...]) -> None:
    machine = ManualMachine()
    clock = clock_on(machine)
    clock.refuse_to_be_far_ahead()
    for seconds in steps:
        machine.step(seconds)
        clock.check()
    with pytest.raises(ClockSetBackError, match=f"is {-sum(steps)} s ahead"):
        clock.refuse_to_be_far_ahead()
    machine.pass_time(2 * -sum(steps))
    clock.refuse_to_be_far_ahead()


def test_a_second_step_while_catching_up_loses_nothing() -> None:
    machine = ManualMachine()
    clock = clock_on(machine)
    machine.step(-10)
    clock.check()
    machine.pass_time(4)
    machine.step(20)
    assert clock.check() == timedelta(seconds=20)
    assert clock.now() == machine.wall() == after(14)


def test_what_ntp_does_all_day_is_no_step() -> None:
    machine = ManualMachine()
    clock = clock_on(machine)
    machine.step(0.099)
    assert clock.check() is None
    machine.step(0.001)
    assert clock.check() == STEP


def test_being_held_up_between_reading_the_two_clocks_is_no_step() -> None:
    machine = ManualMachine()
    hold_ups = [0.0, 0.4, 0.4]

    def wall() -> datetime:
        read = machine.wall()
        machine.pass_time(hold_ups.pop() if hold_ups else 0.0)
        return read

    clock = SystemClock(wall, machine.monotonic)
    hold_ups.extend([0.0, 0.7])
    assert clock.check() is None
    assert clock.now() == machine.wall()


@given(
    st.lists(
        st.tuples(st.floats(0, 100), st.floats(-1000, 1000), st.booleans()),
        max_size=30,
    )
)
def test_it_never_goes_backwards(history: list[tuple[float, float, bool]]) -> None:
    machine = ManualMachine()
    clock = clock_on(machine)
    latest = clock.now()
    for seconds, step, looked in history:
        machine.pass_time(seconds)
        machine.step(step)
        if looked:
            clock.check()
        now = clock.now()
        assert now >= latest
        latest = now
