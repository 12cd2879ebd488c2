"""Today's figures: the same whether they were counted live or rebuilt from the ledger."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from callengine.tally import DayTally
from queues import journal as facts
from queues.identifiers import CallId, CompanyId
from queues.journal import Outcome, ServedBy
from queues.personal_data import WITHHELD
from storage.ledger import CallRow
from tests.support.centre import GENERAL, GENERAL_DID, moment

TARGET = timedelta(seconds=30)
ZONE = ZoneInfo("Europe/Moscow")
MIDNIGHT = 9 * 3600.0
"""Seconds from noon UTC to midnight in Moscow."""


def tally(at: float = 0) -> DayTally:
    return DayTally({GENERAL: TARGET}, ZONE, moment(at))


def offered(call: str, at: float) -> facts.CallOffered:
    return facts.CallOffered(
        moment(at),
        CallId(call),
        moment(at),
        GENERAL_DID,
        CompanyId("sever"),
        "general",
        GENERAL,
        WITHHELD,
        "",
    )


def connected(call: str, at: float) -> facts.CallConnected:
    return facts.CallConnected(moment(at), CallId(call), None, None, ServedBy.FALLBACK)


def finished(call: str, at: float, outcome: Outcome = Outcome.ANSWERED) -> facts.CallFinished:
    return facts.CallFinished(moment(at), CallId(call), outcome, ServedBy.ENGINE)


def row(call: str, arrived: float, answered: float | None, ended: float | None) -> CallRow:
    def at(seconds: float | None) -> datetime | None:
        return None if seconds is None else moment(seconds)

    outcome = None if ended is None else "abandoned" if answered is None else "answered"
    return CallRow(call, "general", "sever", moment(arrived), at(answered), at(ended), outcome, "engine")


def test_88_of_100_is_88_percent() -> None:
    today = tally()
    for number in range(100):
        call = str(number)
        today.observe(offered(call, number))
        today.observe(connected(call, number + (30 if number < 88 else 30.001)))
        today.observe(finished(call, number + 60))
    figures = today.figures(GENERAL, moment(400))
    assert figures.level.ratio == Fraction(88, 100)
    assert (figures.offered, figures.answered, figures.answered_within) == (100, 100, 88)
    assert today.imbalance() == 0


def test_midnight_in_the_centres_zone_begins_a_new_day_and_who_is_on_the_line_is_yesterdays() -> None:
    today = tally()
    today.observe(offered("late", MIDNIGHT - 10))
    assert today.figures(GENERAL, moment(MIDNIGHT - 1)).offered == 1
    assert today.figures(GENERAL, moment(MIDNIGHT)).offered == 0
    today.observe(connected("late", MIDNIGHT + 5))
    today.observe(finished("late", MIDNIGHT + 60))
    figures = today.figures(GENERAL, moment(MIDNIGHT + 61))
    assert (figures.offered, figures.answered, figures.waiting) == (0, 0, 0)
    assert today.imbalance() == 0


def test_a_call_that_the_ledger_knows_as_open_ends_like_any_other() -> None:
    today = tally()
    today.load([row("a", 0, None, None), row("b", 1, 3, None), row("c", 2, None, 9)], moment(10))
    assert today.figures(GENERAL, moment(10)).waiting == 1
    today.observe(connected("a", 12))
    today.observe(finished("a", 20))
    today.observe(finished("b", 21))
    figures = today.figures(GENERAL, moment(22))
    assert (figures.offered, figures.answered, figures.abandoned, figures.waiting) == (3, 2, 1, 0)
    assert today.imbalance() == 0


def test_the_ledgers_rows_of_a_clock_that_went_back_are_counted_all_the_same() -> None:
    today = tally()
    today.load([row("a", 5, None, 4)], moment(10))
    assert today.figures(GENERAL, moment(10)).abandoned == 1


CALLS = st.lists(
    st.tuples(st.floats(0, 500), st.none() | st.floats(0, 100), st.none() | st.floats(0, 100)), max_size=40
)


@given(CALLS, st.floats(700, 900))
def test_counted_live_or_rebuilt_from_the_ledger_the_figures_are_the_same(
    calls: list[tuple[float, float | None, float | None]], now: float
) -> None:
    live, rebuilt = tally(), tally()
    rows = []
    for number, (arrived, wait, rest) in enumerate(calls):
        call = str(number)
        answered = None if wait is None else arrived + wait
        ended = None if rest is None else (arrived if answered is None else answered) + rest
        rows.append(row(call, arrived, answered, ended))
        live.observe(offered(call, arrived))
        if answered is not None:
            live.observe(connected(call, answered))
        if ended is not None:
            live.observe(finished(call, ended, Outcome.ABANDONED if answered is None else Outcome.ANSWERED))
    rebuilt.load(rows, moment(now))
    assert live.figures(GENERAL, moment(now)) == rebuilt.figures(GENERAL, moment(now))
    assert live.imbalance() == rebuilt.imbalance() == 0
