"""The grains that sums are kept in: quarters of an hour, and the edges that waits are counted by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sla.quarters import QUARTER, quarter_of, spread
from sla.waits import WAIT_EDGES, edge_index

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE, TICK = timedelta(minutes=1), timedelta(microseconds=1)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Moscow", "Asia/Kathmandu", "Australia/Eucla"])
def test_quarters_begin_at_the_same_moments_in_every_zone(zone: str) -> None:
    moment = NOON.astimezone(ZoneInfo(zone)) + 14 * MINUTE
    assert quarter_of(moment) == NOON
    assert quarter_of(NOON + QUARTER - TICK) == NOON
    assert quarter_of(NOON + QUARTER) == NOON + QUARTER


def test_an_interval_is_cut_at_the_quarters_and_nothing_of_it_is_lost() -> None:
    parts = list(spread(NOON + 10 * MINUTE, NOON + 47 * MINUTE))
    assert parts == [
        (NOON, 5 * MINUTE),
        (NOON + QUARTER, QUARTER),
        (NOON + 2 * QUARTER, QUARTER),
        (NOON + 3 * QUARTER, 2 * MINUTE),
    ]
    assert list(spread(NOON, NOON + QUARTER)) == [(NOON, QUARTER)]
    assert list(spread(NOON, NOON)) == []


def test_a_wait_of_exactly_an_edge_lies_within_it() -> None:
    assert [edge_index(timedelta(seconds=edge)) for edge in WAIT_EDGES] == list(range(len(WAIT_EDGES)))
    assert edge_index(timedelta(seconds=30) + TICK) == WAIT_EDGES.index(45)
    assert edge_index(timedelta(0)) == 0
    assert edge_index(timedelta(hours=1)) == len(WAIT_EDGES)
