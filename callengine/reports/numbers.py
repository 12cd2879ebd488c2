"""Numbers, times and days as readers of each language write them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, get_day_names
from babel.numbers import format_decimal, format_percent

from callengine.platform.language import LOCALES

NONE = "—"
_SECOND = timedelta(seconds=1)
_DAY = {"en": "d MMM y", "ru": "dd.MM.y"}
"""Numeric in Russian, as on every form; in English never, since 05/10 is read in two ways."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Of one language and one time zone."""

    language: str
    zone: ZoneInfo

    def whole(self, number: int) -> str:
        """12 345 or 12,345."""
        return format_decimal(number, locale=self._locale)

    def decimal(self, number: float | None, digits: int = 1) -> str:
        """With a decimal comma or point."""
        if number is None:
            return NONE
        return format_decimal(_exact(number, digits), f"0.{'0' * digits}", locale=self._locale)

    def percent(self, share: Fraction | float | None, digits: int = 1) -> str:
        """A share of 1 as per cent."""
        if share is None:
            return NONE
        pattern = self._locale.percent_formats[None].pattern.replace("#,##0", f"0.{'0' * digits}")
        return format_percent(_exact(100 * float(share), digits) / 100, pattern, locale=self._locale)

    def between(self, interval: tuple[float, float] | None, digits: int = 1) -> str:
        """An interval of shares: 86.1–90.2 %."""
        if interval is None:
            return NONE
        low, high = interval
        return f"{self.decimal(100 * low, digits)}–{self.percent(high, digits)}"

    def seconds(self, time: timedelta | None) -> str:
        """Up to two minutes in seconds, else m:ss."""
        if time is None:
            return NONE
        if time < timedelta(minutes=2):
            return self.decimal(time / _SECOND) + ("\u00a0с" if self.language == "ru" else "\u00a0s")
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
        name: str = get_day_names("abbreviated", "stand-alone", self._locale)[day]
        return name

    def day(self, day: date) -> str:
        """05.10.2026, or 5 Oct 2026."""
        return format_date(day, _DAY[self.language], self._locale)

    def month(self, day: date) -> str:
        """октябрь 2026."""
        return format_date(day, "LLLL y", self._locale)

    def moment(self, moment: datetime) -> str:
        """Day and minute in the centre's own time."""
        local = moment.astimezone(self.zone)
        return f"{self.weekday(local.weekday())} {self.day(local.date())} {local:%H:%M}"

    @property
    def _locale(self) -> Locale:
        return LOCALES[self.language]


def _exact(number: float, digits: int) -> Decimal:
    """Rounded as the binary number it is: Babel would round 0.35 as if it were written so."""
    return Decimal(f"{number:.{digits}f}")
