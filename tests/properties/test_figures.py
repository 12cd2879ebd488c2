"""Law 7: whatever happens, the live figures are those that the ledger gives when all is counted again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from callengine.realtime.figures_json import sums_json
from callengine.realtime.seed import recount
from callengine.realtime.statistics import RealtimeStatistics
from callengine.reconcile.against_realtime import (
    differences_of_agents,
    differences_of_calls,
    differences_of_sums,
    quarters_between,
)
from callengine.reconcile.findings import Difference
from queues.messages import events
from queues.messages.events import EndedCall
from queues.terms.phone import Phone
from sla.call_facts import CallFacts, Measure, Promise, contributions, waiting
from sla.confidence import interval
from sla.figures import Figures
from sla.promises import ClockStart
from sla.quarters import QUARTER
from sla.service_level import FORMULAS
from storage.ledger import Ledger, open_ledger
from storage.queries.realtime_seed import FigureRows, figure_rows
from storage.schema.tables import metadata, runs
from tests.properties.test_obligations_plausible_days import PEOPLE, Day
from tests.support.centre import EMERGENCY, GENERAL, GENERAL_DID, NOON

ZONE = ZoneInfo("Europe/Moscow")
PROMISES = {GENERAL: Promise(), EMERGENCY: Promise(timedelta(seconds=10), 0.9, ClockStart.QUEUE)}
DAYS = timedelta(days=3)


class Books:
    """One ledger in memory for all examples, and the loop it lives in."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._ledger: Ledger = self._runner.run(self._open())

    async def _open(self) -> Ledger:
        ledger = await open_ledger("sqlite://", "pbx1", NOON)
        ledger.writer.start()
        return ledger

    def close(self) -> None:
        self._runner.run(self._ledger.close())
        self._runner.close()

    def rows(self, start: datetime, end: datetime) -> FigureRows:
        return self._runner.run(
            figure_rows(self._ledger.engine, "pbx1", start, end, with_open=True, facts_until=end + DAYS)
        )

    def kept(self, day: CountedDay) -> FigureRows:
        """What the ledger has of a day when everything decided in it is written."""
        return self._runner.run(self._keep(day))

    async def _keep(self, day: CountedDay) -> FigureRows:
        async with self._ledger.engine.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                if table is not runs:
                    await connection.execute(table.delete())
        for decision in day.desk.decisions:
            self._ledger.writer.append(events.TimePassed(NOON), decision, NOON)
        await self._ledger.writer.flush()
        return await figure_rows(
            self._ledger.engine, "pbx1", NOON - DAYS, NOON + DAYS, with_open=True, facts_until=NOON + DAYS
        )


class CountedDay(Day):
    """A plausible day that a tally watches."""

    books: Books

    def __init__(self) -> None:
        self.tally = RealtimeStatistics(PROMISES, ZONE, NOON)
        self.tally.load(recount(FigureRows(NOON, NOON)), NOON)
        super().__init__()
        self._watched = 0
        self._watch()

    def tell(self, event: events.Event) -> None:
        super().tell(event)
        self._watch()

    def _watch(self) -> None:
        for decision in self.desk.decisions[self._watched :]:
            for entry in decision.journal:
                self.tally.observe(entry)
        self._watched = len(self.desk.decisions)

    @rule(minutes=st.sampled_from([14, 50, 300]))
    def it_is_quiet(self, minutes: int) -> None:
        self.desk.time.now += timedelta(minutes=minutes)
        self.time_passes(1)

    @rule(
        seconds=st.integers(1, 600),
        answered=st.none() | st.integers(0, 60),
        stranger=st.booleans(),
        number=st.sampled_from(PEOPLE),
    )
    def the_link_is_down_and_the_inbox_tells(
        self, seconds: int, answered: int | None, stranger: bool, number: str
    ) -> None:
        """The first call has its trace, and a stranger's too: the others are over, nobody knows since when."""
        self.tell(events.PbxLost(self.now))
        lost_at = self.now
        self.desk.time.now += timedelta(seconds=seconds)
        end = self.now
        answered_at = None if answered is None else min(end, lost_at + timedelta(seconds=answered))
        ended = []
        calls = self.desk.dispatcher.centre.calls
        if calls:
            call = next(iter(calls.values()))
            ended.append(
                EndedCall(
                    call.id, call.arrived_at, GENERAL_DID, call.number, end, call.answered_at or answered_at
                )
            )
        if stranger:
            ended.append(EndedCall(f"c{self.calls}", lost_at, GENERAL_DID, Phone(number), end, answered_at))
            self.calls += 1
        self.tell(events.PbxSnapshot(self.now, (), (), ended=tuple(ended)))

    def teardown(self) -> None:
        self._watch()
        found = differences(self.tally, self.books.kept(self), self.now)
        assert not found, "\n".join(map(str, found))


def differences(tally: RealtimeStatistics, rows: FigureRows, now: datetime) -> list[Difference]:
    midnight = now.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    past = recount(rows, midnight)
    shown = sums_json(tally.shown(now))
    found = [*differences_of_sums(shown["scopes"]), *differences_of_agents(past, shown)]
    for quarter in quarters_between(tally.known_since, now + QUARTER):
        told = tally.quarter(quarter)
        inside = [call for call in past.calls if quarter <= call.facts.arrived_at < quarter + QUARTER]
        found += differences_of_calls(inside, told["calls"])
        found += differences_of_sums(told["scopes"])
    assert tally.imbalance() == 0
    return found


