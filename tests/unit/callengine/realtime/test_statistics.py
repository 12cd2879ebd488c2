"""Today's figures, as the journal makes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from callengine.realtime.seed import recount
from callengine.realtime.statistics import RealtimeStatistics
from queues.messages import journal as facts
from queues.messages.events import ContactResult
from queues.messages.journal import AgentState, ObligationClosing, Outcome, ServedBy
from queues.terms.identifiers import AgentId, AttemptId, CallId, CompanyId, Did, ObligationId, QueueName
from queues.terms.phone import WITHHELD, Phone
from sla.call_facts import Promise
from sla.figures import Rated
from sla.promises import ClockStart
from storage.queries.realtime_seed import FigureCall, FigureRows, LinkChange, Run
from tests.support.centre import EMERGENCY, GENERAL, GENERAL_DID, moment

ZONE = ZoneInfo("Europe/Moscow")
MIDNIGHT = 9 * 3600.0
"""Seconds from noon UTC to midnight in Moscow."""
SEVER, YUG = CompanyId("sever"), CompanyId("yug")
A1 = AgentId("1001")


def tally(*queues: QueueName, at: float = 0, clock: ClockStart = ClockStart.ARRIVAL) -> RealtimeStatistics:
    """A tally whose link is up."""
    today = RealtimeStatistics(
        {queue: Promise(clock=clock) for queue in queues or (GENERAL,)}, ZONE, moment(at)
    )
    today.load(recount(FigureRows(moment(at), moment(at))), moment(at))
    today.observe(facts.LinkRestored(moment(at)))
    return today


def offered(
    call: str,
    at: float,
    *,
    number: Phone = WITHHELD,
    queue: QueueName = GENERAL,
    company: CompanyId = SEVER,
) -> facts.CallOffered:
    return facts.CallOffered(
        moment(at), CallId(call), moment(at), GENERAL_DID, company, "general", queue, number, ""
    )


def queued(call: str, at: float) -> facts.CallQueued:
    return facts.CallQueued(moment(at), CallId(call))


def connected(call: str, at: float, agent: AgentId | None = A1) -> facts.CallConnected:
    return facts.CallConnected(moment(at), CallId(call), agent, None, ServedBy.ENGINE)


def finished(call: str, at: float, outcome: Outcome = Outcome.ANSWERED) -> facts.CallFinished:
    return facts.CallFinished(moment(at), CallId(call), outcome, ServedBy.ENGINE)


def does(at: float, state: AgentState, agent: AgentId = A1) -> facts.AgentStateChanged:
    return facts.AgentStateChanged(moment(at), agent, state)


def watch(today: RealtimeStatistics, *entries: facts.JournalEntry) -> None:
    for entry in entries:
        today.observe(entry)


def seconds(time: timedelta | None) -> float | None:
    return None if time is None else time.total_seconds()


def bounds(rated: Rated) -> list[Fraction | None]:
    return [rated.low, rated.value, rated.high]


def test_88_of_100_is_88_percent() -> None:
    today = tally()
    for number in range(100):
        call = str(number)
        watch(today, offered(call, number), connected(call, number + (30 if number < 88 else 30.001)))
        today.observe(finished(call, number + 60))
    figures = today.figures(GENERAL, moment(400))
    assert figures.level.ratio == Fraction(88, 100)
    assert (figures.offered, figures.answered, figures.answered_within) == (100, 100, 88)
    assert today.imbalance() == 0


def test_midnight_in_the_centres_zone_begins_a_new_day_and_who_is_on_the_line_is_yesterdays() -> None:
    today = tally()
    today.observe(offered("late", MIDNIGHT - 10))
    assert today.figures(GENERAL, moment(MIDNIGHT - 1)).offered == 1
    after = today.take(moment(MIDNIGHT + 1))
    assert after.queues[GENERAL].today.offered == 0
    assert after.queues[GENERAL].hour.offered == 1
    assert (after.total.waiting, seconds(after.total.longest_wait)) == (1, 11)  # He waits all the same.
    watch(today, connected("late", MIDNIGHT + 5), finished("late", MIDNIGHT + 60))
    after = today.take(moment(MIDNIGHT + 61))
    assert (after.total.today.offered, after.total.today.answered, after.total.waiting) == (0, 0, 0)
    assert after.total.hour.answered_within == 1
    assert today.imbalance() == 0


def test_a_call_counts_in_the_last_hour_and_quarter_by_its_arrival() -> None:
    today = tally()
    watch(today, offered("a", 0), connected("a", 10), finished("a", 30))
    within = [(moment(at), hour, quarter) for at, hour, quarter in ((900, 1, 1), (901, 1, 0), (3601, 0, 0))]
    for now, hour, quarter in within:
        seen = today.take(now).total
        assert (seen.hour.answered, seen.quarter.answered, seen.today.answered) == (hour, quarter, 1)


def test_the_strip_shows_a_whole_day_across_midnight() -> None:
    today = tally()
    watch(today, offered("a", 0), connected("a", 10), offered("b", MIDNIGHT + 5), offered("c", 20))
    watch(today, finished("c", 22, Outcome.ABANDONED))
    strip = today.quarters(moment(MIDNIGHT + 60), company=SEVER)
    assert len(strip) == 96
    assert strip[-1].start == moment(MIDNIGHT)
    counted = {
        quarter.start: (quarter.figures.offered, quarter.figures.answered_within, quarter.figures.abandoned)
        for quarter in strip
        if quarter.figures.offered
    }
    assert counted == {moment(0): (2, 1, 1), moment(MIDNIGHT): (1, 0, 0)}
    assert all(not one.figures.offered for one in today.quarters(moment(MIDNIGHT + 60), company=YUG))


def test_queues_and_companies_are_told_apart_and_together_they_are_the_centre() -> None:
    today = tally(GENERAL, EMERGENCY)
    watch(today, offered("a", 0), offered("b", 1, queue=EMERGENCY), offered("c", 2, company=YUG))
    watch(today, connected("b", 3), finished("c", 4, Outcome.ABANDONED))
    seen = today.take(moment(5))
    assert [seen.queues[queue].today.offered for queue in (GENERAL, EMERGENCY)] == [2, 1]
    assert [seen.companies[company].today.offered for company in (SEVER, YUG)] == [2, 1]
    assert (seen.total.today.offered, seen.total.waiting) == (3, 1)
    assert seen.total.today.short_abandons == seen.companies[YUG].today.unanswered == 1


def test_both_clocks_are_kept_and_a_queues_promise_says_which_is_its_own() -> None:
    by_queue = tally(clock=ClockStart.QUEUE)
    watch(by_queue, offered("a", 0), queued("a", 10), connected("a", 35))
    seen = by_queue.take(moment(40)).queues[GENERAL].today
    assert seen.service_level(clock=ClockStart.ARRIVAL).value == 0
    assert seen.service_level(clock=ClockStart.QUEUE).value == seen.service_level().value == 1
    assert seconds(seen.speed_of_answer) == 25


def test_handling_is_talk_and_wrap_up_and_a_rest_belongs_to_the_call_before_it() -> None:
    today = tally()
    watch(today, does(0, AgentState.FREE), offered("a", 0), does(1, AgentState.OFFERED), connected("a", 5))
    watch(today, does(5, AgentState.TALKING), finished("a", 65), does(65, AgentState.WRAP_UP))
    watch(today, does(75, AgentState.FREE))
    seen = today.take(moment(99)).total.today
    parts = (seen.talk_time, seen.wrap_up_time, seen.handle_time)
    assert [seconds(part) for part in parts] == [60, 10, 70]
    agent = today.take(moment(99)).agents[A1]
    assert {state: seconds(time) for state, time in agent.times.items()} == {
        "free": 25, "offered": 4, "talking": 60, "wrap_up": 10
    }  # fmt: skip
    assert agent.occupancy == today.take(moment(99)).occupancy == Fraction(70, 99)


def test_the_rest_after_a_callback_is_not_a_calls() -> None:
    today = tally()
    watch(today, offered("a", 0), connected("a", 5), finished("a", 6))
    attempt, phone = AttemptId("ob-x.1.1"), Phone("+79161234567")
    watch(
        today,
        facts.AttemptMade(moment(10), attempt, ObligationId("ob-x"), A1, phone, 1),
        facts.AttemptDialled(moment(12), attempt),
        does(12, AgentState.TALKING),
        facts.AttemptFinished(moment(30), attempt, ContactResult.CONTACTED),
        does(30, AgentState.WRAP_UP),
        does(40, AgentState.FREE),
    )
    assert seconds(today.take(moment(50)).total.today.wrap_up_time) == 0


def test_no_agents_time_is_counted_while_the_link_is_down() -> None:
    today = tally()
    watch(today, does(0, AgentState.FREE), facts.LinkLost(moment(10)), does(20, AgentState.WRAP_UP))
    assert seconds(today.take(moment(25)).agents[A1].times["free"]) == 10
    watch(today, facts.LinkRestored(moment(30)), does(40, AgentState.FREE))
    assert today.take(moment(40)).agents[A1].times == {
        "free": timedelta(seconds=10), "wrap_up": timedelta(seconds=10)
    }  # fmt: skip


def test_who_calls_again_within_the_hour_is_a_repeat_also_when_his_first_call_is_told_later() -> None:
    today, phone = tally(), Phone("+79161234567")
    watch(today, offered("b", 1800, number=phone), offered("other", 1801, number=phone, company=YUG))
    assert today.take(moment(1802)).total.today.repeat_calls == 0
    today.observe(offered("a", 0, number=phone))  # The inbox of a gap tells him late.
    assert today.take(moment(1803)).companies[SEVER].today.repeat_calls == 1
    watch(today, offered("c", 5401, number=phone), offered("d", 5402), offered("e", 5403))
    assert today.take(moment(5404)).total.today.repeat_calls == 1


def test_time_to_a_human_runs_on_until_the_contact_that_discharged_the_call() -> None:
    today, owed = tally(), ObligationId("ob-a")
    watch(today, offered("a", 0), finished("a", 20, Outcome.ABANDONED))
    watch(
        today,
        facts.ObligationOpened(
            moment(20), owed, CallId("a"), SEVER, Did("1"), GENERAL, WITHHELD, None, moment(0), moment(600)
        ),
        offered("b", 100),
        connected("b", 110),
    )
    assert seconds(today.take(moment(120)).total.today.time_to_human) == 10
    today.observe(
        facts.ObligationClosed(moment(300), owed, ObligationClosing.CONTACTED, contacted_at=moment(290))
    )
    assert seconds(today.take(moment(301)).total.today.time_to_human) == (290 + 10) / 2


def test_transfers_are_counted_and_the_rest_is_the_last_speakers() -> None:
    today = tally()
    watch(
        today, offered("a", 0), connected("a", 5), facts.CallPassedOn(moment(9), CallId("a"), AgentId("1002"))
    )
    watch(today, finished("a", 20), does(20, AgentState.WRAP_UP, AgentId("1002")))
    watch(today, does(27, AgentState.FREE, AgentId("1002")))
    seen = today.take(moment(30)).total.today
    assert (seen.transfers, seen.transferred, seconds(seen.wrap_up_time)) == (1, 1, 7)


class TestUnknown:
    def test_while_the_link_is_down_who_waits_may_be_answered_or_not_and_others_may_have_come(self) -> None:
        today = tally()
        for call in "abcdefgh":
            watch(today, offered(call, 100), connected(call, 105), finished(call, 110))
        watch(today, offered("w", 190), facts.LinkLost(moment(200)))
        rated = today.take(moment(210)).total.today.service_level()
        # 9 calls in the 200 s that were seen: in 10 s of darkness one more may have come.
        assert bounds(rated) == [Fraction(8, 10), 1, 1]
        rated = today.take(moment(225)).total.today.service_level()
        assert bounds(rated) == [Fraction(8, 11), Fraction(8, 9), 1]
        assert seconds(today.take(moment(225)).total.hour.unknown) == 25

    def test_what_is_found_when_the_link_is_back_is_in_doubt_and_what_the_pbx_wrote_down_is_not(self) -> None:
        today = tally()
        watch(
            today,
            offered("found", 95),
            offered("noted", 96),
            offered("lost", 20),
            facts.LinkLost(moment(100)),
        )
        watch(today, connected("found", 160), connected("noted", 110))
        watch(today, finished("lost", 160, Outcome.LOST), facts.LinkRestored(moment(160)))
        rated = today.take(moment(200)).total.today.service_level()
        # "lost" was past its target when the link went; "found" may have been answered at once.
        assert bounds(rated) == [Fraction(1, 3), Fraction(1, 3), Fraction(2, 3)]
        assert seconds(today.take(moment(200)).total.today.unknown) == 60

    def test_calls_of_a_queue_that_leaves_no_trace_may_have_come_in_every_gap(self) -> None:
        today = RealtimeStatistics({GENERAL: Promise()}, ZONE, moment(0), not_recovered=[GENERAL])
        today.load(recount(FigureRows(moment(0), moment(0))), moment(0))
        watch(today, facts.LinkRestored(moment(0)), offered("a", 10), connected("a", 11), finished("a", 12))
        watch(today, facts.LinkLost(moment(100)), facts.LinkRestored(moment(200)))
        rated = today.take(moment(300)).total.hour.service_level()
        assert bounds(rated) == [Fraction(1, 2), 1, 1]

    def test_the_time_between_two_runs_of_the_engine_is_unknown(self) -> None:
        rows = FigureRows(
            moment(-3600),
            moment(3600),
            calls=[FigureCall("a", "general", "sever", WITHHELD, moment(5), answered_at=moment(9))],
            runs=[Run((1, -1, -1), moment(0), moment(20)), Run((2, -1, -1), moment(100), moment(100))],
            link=[LinkChange((1, 1, -1), moment(1), restored=True)],
            first_start=moment(0),
        )
        today = tally()
        today.load(recount(rows, today.midnight), moment(101))
        watch(today, facts.LinkRestored(moment(103)))
        seen = today.take(moment(200))
        assert seconds(seen.total.today.unknown) == 1 + 83
        assert seen.since == moment(0)  # The ledger begins with the first start.


def test_a_call_that_the_ledger_knows_as_open_ends_like_any_other() -> None:
    def known(call: str, at: float, answered: float | None, ended: float | None) -> FigureCall:
        return FigureCall(
            call,
            "general",
            "sever",
            WITHHELD,
            moment(at),
            answered_at=None if answered is None else moment(answered),
            ended_at=None if ended is None else moment(ended),
            outcome=None if ended is None else "abandoned",
        )

    today = tally()
    rows = FigureRows(
        moment(0),
        moment(99),
        calls=[known("a", 0, None, None), known("b", 1, 3, None), known("c", 2, None, 9)],
    )
    today.load(recount(rows), moment(10))
    assert today.figures(GENERAL, moment(10)).waiting == 1
    watch(today, connected("a", 12), finished("a", 20), finished("b", 21))
    figures = today.figures(GENERAL, moment(22))
    assert (figures.offered, figures.answered, figures.abandoned, figures.waiting) == (3, 2, 1, 0)
    assert today.imbalance() == 0


@pytest.mark.parametrize(("answered", "ended"), [(4.0, None), (None, 4.0)])
def test_a_clock_that_went_back_makes_no_wait_shorter_than_nothing(
    answered: float | None, ended: float | None
) -> None:
    today = tally()
    watch(today, offered("a", 5), queued("a", 6))
    if answered is not None:
        today.observe(connected("a", answered))
    if ended is not None:
        today.observe(finished("a", ended, Outcome.ABANDONED))
    seen = today.take(moment(10)).total.today
    assert seen.level.offered == 1
    assert [seen.speed_of_answer, seen.time_to_abandon].count(timedelta(0)) == 1


@pytest.mark.parametrize(
    ("day", "hours"),
    [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)],
    ids=["spring", "autumn", "summer"],
)
def test_a_day_begins_at_the_centres_midnight_also_when_the_clocks_change(day: str, hours: int) -> None:
    zone = ZoneInfo("Europe/Berlin")
    begins = datetime.fromisoformat(day).replace(tzinfo=zone).astimezone(UTC)
    ends = begins + timedelta(hours=hours)
    assert ends.astimezone(zone).time().isoformat() == "00:00:00"
    today = RealtimeStatistics({GENERAL: Promise()}, zone, begins)
    assert today.midnight == begins

    def arrives(call: str, at: datetime) -> None:
        today.observe(
            facts.CallOffered(at, CallId(call), at, GENERAL_DID, SEVER, "general", GENERAL, WITHHELD, "")
        )
        today.observe(facts.CallFinished(at, CallId(call), Outcome.ABANDONED, ServedBy.ENGINE))

    for n in range(hours):
        arrives(f"c{n}", begins + timedelta(hours=n, minutes=59))
    assert today.figures(GENERAL, ends - timedelta(seconds=1)).offered == hours
    arrives("tomorrow's", ends + timedelta(seconds=1))
    assert today.figures(GENERAL, ends + timedelta(seconds=2)).offered == 1
    assert today.midnight == ends
