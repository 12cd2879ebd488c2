"""The days a report is about, in the centre's own time zone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, the last one included. Raises ValueError when it ends before it begins."""

    first: date
    last: date
    zone: ZoneInfo

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"the period ends on {self.last}, before it begins on {self.first}")

    @property
    def start(self) -> datetime:
        """The first moment, UTC."""
        return datetime.combine(self.first, time(), self.zone).astimezone(UTC)

    @property
    def end(self) -> datetime:
        """The first moment after it, UTC."""
        return datetime.combine(self.last + timedelta(days=1), time(), self.zone).astimezone(UTC)

    def days(self) -> Iterator[tuple[datetime, datetime]]:
        """The first moment of each day and of the next, UTC; a day may have 23 or 25 hours."""
        day = self.first
        while day <= self.last:
            one = Period(day, day, self.zone)
            yield one.start, one.end
            day += timedelta(days=1)

    def __str__(self) -> str:
        return f"{self.first.isoformat()} – {self.last.isoformat()}"


def day_of(day: date, zone: ZoneInfo) -> Period:
    """One day."""
    return Period(day, day, zone)


def week_of(day: date, zone: ZoneInfo) -> Period:
    """Monday to Sunday around a day (ISO 8601)."""
    monday = day - timedelta(days=day.weekday())
    return Period(monday, monday + timedelta(days=6), zone)


def month_of(day: date, zone: ZoneInfo) -> Period:
    """The month of a day."""
    first = day.replace(day=1)
    return Period(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1), zone)
