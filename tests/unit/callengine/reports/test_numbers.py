"""Numbers and days as CLDR has them for both languages, to the letter: paper is compared with screens."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from callengine.reports.numbers import NONE, Numbers
from callengine.wallboard.texts import calls, percent

RU, EN = (Numbers(language, ZoneInfo("Europe/Moscow")) for language in ("ru", "en"))


def test_russian() -> None:
    assert RU.whole(12345) == "12\u00a0345"
    assert RU.whole(999) == "999"
    assert RU.decimal(12345.67) == "12345,7"
    assert RU.percent(Fraction(7, 8)) == "87,5\u00a0%"
    assert RU.between((0.861, 0.902)) == "86,1–90,2\u00a0%"
    assert RU.seconds(timedelta(seconds=7.25)) == "7,2\u00a0с"
    assert RU.day(date(2026, 10, 5)) == "05.10.2026"
    assert RU.month(date(2026, 10, 5)) == "октябрь 2026"
    assert RU.moment(datetime(2026, 10, 5, 21, 4, tzinfo=UTC)) == "вт 06.10.2026 00:04"


def test_english() -> None:
    assert EN.whole(12345) == "12,345"
    assert EN.percent(0.875) == "87.5%"
    assert EN.between((0.861, 0.902)) == "86.1–90.2%"
    assert EN.seconds(timedelta(seconds=7.25)) == "7.2\u00a0s"
    assert EN.day(date(2026, 9, 5)) == "5 Sep 2026"
    assert EN.month(date(2026, 10, 5)) == "October 2026"
    assert [EN.weekday(day) for day in (0, 6)] == ["Mon", "Sun"]


@pytest.mark.parametrize("numbers", [RU, EN])
def test_what_is_not_known_is_a_dash(numbers: Numbers) -> None:
    assert {numbers.decimal(None), numbers.percent(None), numbers.between(None), numbers.seconds(None)} == {
        NONE
    }


@pytest.mark.parametrize("numbers", [RU, EN])
def test_a_number_is_rounded_as_python_rounds_the_number_that_it_is(numbers: Numbers) -> None:
    for tenth in range(10_000):
        value = tenth / 100
        told = numbers.decimal(value).replace(",", ".")
        assert told == f"{value:.1f}"


def test_a_goal_that_is_shown_as_reached_on_the_board_is_reached() -> None:
    assert percent("en", Fraction(8799, 10000)) == "87%"
    assert percent("ru", Fraction(8799, 10000), places=1) == "87,9\u00a0%"
    assert percent("ru", Fraction(1)) == "100\u00a0%"
    assert percent("en", 0.29) == "29%"
    for n in range(1001):
        assert percent("en", Fraction(n, 1000)) == f"{n // 10}%"
        assert percent("en", Fraction(n, 1000), places=1) == f"{n // 10}.{n % 10}%"


def test_so_many_calls() -> None:
    assert [calls("ru", n) for n in (1, 3, 5, 11, 21)] == [
        "1 звонок",
        "3 звонка",
        "5 звонков",
        "11 звонков",
        "21 звонок",
    ]
    assert [calls("en", n) for n in (0, 1, 21)] == ["0 calls", "1 call", "21 calls"]
