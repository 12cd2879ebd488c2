"""Figures that are honest."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.compliance import Care, Verdict, verdict
from sla.promises import RU_416, rule_set_at
from sla.service_level import FORMULAS, CallTimes, ServiceLevel, count

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TARGET = timedelta(seconds=30)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_the_published_example_gives_the_published_figures() -> None:
    """1000 answered, 860 of them in time; 60 abandoned, 20 of them within T and 10 within five seconds."""
    counts = ServiceLevel(860, 140, 20, 40, short_abandons=10)
    assert counts.ratio == Fraction(860, 1060)
    assert counts.answered_only == Fraction(860, 1000)
    assert counts.asterisk_sl2 == Fraction(880, 1060)
    assert counts.minus_short_abandons == Fraction(860, 1050)
    assert counts.abandoned_after_threshold == Fraction(860, 1040)


def test_formulas_that_drop_abandons_read_97_percent_when_the_honest_figure_is_47() -> None:
    counts = ServiceLevel(answered_within=475, answered_late=15, abandoned_within=430, abandoned_late=80)
    assert counts.ratio is not None
    assert counts.answered_only is not None
    assert round(float(counts.ratio), 3) == 0.475
    assert round(float(counts.answered_only), 2) == 0.97


def test_exactly_the_target_is_in_time_and_a_microsecond_more_is_not() -> None:
    assert count(CallTimes(NOON, after(30)), TARGET, after(99)) == ServiceLevel(answered_within=1)
    late = CallTimes(NOON, after(30) + timedelta(microseconds=1))
    assert count(late, TARGET, after(99)) == ServiceLevel(answered_late=1)


def test_a_caller_past_the_target_counts_against_the_figure_while_he_still_waits() -> None:
    answered = count(CallTimes(NOON, after(5), after(60)), TARGET, after(60))
    waiting = CallTimes(NOON)
    assert (answered + count(waiting, TARGET, after(29))).ratio == 1
    assert (answered + count(waiting, TARGET, after(31))).ratio == Fraction(1, 2)


def test_nothing_counted_gives_no_figure() -> None:
    assert [ServiceLevel().by_formula(formula) for formula in FORMULAS] == [None] * len(FORMULAS)


def test_a_call_cannot_be_answered_before_it_arrived() -> None:
    with pytest.raises(ValueError, match="before the arrival"):
        CallTimes(NOON, after(-1))


CALLS = st.builds(
    lambda wait, answered, ended: CallTimes(
        NOON, after(wait) if answered else None, after(wait + 60) if ended else None
    ),
    st.floats(0, 900, allow_nan=False),
    st.booleans(),
    st.booleans(),
)


@given(st.lists(CALLS), st.floats(1, 600), st.floats(0, 300))
def test_every_offered_call_is_in_the_denominator_and_a_longer_target_never_lowers_the_figure(
    calls: list[CallTimes], target: float, more: float
) -> None:
    def total(seconds: float) -> ServiceLevel:
        return reduce(
            lambda sum_, call: sum_ + count(call, timedelta(seconds=seconds), after(2000)),
            calls,
            ServiceLevel(),
        )

    counts = total(target)
    assert counts.offered == len(calls)
    for formula in FORMULAS:
        value = counts.by_formula(formula)
        assert value is None or 0 <= value <= 1
    longer = total(target + more)
    assert (counts.ratio or 0) <= (longer.ratio or 0)
    if counts.ratio is not None and counts.answered_only is not None:
        assert counts.ratio <= counts.answered_only


@pytest.mark.parametrize(
    ("care", "now", "expected"),
    [
        (Care(NOON, answered_at=after(300)), 301, Verdict.ANSWERED_IN_TIME),
        (Care(NOON, answered_at=after(301)), 302, Verdict.CONTACTED_IN_TIME),
        (Care(NOON, contacted_at=after(600)), 700, Verdict.CONTACTED_IN_TIME),
        (Care(NOON, contacted_at=after(601)), 700, Verdict.BROKEN),
        (Care(NOON), 599, Verdict.PENDING),
        (Care(NOON), 601, Verdict.BROKEN),
        (Care(NOON, message_at=after(200), reviewed_at=after(800)), 900, Verdict.MESSAGE_REVIEWED_IN_TIME),
        (Care(NOON, message_at=after(200)), 790, Verdict.PENDING),
        (Care(NOON, message_at=after(200), reviewed_at=after(801)), 900, Verdict.BROKEN),
    ],
)
def test_the_laws_three_ways(care: Care, now: float, expected: Verdict) -> None:
    assert verdict(care, RU_416, after(now)) is expected


def test_rules_are_dated_data() -> None:
    assert rule_set_at([RU_416], date(2026, 1, 1)) is RU_416
    with pytest.raises(LookupError):
        rule_set_at([RU_416], date(2018, 1, 1))


def test_five_seconds_in_vain_are_a_short_abandon_and_a_microsecond_more_is_none() -> None:
    short = count(CallTimes(NOON, ended_at=after(5)), TARGET, after(99))
    assert short == ServiceLevel(abandoned_within=1, short_abandons=1)
    longer = count(CallTimes(NOON, ended_at=after(5) + timedelta(microseconds=1)), TARGET, after(99))
    assert longer == ServiceLevel(abandoned_within=1)
