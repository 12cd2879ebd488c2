"""The counter that goes through the PBX and back: what its numbers and its lag tell."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ami_adapters.connection.echo_sequence import MAX_OUTSTANDING, Pulse


def test_a_beat_that_comes_back_tells_how_long_it_was_under_way() -> None:
    pulse = Pulse()
    count = pulse.beat(10.0)
    assert pulse.lag_seconds(10.5) == 0.5
    back = pulse.returned(count, 11.0)
    assert (back.lag_seconds, back.missing, back.is_repetition) == (1.0, 0, False)
    assert pulse.lag_seconds(20.0) == 1.0


def test_what_never_comes_back_makes_us_later_with_every_second() -> None:
    pulse = Pulse()
    pulse.beat(0.0)
    pulse.beat(1.0)
    assert [pulse.lag_seconds(now) for now in (1.0, 2.0, 60.0)] == [1.0, 2.0, 60.0]


def test_gaps_and_repetitions_are_told_apart() -> None:
    pulse = Pulse()
    counts = [pulse.beat(float(n)) for n in range(5)]
    assert pulse.returned(counts[0], 5.0).missing == 0
    assert pulse.returned(counts[3], 5.0).missing == 2
    assert pulse.returned(counts[1], 5.0).is_repetition
    assert pulse.returned(counts[3], 5.0).is_repetition
    assert pulse.returned(99, 5.0).is_repetition
    assert pulse.returned(counts[4], 5.0).missing == 0


def test_a_new_connection_owes_nothing_of_the_old_one() -> None:
    pulse = Pulse()
    old = pulse.beat(0.0)
    pulse.begin_anew()
    assert pulse.lag_seconds(100.0) == 0.0
    assert pulse.returned(old, 100.0).is_repetition
    assert pulse.returned(pulse.beat(100.0), 100.1).missing == 0


def test_a_day_of_silence_takes_no_memory() -> None:
    pulse = Pulse()
    for second in range(86_400):
        pulse.beat(float(second))
    assert len(pulse._under_way) == MAX_OUTSTANDING
    assert pulse.lag_seconds(86_400.0) == 86_400.0


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_missing_and_returned_beats_are_all_beats(arrives: list[bool]) -> None:
    pulse = Pulse()
    counts = [pulse.beat(float(n)) for n in range(len(arrives))]
    told = [pulse.returned(count, 100.0) for count, comes in zip(counts, arrives, strict=True) if comes]
    last = max((n for n, comes in enumerate(arrives) if comes), default=-1)
    assert sum(1 + back.missing for back in told) == last + 1
