"""A report's figures are those of the calls, whatever the database: read from the sums, counted again from the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import pytest

from callengine.realtime.seed import recount
from callengine.reports.collect import collect
from callengine.reports.model import PeriodReport
from callengine.reports.period import day_of
from callengine.reports.subject import KnownSubject, Subject
from queues.messages import events
from sla.call_facts import Measure, Promise, contributions
from sla.promises import ClockStart
from storage.ledger import Ledger, open_ledger
from storage.queries.intervals import Scope
from storage.queries.realtime_seed import figure_rows
from tests.contracts.test_rollup_contract import a_shift
from tests.properties.test_rollup_sums import NOT_IN_QUARTERS
from tests.support.centre import NOON, moment
from tests.support.ledger_desk import A1, play
from tests.support.synthetic_centre import ZONE

DAY = day_of(date(2026, 11, 23), ZONE)
EDGE = Promise(timedelta(seconds=10))
NO_EDGE = Promise(timedelta(seconds=13, microseconds=500), clock=ClockStart.QUEUE)


def subject(promise: Promise) -> KnownSubject:
    return KnownSubject(Subject(), Scope("pbx1"), None, ("general",), {A1: "Иванова"}, {"general": promise})


async def counted_again(ledger: Ledger, promise: Promise) -> Mapping[Measure, int]:
    rows = await figure_rows(ledger.engine, "pbx1", NOON - timedelta(days=1), moment(86400))
    found: Counter[Measure] = Counter()
    for call in recount(rows).calls:
        found.update(contributions(call.facts, promise))
    return {
        measure: amount for measure, amount in found.items() if amount and measure[1] not in NOT_IN_QUARTERS
    }


async def told(ledger: Ledger, promise: Promise, at: float = 1810) -> PeriodReport:
    return await collect(ledger.engine, subject(promise), DAY, moment(at))


@pytest.mark.parametrize("promise", [EDGE, NO_EDGE], ids=["the target is an edge", "it is none"])
async def test_every_sum_of_a_report_is_that_of_its_calls(ledger: Ledger, promise: Promise) -> None:
    await a_shift(ledger)
    report = await told(ledger, promise)
    assert {
        measure: n for measure, n in report.total.sums.items() if n and measure[1] not in NOT_IN_QUARTERS
    } == (await counted_again(ledger, promise))
    assert report.offered == 20
    assert sum(one.figures.offered for one in report.intervals) == 20
    assert report.speed[-1].from_arrival == report.total.answered == 14


async def test_what_nobody_saw_is_between_the_bounds(ledger: Ledger) -> None:
    await a_shift(ledger)
    report = await told(ledger, replace(EDGE, target=timedelta(seconds=20)))
    rated = report.total.service_level()
    assert rated.low is not None
    assert rated.high is not None
    assert rated.value is not None
    assert rated.low <= rated.value < rated.high
    # 38 seconds of the link; before the first look at the PBX nobody saw anything either.
    assert timedelta(seconds=38) <= report.total.unknown


async def test_agents_time_and_conversations_are_those_of_the_shift(ledger: Ledger) -> None:
    await a_shift(ledger)
    await ledger.note_alive(moment(1810))
    (agent,) = (await told(ledger, EDGE)).agents
    rows = await figure_rows(ledger.engine, "pbx1", NOON - timedelta(days=1), moment(86400))
    assert agent.time.occupancy == recount(rows).agents.take(moment(1810))[A1].occupancy
    assert (agent.name, agent.conversations) == ("Иванова", 14)


async def test_the_contacts_that_are_owed_are_told_with_their_state(ledger: Ledger) -> None:
    await a_shift(ledger)
    care = (await told(ledger, EDGE)).callbacks
    assert care.owed == 6
    assert care.number(None) + care.number("contacted") + care.number("got_through") == 6
    assert 0 < care.number(None, overdue=True) <= care.number(None)


async def test_time_in_which_no_engine_ran_is_in_nobodys_state(ledger: Ledger) -> None:
    await a_shift(ledger)
    await ledger.note_alive(moment(1800))
    (seen,) = (await told(ledger, EDGE, 1800)).agents
    # The engine is dead for an hour, and nobody has started another: he was free when it was last there.
    later = await told(ledger, EDGE, 1800 + 3600)
    (agent,) = later.agents
    assert agent.time == seen.time
    assert agent.time.occupancy == seen.time.occupancy
    unknown = (await told(ledger, EDGE, 1800)).total.unknown
    assert later.total.unknown == unknown + timedelta(hours=1)


async def test_pauses_are_told_by_their_reasons_as_far_as_somebody_saw_them(ledger: Ledger, url: str) -> None:
    desk = await a_shift(ledger)
    play(ledger, desk, [events.AgentPaused(moment(1800), A1, "1")])
    play(ledger, desk, [events.AgentUnpaused(moment(1860), A1)])
    play(ledger, desk, [events.AgentPaused(moment(1900), A1, "1")])
    play(ledger, desk, [events.AgentUnpaused(moment(1930), A1)])
    play(ledger, desk, [events.AgentPaused(moment(1950), A1, "a drill")])
    await ledger.writer.flush()
    await ledger.note_alive(moment(2000))

    async def paused(at: float) -> Mapping[str, timedelta]:
        (agent,) = (await told(ledger, EDGE, at)).agents
        assert sum(agent.pauses.values(), timedelta(0)) == agent.time.of(("paused",))
        return agent.pauses

    assert await paused(1990) == {"1": timedelta(seconds=90), "a drill": timedelta(seconds=40)}
    # The engine died; then another started, which has not looked at the PBX yet.
    assert await paused(6000) == {"1": timedelta(seconds=90), "a drill": timedelta(seconds=50)}
    another = await open_ledger(url, "pbx1", moment(7000))
    await another.close()
    assert await paused(8000) == {"1": timedelta(seconds=90), "a drill": timedelta(seconds=50)}
