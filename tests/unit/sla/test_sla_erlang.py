"""Erlang C against the textbook."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sla.erlang import agents_needed, answered_within, probability_of_waiting

MINUTES = timedelta(minutes=1)


def test_the_textbooks_example() -> None:
    assert probability_of_waiting(14, 10) == pytest.approx(0.1741, abs=1e-4)
    assert probability_of_waiting(10, 10) == 1
    assert probability_of_waiting(3, 0) == 0


def test_the_fewest_agents_who_keep_the_promise() -> None:
    # 100 calls in half an hour, 3 minutes each: 10 erlangs; 14 agents answer 88.8 % within 20 s, 13 do not do 80 %.
    needed = agents_needed(100, 30 * MINUTES, 3 * MINUTES, timedelta(seconds=20), 0.8)
    assert needed == 14
    assert answered_within(14, 10, 3 * MINUTES, timedelta(seconds=20)) == pytest.approx(0.888, abs=1e-3)
    assert answered_within(13, 10, 3 * MINUTES, timedelta(seconds=20)) < 0.8
    assert answered_within(9, 10, 3 * MINUTES, timedelta(seconds=20)) == 0


def test_nobody_is_needed_for_no_calls_and_no_number_keeps_an_absolute_promise() -> None:
    assert agents_needed(0, 15 * MINUTES, 3 * MINUTES, timedelta(seconds=20), 0.8) == 0
    with pytest.raises(ValueError, match="endlessly"):
        agents_needed(1, 15 * MINUTES, 3 * MINUTES, timedelta(seconds=20), 1)
    with pytest.raises(ValueError, match="more than"):
        agents_needed(10**6, 15 * MINUTES, 3 * MINUTES, timedelta(seconds=20), 0.8)


def test_calls_that_take_no_time_need_nobody() -> None:
    assert agents_needed(5, 15 * MINUTES, timedelta(0), timedelta(seconds=20), 0.8) == 0
