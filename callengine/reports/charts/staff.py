"""Charts of the staff: the busiest quarters of an hour against who was there, and small bars for tables."""

from __future__ import annotations

from fractions import Fraction

from markupsafe import Markup

from callengine.reports.charts.calls import WIDTH, Words
from callengine.reports.charts.svg import BLUE, GREY, GRID, INK, PAPER, QUIET, SKY, VERMILION, Picture
from callengine.reports.model import PeriodReport
from callengine.reports.numbers import Numbers


def staff_chart(report: PeriodReport, words: Words, numbers: Numbers) -> Markup:
    """Agents at work as bars, agents needed as diamonds: filled where there were too few."""
    picture = Picture(WIDTH, 214, words["busiest_title"])
    left, right, top, bottom = 30, WIDTH - 4, 30, 156
    most = max((max(one.available, one.logged_in, one.needed or 0) for one in report.busiest), default=0) or 1
    step = (right - left) / len(report.busiest)

    def y(people: float) -> float:
        return bottom - people / most * (bottom - top)

    for people in sorted({0, round(most / 2), round(most)}):
        picture.line(left, y(people), right, y(people), stroke=INK if people == 0 else GRID)
        picture.text(left - 5, y(people) + 4, str(people), anchor="end", size=10, fill=QUIET)
    for index, one in enumerate(report.busiest):
        middle = left + step * (index + 0.5)
        local = one.start.astimezone(report.period.zone)
        picture.rect(middle - 15, y(one.logged_in), 30, bottom - y(one.logged_in), PAPER, stroke=GREY)
        picture.rect(middle - 15, y(one.available), 30, bottom - y(one.available), SKY)
        if one.needed is not None:
            short = one.needed > one.available + 0.05
            picture.diamond(middle, y(one.needed), 6, VERMILION if short else PAPER)
            if short:
                picture.text(middle + 10, y(one.needed) + 4, str(one.needed), anchor="start", weight=700)
        picture.text(middle, bottom + 14, numbers.whole(one.load), weight=600)
        picture.text(middle, bottom + 28, f"{local:%H:%M}", size=10, fill=QUIET)
        told = (
            f"{local.day:02}.{local.month:02}" if numbers.language == "ru" else numbers.day(local.date())[:-5]
        )
        picture.text(middle, bottom + 40, told, size=10, fill=QUIET)
    marks = [("available", SKY, GREY), ("logged_in", PAPER, GREY)]
    for index, (word, fill, stroke) in enumerate(marks):
        picture.rect(left + index * 130, 4, 14, 12, fill, stroke=stroke)
        picture.text(left + index * 130 + 20, 14, words[word], anchor="start", size=10.5)
    picture.diamond(left + 2 * 130 + 7, 10, 6, PAPER)
    picture.text(left + 2 * 130 + 20, 14, words["needed"], anchor="start", size=10.5)
    picture.diamond(left + 3 * 130 + 7, 10, 6, VERMILION)
    picture.text(left + 3 * 130 + 20, 14, words["short"], anchor="start", size=10.5)
    return picture.drawn()


def share_bar(share: Fraction | None, title: str) -> Markup:
    """A bar from 0 to 1 for a cell; beyond 0.85, which wears people out, in another colour."""
    picture = Picture(90, 10, title)
    picture.rect(0, 0, 90, 10, GRID)
    if share is not None:
        picture.rect(0, 0, 90 * float(share), 10, VERMILION if share > Fraction(85, 100) else BLUE)
    return picture.drawn()
