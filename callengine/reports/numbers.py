"""Numbers, times and days as readers of each language write them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

NONE = "—"
_SECOND = timedelta(seconds=1)
_THIN = "\u202f"
_WEEKDAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "ru": ("пн", "вт", "ср", "чт", "пт", "сб", "вс"),
}
_MONTHS = {
    "en": (
        *("January", "February", "March", "April", "May", "June", "July"),
        *("August", "September", "October", "November", "December"),
    ),
    "ru": (
        *("январь", "февраль", "март", "апрель", "май", "июнь", "июль"),
        *("август", "сентябрь", "октябрь", "ноябрь", "декабрь"),
    ),
}


@dataclass(frozen=True, slots=True)
class Numbers:
    """Of one language and one time zone."""

    language: str
    zone: ZoneInfo

    def whole(self, number: int) -> str:
        """12 345: groups of three, a thin space between them."""
        return f"{number:,}".replace(",", _THIN if self.language == "ru" else ",")

    def decimal(self, number: float | None, digits: int = 1) -> str:
        """With a decimal comma or point."""
        return NONE if number is None else self._point(f"{number:.{digits}f}")

    def percent(self, share: Fraction | float | None, digits: int = 1) -> str:
        """A share of 1 as per cent."""
        if share is None:
            return NONE
        gap = "\u00a0" if self.language == "ru" else ""
        return self._point(f"{100 * float(share):.{digits}f}") + f"{gap}%"

    def between(self, interval: tuple[float, float] | None, digits: int = 1) -> str:
        """An interval of shares: 86.1–90.2 %."""
        if interval is None:
            return NONE
        low, high = (self._point(f"{100 * end:.{digits}f}") for end in interval)
        return f"{low}–{high}" + ("\u00a0%" if self.language == "ru" else "%")

    def seconds(self, time: timedelta | None) -> str:
        """Up to two minutes in seconds, else m:ss."""
        if time is None:
            return NONE
        if time < timedelta(minutes=2):
            return self._point(f"{time / _SECOND:.1f}") + ("\u00a0с" if self.language == "ru" else "\u00a0s")
        return self.minutes(time)

    def minutes(self, time: timedelta | None) -> str:
        """m:ss."""
        if time is None:
            return NONE
        whole = round(time / _SECOND)
        return f"{whole // 60}:{whole % 60:02}"

    def hours(self, time: timedelta) -> str:
        """h:mm."""
        whole = round(time / timedelta(minutes=1))
        return f"{whole // 60}:{whole % 60:02}"

    def weekday(self, day: int) -> str:
        """Monday is 0."""
        return _WEEKDAYS[self.language][day]

    def day(self, day: date) -> str:
        """05.10.2026, or 5 Oct 2026."""
        if self.language == "ru":
            return f"{day:%d.%m.%Y}"
        return f"{day.day} {_MONTHS['en'][day.month - 1][:3]} {day.year}"

    def month(self, day: date) -> str:
        """октябрь 2026."""
        return f"{_MONTHS[self.language][day.month - 1]} {day.year}"

    def moment(self, moment: datetime) -> str:
        """Day and minute in the centre's own time."""
        local = moment.astimezone(self.zone)
        return f"{self.weekday(local.weekday())} {self.day(local.date())} {local:%H:%M}"

    @property
    def _point(self) -> Callable[[str], str]:
        return (lambda text: text.replace(".", ",")) if self.language == "ru" else (lambda text: text)
