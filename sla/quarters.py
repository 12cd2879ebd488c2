"""Quarters of an hour: the grain that sums of calls and of agents' time are kept in.

They begin at the same moments in every time zone there is, so days and hours of any zone are made of whole ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

QUARTER = timedelta(minutes=15)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def quarter_of(moment: datetime) -> datetime:
    """The start of the quarter of an hour that a moment lies in."""
    return moment - (moment - _EPOCH) % QUARTER


def spread(start: datetime, end: datetime) -> Iterator[tuple[datetime, timedelta]]:
    """An interval cut at the quarters: the start of each, and how much of the interval lies in it."""
    quarter = quarter_of(start)
    while start < end:
        quarter += QUARTER
        until = min(quarter, end)
        yield quarter - QUARTER, until - start
        start = until
