"""The figures of an interval: sums of what each call adds, and quotients of them with their bounds."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from sla.call_facts import CallFacts, Measure, Promise, contributions, waiting
from sla.figures import Figures
from sla.promises import ClockStart
from sla.service_level import ServiceLevel

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PROMISE = Promise(goal=0.88, clock=ClockStart.QUEUE)
SECOND = timedelta(seconds=1)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def figures_of(*calls: CallFacts, unseen: int = 0) -> Figures:
    sums: Counter[Measure] = Counter()
    for call in calls:
        sums.update(contributions(call, PROMISE))
    return Figures(dict(sums), unseen=unseen)


def answered(at: float, until: float | None = None, **more: object) -> CallFacts:
    """Arrived at noon, in line four seconds later."""
    ended = {} if until is None else {"ended_at": after(until), "outcome": "answered"}
    return CallFacts(NOON, queued_at=after(4), answered_at=after(at), **ended, **more)


def gave_up(at: float, **more: object) -> CallFacts:
    return CallFacts(NOON, queued_at=after(4), ended_at=after(at), outcome="abandoned", **more)


def test_a_day_of_five_calls_is_told_by_every_figure() -> None:
    day = figures_of(
        answered(10, 70, wrap_up=30 * SECOND, transfers=2),
        answered(40, 100, wrap_up=10 * SECOND, by_fallback=True),
        gave_up(5, is_repeat=True, contacted_at=after(605)),
        gave_up(65),
        CallFacts(NOON, queued_at=after(4)),
    )
    assert (day.offered, day.answered, day.answered_within, day.unanswered) == (5, 2, 1, 2)
    assert (day.abandoned, day.short_abandons, day.handled) == (2, 1, 2)
    assert (day.by_fallback, day.repeat_calls) == (1, 1)
    assert (day.transfers, day.transferred) == (2, 1)
    assert day.outcomes == {"answered": 2, "abandoned": 2}
    assert day.abandonment == Fraction(2, 5)
    assert day.speed_of_answer == 21 * SECOND  # By the queue's clock: 6 s and 36 s.
    assert day.time_to_abandon == 35 * SECOND
    assert (day.talk_time, day.wrap_up_time, day.handle_time) == (60 * SECOND, 20 * SECOND, 80 * SECOND)
    assert day.time_to_human == (10 + 40 + 605) * SECOND / 3


def test_both_clocks_stand_side_by_side_and_the_queues_own_is_the_one_shown() -> None:
    day = figures_of(answered(32, 60))
    late, in_time = ServiceLevel(answered_late=1), ServiceLevel(answered_within=1)
    assert day.by_clock == {ClockStart.ARRIVAL: late, ClockStart.QUEUE: in_time}
    assert day.level == day.level_by(None) == in_time
    assert day.level_by(ClockStart.ARRIVAL) == late
    assert day.service_level().value == 1
    assert day.service_level(clock=ClockStart.ARRIVAL).value == 0


def test_of_nothing_there_is_no_figure() -> None:
    nothing = Figures()
    shown = nothing.service_level()
    assert (shown.low, shown.value, shown.high, shown.interval) == (None, None, None, None)
    assert not shown.enough
    means = (nothing.speed_of_answer, nothing.time_to_abandon, nothing.talk_time, nothing.time_to_human)
    assert means == (None, None, None, None)
    assert (nothing.wrap_up_time, nothing.handle_time, nothing.abandonment) == (None, None, None)
    assert (nothing.offered, nothing.waiting, nothing.outcomes) == (0, 0, {})


def test_ten_calls_are_enough_for_a_percentage_and_nine_are_not() -> None:
    assert not figures_of(*[answered(5, 60)] * 9).service_level().enough
    assert figures_of(*[answered(5, 60)] * 10).service_level().enough


def test_who_was_lost_sight_of_within_the_target_is_in_doubt_and_the_bounds_say_so() -> None:
    """The link went 20 s after he was in line; back again, he is gone: in time, or not, nobody knows."""
    day = figures_of(answered(9, 60), gave_up(90, doubted_since=after(24)))
    shown = day.service_level()
    assert (shown.low, shown.value, shown.high) == (Fraction(1, 2), Fraction(1, 2), Fraction(1))


def test_who_was_past_the_target_already_when_the_link_went_is_late_for_certain() -> None:
    day = figures_of(answered(9, 60), gave_up(90, doubted_since=after(34)))
    shown = day.service_level()
    assert (shown.low, shown.value, shown.high) == (Fraction(1, 2), Fraction(1, 2), Fraction(1, 2))
    # A formula that forgets who gave up may have had him forgotten.
    assert day.service_level("answered_only").high == 1


def test_calls_that_nobody_saw_are_in_the_bounds_only() -> None:
    shown = figures_of(answered(9, 60), unseen=1).service_level()
    assert (shown.low, shown.value, shown.high, shown.calls) == (Fraction(1, 2), Fraction(1), Fraction(1), 1)


def test_a_formula_that_nobody_knows_is_no_figure() -> None:
    with pytest.raises(KeyError):
        figures_of(answered(9)).service_level("best of all")


def test_who_waits_counts_against_the_figure_when_his_time_is_over() -> None:
    call = CallFacts(NOON, queued_at=after(4))
    assert call.waits
    assert Figures(waiting(call, PROMISE, after(34), None)).level == ServiceLevel(waiting_within=1)
    late = Figures(waiting(call, PROMISE, after(35), None))
    assert (late.level, late.waiting) == (ServiceLevel(waiting_late=1), 1)


@pytest.mark.parametrize(("lost_at", "may_be_within"), [(33, 1), (34, 0), (35, 0)])
def test_while_the_link_is_down_who_waited_within_the_target_may_have_been_answered_in_time(
    lost_at: float, may_be_within: int
) -> None:
    sums = waiting(CallFacts(NOON, queued_at=after(4)), PROMISE, after(300), after(lost_at))
    assert sums["own in doubt", "waiting_late"] == 1
    assert sums.get(("own in doubt", "may be within"), 0) == may_be_within


def test_a_clock_that_was_set_back_makes_no_wait_negative() -> None:
    """Answered, ended and contacted before he arrived, as the PBX tells it."""
    call = CallFacts(NOON, queued_at=after(-9), answered_at=after(-5), ended_at=after(-7), outcome="answered")
    day = figures_of(call)
    assert (day.speed_of_answer, day.talk_time, day.time_to_human) == (timedelta(0),) * 3
    assert call.time_to_human == timedelta(0)
    gone = figures_of(CallFacts(NOON, ended_at=after(-5), outcome="abandoned"))
    assert (gone.time_to_abandon, gone.short_abandons) == (timedelta(0), 1)


def test_who_was_answered_before_he_was_in_line_did_not_wait_in_it() -> None:
    call = CallFacts(NOON, queued_at=after(9), answered_at=after(6))
    assert call.start(ClockStart.QUEUE) == after(6)
    assert call.times(ClockStart.QUEUE).wait == timedelta(0)


def test_an_answered_call_that_goes_on_is_not_handled_yet() -> None:
    day = figures_of(answered(10, wrap_up=timedelta(0)))
    assert (day.answered, day.handled, day.unanswered) == (1, 0, 0)
    assert day.handle_time is None


def test_five_seconds_are_a_short_abandon_and_a_microsecond_more_is_none() -> None:
    assert figures_of(gave_up(5)).short_abandons == 1
    assert figures_of(gave_up(5.000001)).short_abandons == 0


def test_who_was_lost_or_turned_away_did_not_hang_up() -> None:
    day = figures_of(CallFacts(NOON, ended_at=after(3), outcome="lost"))
    assert (day.unanswered, day.abandoned, day.short_abandons, day.time_to_abandon) == (1, 0, 0, None)
