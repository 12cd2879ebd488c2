"""Agents' time, time that nobody saw, and the law's figure: values that add up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from sla.agent_time import AgentTime
from sla.compliance import Verdict
from sla.confidence import interval
from sla.legal_figure import LegalFigure, legal_figure
from sla.unknown import Gap, doubted_since, expected_calls, unknown_within

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE, NOTHING = timedelta(minutes=1), timedelta(0)


def after(minutes: float) -> datetime:
    return NOON + minutes * MINUTE


def test_occupancy_is_work_for_residents_of_the_time_he_was_there_for_them() -> None:
    morning = AgentTime({"talking": 20 * MINUTE, "free": 15 * MINUTE, "paused": 60 * MINUTE})
    evening = AgentTime({"wrap_up": 10 * MINUTE, "offered": 5 * MINUTE, "talking": 10 * MINUTE})
    day = morning + evening
    assert day.times == {
        "talking": 30 * MINUTE,
        "free": 15 * MINUTE,
        "paused": 60 * MINUTE,
        "wrap_up": 10 * MINUTE,
        "offered": 5 * MINUTE,
    }
    assert day.of(["talking", "wrap_up", "never heard of"]) == 40 * MINUTE
    assert day.occupancy == Fraction(40, 60)


def test_who_was_not_there_has_no_occupancy() -> None:
    assert AgentTime({"paused": MINUTE}).occupancy is None
    assert AgentTime().occupancy is None


def test_a_gap_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="cannot end at"):
        Gap(after(2), after(1))
    assert Gap(NOON, NOON).within(after(-1), after(1)) == NOTHING


def test_gaps_that_overlap_or_lie_in_one_another_count_once() -> None:
    gaps = [
        Gap(after(10), after(20)),
        Gap(after(0), after(5)),
        Gap(after(12), after(14)),
        Gap(after(18), after(30)),
    ]
    assert unknown_within(gaps, after(2), after(25)) == 18 * MINUTE
    assert unknown_within(gaps, after(40), after(50)) == NOTHING


def test_what_was_found_at_the_end_of_a_gap_is_in_doubt_since_its_start() -> None:
    gaps = [Gap(after(3), after(9)), Gap(after(1), after(9)), Gap(after(9), after(9))]
    assert doubted_since(after(9), gaps) == after(1)
    assert doubted_since(after(5), gaps) is None  # The PBX wrote the moment down.
    assert doubted_since(None, gaps) is None
    assert doubted_since(after(9), gaps[2:]) is None


@pytest.mark.parametrize(
    ("seen", "seen_for", "unseen_for", "expected"),
    [
        (100, 60, 0, 0),
        (100, 0, 5, 1),
        (0, 60, 5, 1),
        (60, 60, 5, 5),
        (61, 60, 5, 6),  # Rounded up: nobody is counted away.
    ],
)
def test_unseen_time_brings_calls_at_the_rate_of_the_rest(
    seen: int, seen_for: float, unseen_for: float, expected: int
) -> None:
    assert expected_calls(seen, seen_for * MINUTE, unseen_for * MINUTE) == expected


def test_the_laws_figure_has_every_call_under_rules_whose_time_is_over() -> None:
    figure = legal_figure([*Verdict, Verdict.BROKEN, None])
    assert figure == LegalFigure(1, 1, 1, 2, 1, 1, 1)
    assert (figure.kept, figure.under_rules, figure.offered) == (3, 7, 8)
    assert figure.ratio == Fraction(3, 6)


def test_before_a_call_is_judged_the_law_has_no_figure() -> None:
    assert legal_figure([Verdict.PENDING, None]).ratio is None


def test_a_share_of_few_calls_says_little() -> None:
    assert interval(0, 0) is None
    none, all_, most = interval(0, 10), interval(10, 10), interval(88, 100)
    assert none is not None
    assert all_ is not None
    assert most is not None
    assert (none[0], all_[1]) == (0.0, 1.0)
    assert (round(none[1], 3), round(all_[0], 3)) == (0.278, 0.722)
    assert (round(most[0], 3), round(most[1], 3)) == (0.802, 0.930)


@pytest.mark.parametrize(("good", "of"), [(2, 1), (-1, 1)])
def test_more_good_calls_than_calls_are_a_mistake(good: int, of: int) -> None:
    with pytest.raises(ValueError, match="good calls of"):
        interval(good, of)
