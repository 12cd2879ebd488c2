"""Charts of calls: how soon they were answered, when they come, how each day went."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from fractions import Fraction

from markupsafe import Markup

from callengine.reports.charts.svg import BLUE, GREY, GRID, INK, ORANGE, PAPER, QUIET, SKY, VERMILION, Picture
from callengine.reports.model import IntervalFigures, PeriodReport
from callengine.reports.numbers import Numbers
from sla.call_facts import Promise

Words = Mapping[str, str]
Height = Callable[[float], float]
"""From a share to where it is drawn."""
WIDTH = 680
_MINUTE = 60
_SHADES = ("#f4f8fb", "#d3e5f1", "#a6cbe3", "#72abd0", "#3f87b9", "#14639c", "#06406e")
"""One blue, lighter to darker: read the same in grey print and by every eye."""
_DARK = 4
"""From this shade on a figure is white."""
_MOST_LABELS = 16
_FLOOR = 0.5
_EVENLY = 5


def duration_words(seconds: int, words: Words) -> str:
    """30 s, 2 min."""
    if seconds >= 2 * _MINUTE and seconds % _MINUTE == 0:
        return words["within_min"].format(n=seconds // _MINUTE)
    return words["within_s"].format(n=seconds)


def speed_chart(report: PeriodReport, words: Words, numbers: Numbers) -> Markup:
    """The share answered within 10 to 300 seconds, and the goal."""
    picture = Picture(WIDTH, 250, words["speed_title"])
    left, right, top, bottom = 44, WIDTH - 14, 26, 196
    offered = report.offered

    def y(share: float) -> float:
        return bottom - share * (bottom - top)

    _percent_grid(picture, left, right, y, numbers)
    step = (right - left) / len(report.speed)
    for index, one in enumerate(report.speed):
        middle = left + step * (index + 0.5)
        share = one.from_arrival / offered
        is_target = report.promise is not None and one.seconds == report.promise.target.total_seconds()
        picture.rect(
            middle - 30,
            y(share),
            60,
            bottom - y(share),
            BLUE if is_target else SKY,
            told=str(one.from_arrival),
        )
        picture.diamond(middle, y(one.from_queue / offered), 5, PAPER)
        picture.text(
            middle, max(y(one.from_queue / offered), top + 4) - 9, numbers.percent(share), weight=700, size=12
        )
        picture.text(middle, bottom + 16, duration_words(one.seconds, words), weight=600)
        picture.text(middle, bottom + 30, numbers.whole(one.from_arrival), fill=QUIET, size=10)
    if report.promise is not None:
        _goal(picture, left, right, y, report.promise, words, numbers)
    never = report.total.unanswered
    told = words["never"].format(n=numbers.whole(never), share=numbers.percent(Fraction(never, offered)))
    picture.text(left, 244, told, anchor="start", fill=QUIET)
    return picture.drawn()


def days_chart(report: PeriodReport, words: Words, numbers: Numbers) -> Markup:
    """The service level of each day or hour with its interval; calls below."""
    picture = Picture(WIDTH, 280, words["hours_title" if report.by_hours else "days_title"])
    left, right, top, bottom, base = 44, WIDTH - 14, 24, 186, 250
    intervals = report.intervals
    step = (right - left) / len(intervals)
    # Dots, not bars: the scale need not begin at 0, and says where it does.
    floor = min(
        (_FLOOR if _lowest(one) >= _FLOOR else 0.0 for one in intervals if one.figures.offered), default=0.0
    )

    def y(share: float) -> float:
        return bottom - (share - floor) / (1 - floor) * (bottom - top)

    for index, one in enumerate(intervals):
        if not report.by_hours and one.start.astimezone(report.period.zone).weekday() >= 5:
            picture.rect(left + step * index, top, step, base - top, "#f1f3f5")
    _percent_grid(picture, left, right, y, numbers, floor)
    if report.promise is not None:
        # Days lie close on both sides of the goal: its words stand above them all.
        _goal(picture, left, right, y, report.promise, words, numbers, words_at=top - 12)
    most = max(one.figures.offered for one in intervals) or 1
    skip = -(-len(intervals) // (_MOST_LABELS * 2))
    for index, one in enumerate(intervals):
        middle = left + step * (index + 0.5)
        _level_mark(picture, middle, min(step * 0.32, 7), y, one)
        height = 44 * one.figures.offered / most
        picture.rect(
            middle - step * 0.34, base - height, step * 0.68, height, GREY, told=str(one.figures.offered)
        )
        if index % skip == 0:
            local = one.start.astimezone(report.period.zone)
            picture.text(middle, base + 13, f"{local.hour if report.by_hours else local.day}", size=10)
            if not report.by_hours:
                picture.text(middle, base + 25, numbers.weekday(local.weekday()), size=8.5, fill=QUIET)
    picture.line(left, base, right, base, stroke=INK)
    picture.text(left - 5, base, "0", anchor="end", size=10, fill=QUIET)
    picture.text(left - 5, base - 38, numbers.whole(most), anchor="end", size=10, fill=QUIET)
    return picture.drawn()


def _lowest(one: IntervalFigures) -> float:
    rated = one.figures.service_level()
    low = 1.0 if rated.interval is None else rated.interval[0]
    return low if rated.low is None else min(low, float(rated.low))


def _level_mark(picture: Picture, x: float, radius: float, y: Height, one: IntervalFigures) -> None:
    rated = one.figures.service_level()
    if rated.value is None:
        return
    if rated.low is not None and rated.high is not None and rated.low != rated.high:
        picture.rect(
            x - radius / 2, y(float(rated.high)), radius, y(float(rated.low)) - y(float(rated.high)), ORANGE
        )
    if rated.interval is not None:
        low, high = rated.interval
        for end in (low, high):
            picture.line(x - radius * 0.6, y(end), x + radius * 0.6, y(end), stroke=BLUE)
        picture.line(x, y(low), x, y(high), stroke=BLUE, width=1.4)
    picture.circle(
        x, y(float(rated.value)), min(radius * 0.7, 3.6), BLUE if rated.enough else PAPER, stroke=BLUE
    )


def week_chart(report: PeriodReport, words: Words, numbers: Numbers) -> Markup:
    """Weekdays down, hours across; the mean number of calls in each."""
    title = words["week_agent_title" if report.is_of_agent else "week_title"]
    picture = Picture(WIDTH, 226, title)
    left, top, cell, height = 34, 20, 26.6, 24
    means = {key: hour.mean or 0.0 for key, hour in report.week.items()}
    most = max(means.values(), default=0.0) or 1.0
    for hour in range(24):
        picture.text(left + cell * (hour + 0.5), 13, str(hour), size=10, fill=QUIET)
    for day in range(7):
        picture.text(left - 6, top + height * (day + 0.66), numbers.weekday(day), anchor="end", weight=600)
        for hour in range(24):
            x, y = left + cell * hour, top + height * day
            mean = means.get((day, hour))
            if mean is None:
                picture.rect(x, y, cell - 1.5, height - 1.5, PAPER, stroke=GRID)
                continue
            shade = min(int(mean / most * len(_SHADES)), len(_SHADES) - 1)
            picture.rect(x, y, cell - 1.5, height - 1.5, _SHADES[shade])
            told = numbers.decimal(mean, 0 if mean >= 10 or mean == 0 else 1)
            picture.text(x + cell / 2 - 0.7, y + 15.5, told, size=9, fill=PAPER if shade >= _DARK else INK)
    for index, shade_colour in enumerate(_SHADES):
        x = left + index * 91
        picture.rect(x, 202, 16, 12, shade_colour, stroke=GRID)
        low, high = (most * n / len(_SHADES) for n in (index, index + 1))
        picture.text(
            x + 20, 212, f"{numbers.decimal(low)}–{numbers.decimal(high)}", anchor="start", size=9, fill=QUIET
        )
    return picture.drawn()


def _percent_grid(
    picture: Picture, left: float, right: float, y: Height, numbers: Numbers, floor: float = 0.0
) -> None:
    for index in range(_EVENLY):
        percent = 100 * (floor + (1 - floor) * index / (_EVENLY - 1))
        picture.line(left, y(percent / 100), right, y(percent / 100), stroke=INK if index == 0 else GRID)
        picture.text(
            left - 5,
            y(percent / 100) + 4,
            numbers.percent(percent / 100, 0),
            anchor="end",
            size=10,
            fill=QUIET,
        )


def _goal(
    picture: Picture,
    left: float,
    right: float,
    y: Height,
    promise: Promise,
    words: Words,
    numbers: Numbers,
    *,
    words_at: float | None = None,
) -> None:
    """The line, and below it what it means, or at another height."""
    picture.line(left, y(promise.goal), right, y(promise.goal), stroke=VERMILION, width=1.5, dashes="6 4")
    target = duration_words(round(promise.target / timedelta(seconds=1)), words)
    told = words["speed_goal"].format(goal=numbers.percent(promise.goal, 0), target=target)
    at = y(promise.goal) + 13 if words_at is None else words_at
    picture.text(right, at, told, anchor="end", size=10, fill=VERMILION, weight=600, on_picture=True)