@contextmanager
def books() -> Iterator[Books]:
    opened = Books()
    try:
        yield opened
    finally:
        opened.close()


def test_law_7_the_live_figures_are_the_ledgers() -> None:
    with books() as CountedDay.books:
        run_state_machine_as_test(
            CountedDay,
            settings=settings(max_examples=40, stateful_step_count=50, deadline=None, derandomize=True),
        )


GAP_START, GAP_END = NOON + timedelta(seconds=400), NOON + timedelta(seconds=460)
SEEN = st.builds(
    lambda at, wait, answered, on_line: CallFacts(
        NOON + timedelta(seconds=at),
        answered_at=NOON + timedelta(seconds=at + wait) if answered else None,
        ended_at=None if on_line and answered else NOON + timedelta(seconds=at + wait),
        outcome=None if on_line and answered else "answered" if answered else "abandoned",
    ),
    st.integers(0, 300),
    st.integers(0, 90),
    st.booleans(),
    st.booleans(),
)
TRUTHS = st.tuples(
    st.integers(340, 399), st.integers(1, 60), st.sampled_from(["answered", "abandoned"]), st.booleans()
)
"""Who was on the line when the link broke: arrival, when in the gap it ended, how, and whether he was found talking."""


def summed(calls: list[CallFacts], more: list[dict[Measure, int]] | None = None) -> dict[Measure, int]:
    sums: dict[Measure, int] = {}
    for added in [*(contributions(call, Promise()) for call in calls), *(more or ())]:
        for measure, amount in added.items():
            sums[measure] = sums.get(measure, 0) + amount
    return sums


def truth_and_record(arrived: int, after: int, fate: str, found_talking: bool) -> tuple[CallFacts, CallFacts]:
    """What really happened to a call in the gap, and what is known of it when the link is back."""
    at, moment = NOON + timedelta(seconds=arrived), GAP_START + timedelta(seconds=after)
    true = CallFacts(at, answered_at=moment if fate == "answered" else None, ended_at=moment, outcome=fate)
    if fate == "answered" and found_talking:
        return true, CallFacts(at, answered_at=GAP_END, doubted_since=GAP_START)
    return true, CallFacts(at, ended_at=GAP_END, outcome="lost", doubted_since=GAP_START)


@given(st.lists(SEEN, max_size=12), st.lists(TRUTHS, max_size=6))
def test_whatever_happened_while_nobody_looked_lies_within_the_bounds(
    seen: list[CallFacts], hidden: list[tuple[int, int, str, bool]]
) -> None:
    pairs = [truth_and_record(*one) for one in hidden]
    truth = Figures(summed([*seen, *(true for true, _ in pairs)]))
    shown = Figures(summed([*seen, *(recorded for _, recorded in pairs)]))
    for formula in FORMULAS:
        rated, true = shown.service_level(formula), truth.service_level(formula).value
        if true is not None and rated.low is not None and rated.high is not None:
            assert rated.low <= true <= rated.high, formula
        if not hidden:
            assert rated.low == rated.value == rated.high


@given(
    st.lists(SEEN, max_size=12), st.lists(st.integers(350, 399), max_size=5), st.integers(401, 460), st.data()
)
def test_while_the_link_is_down_the_bounds_hold_whoever_is_answered_meanwhile_and_whoever_comes(
    seen: list[CallFacts], waits: list[int], now: int, data: st.DataObject
) -> None:
    moment, expected = NOON + timedelta(seconds=now), data.draw(st.integers(0, 4))
    on_line = [CallFacts(NOON + timedelta(seconds=at)) for at in waits]
    shown = Figures(
        summed([*seen, *on_line], [waiting(call, Promise(), moment, GAP_START) for call in on_line]),
        unseen=expected,
    )
    came = data.draw(st.integers(0, expected))
    answers = data.draw(
        st.lists(st.none() | st.integers(401, now), min_size=len(waits) + came, max_size=len(waits) + came)
    )
    arrivals = [*(call.arrived_at for call in on_line), *[GAP_START] * came]
    true_calls = [
        CallFacts(at, answered_at=None if answered is None else NOON + timedelta(seconds=answered))
        for at, answered in zip(arrivals, answers, strict=True)
    ]
    still = [waiting(call, Promise(), moment, None) for call in true_calls if call.waits]
    true, rated = Figures(summed([*seen, *true_calls], still)).service_level().value, shown.service_level()
    if true is not None and rated.low is not None and rated.high is not None:
        assert rated.low <= true <= rated.high


@given(st.integers(0, 500), st.integers(1, 500))
def test_the_interval_holds_the_share_and_narrows_with_more_calls(good: int, of: int) -> None:
    good = min(good, of)
    once, tenfold = interval(good, of), interval(10 * good, 10 * of)
    assert once is not None
    assert tenfold is not None
    assert 0 <= once[0] <= good / of <= once[1] <= 1
    assert tenfold[1] - tenfold[0] < once[1] - once[0]


def test_with_ten_calls_88_percent_says_little() -> None:
    """The published example of Wilson's interval: 9 of 10 is anything from 60 to 98 %."""
    found = interval(9, 10)
    assert found is not None
    assert [round(end, 3) for end in found] == [0.596, 0.982]
    assert interval(0, 0) is None
    with pytest.raises(ValueError, match="11 good calls of 10"):
        interval(11, 10)
    assert not Figures(summed([CallFacts(NOON, answered_at=NOON)] * 9)).service_level().enough
    assert Figures(summed([CallFacts(NOON, answered_at=NOON)] * 10)).service_level().enough
