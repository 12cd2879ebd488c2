"""Charts of what became of those whom no human answered, and of the contacts that were owed."""

from __future__ import annotations

from markupsafe import Markup

from callengine.reports.charts.calls import WIDTH, Words, duration_words
from callengine.reports.charts.svg import GREEN, GREY, INK, PAPER, QUIET, SKY, VERMILION, Picture
from callengine.reports.model import PeriodReport
from callengine.reports.numbers import Numbers
from storage.queries.intervals import CONTACT_EDGES

_KINDS = ("contacted_in_time", "message_reviewed_in_time", "not_owed", "not_judged", "broken")
_NARROW = 26


def lost_chart(report: PeriodReport, words: Words, numbers: Numbers) -> Markup:
    """Two bars, hung up and otherwise ended, each cut by the law's verdict."""
    picture = Picture(WIDTH, 172, words["lost_title"])
    fills = {
        "contacted_in_time": GREEN,
        "message_reviewed_in_time": SKY,
        "not_owed": GREY,
        "not_judged": PAPER,
        "broken": picture.hatched(VERMILION),
    }
    most = max((one.calls for one in report.unanswered), default=0) or 1
    left, right = 4, WIDTH - 70
    for row, one in enumerate(report.unanswered):
        y = 20 + row * 56
        picture.text(left, y - 5, words[one.ending], anchor="start", weight=600)
        x = float(left)
        for kind in _KINDS:
            number = one.not_judged if kind == "not_judged" else one.by_verdict.get(kind, 0)
            if number == 0:
                continue
            width = (right - left) * number / most
            stroke = GREY if kind == "not_judged" else PAPER
            picture.rect(x, y, width, 26, fills[kind], stroke=stroke, told=f"{words[kind]}: {number}")
            if width >= _NARROW:
                dark = kind == "contacted_in_time"
                picture.text(
                    x + width / 2, y + 17, numbers.whole(number), weight=700, fill=PAPER if dark else INK
                )
            x += width
        picture.text(x + 6, y + 18, numbers.whole(one.calls), anchor="start", weight=700)
    totals = {
        kind: sum(
            one.not_judged if kind == "not_judged" else one.by_verdict.get(kind, 0)
            for one in report.unanswered
        )
        for kind in _KINDS
    }
    for index, kind in enumerate(_KINDS):
        x, y = left + (index % 3) * 226, 134 + (index // 3) * 22
        picture.rect(x, y, 14, 14, fills[kind], stroke=GREY)
        told = f"{words[kind]}: {numbers.whole(totals[kind])}"
        picture.text(x + 20, y + 11, told, anchor="start", size=10.5)
    return picture.drawn()


def contact_chart(report: PeriodReport, words: Words, numbers: Numbers, limit: int = 600) -> Markup:
    """With what share of the residents somebody had spoken within so many minutes of the arrival."""
    picture = Picture(WIDTH, 190, words["callbacks_title"])
    left, right, top, bottom = 4, WIDTH - 4, 24, 150
    owed = report.callbacks.owed or 1
    step = (right - left) / len(CONTACT_EDGES)
    picture.line(left, bottom, right, bottom, stroke=INK)
    for index, edge in enumerate(CONTACT_EDGES):
        share = report.callbacks.within.get(edge, 0) / owed
        middle, height = left + step * (index + 0.5), share * (bottom - top)
        picture.rect(middle - 26, bottom - height, 52, height, GREEN if edge <= limit else GREY)
        picture.text(middle, bottom - height - 6, numbers.percent(share), weight=700)
        picture.text(middle, bottom + 16, duration_words(edge, words), weight=600)
        number = numbers.whole(report.callbacks.within.get(edge, 0))
        picture.text(middle, bottom + 30, number, size=10, fill=QUIET)
        if edge == limit:
            x = middle + step / 2
            picture.line(x, top - 14, x, bottom, stroke=VERMILION, width=1.5, dashes="6 4")
            picture.text(x + 5, top - 4, words["limit"], anchor="start", size=10, fill=VERMILION, weight=600)
    return picture.drawn()
