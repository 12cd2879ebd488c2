"""What Prometheus reads: right figures under fixed names, from the first scrape on."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

from prometheus_client.parser import text_string_to_metric_families

from callengine.metrics.calls import EDGES
from callengine.metrics.registry import Metrics
from callengine.realtime.statistics import RealtimeStatistics
from callengine.sample.provisioned_tools import find_tools
from config.schema.pauses import Pause, PauseNames
from queues.agents.missed_offers import REASONS
from queues.live_state import AgentView, CentreView, ObligationView
from queues.messages import journal as facts
from queues.messages.events import ContactResult, OfferResult
from queues.messages.journal import AgentState, ObligationClosing, Outcome, ServedBy
from queues.terms.identifiers import AgentId, AttemptId, CallId, CompanyId, ObligationId, OfferId, QueueName
from queues.terms.phone import Phone
from sla.call_facts import Promise
from sla.obligation import ObligationState
from tests.support.centre import EMERGENCY, GENERAL, GENERAL_DID, moment, small_centre

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


class Scraped:
    """One engine's metrics, with a clock and a state that the test sets."""

    def __init__(self, agents: Mapping[AgentId, Iterable[QueueName]] | None = None) -> None:
        self.seconds = 0.0
        self.view = CentreView((), (), synced=True)
        self.tally = RealtimeStatistics({GENERAL: Promise()}, ZoneInfo("Europe/Moscow"), moment(0))
        self.metrics = Metrics(
            [GENERAL],
            [CompanyId("sever")],
            tally=self.tally,
            view=lambda: self.view,
            now=lambda: moment(self.seconds),
            version="1.2.3",
            agents=agents,
        )

    def journal(self, *entries: facts.JournalEntry) -> None:
        for entry in entries:
            self.tally.observe(entry)
            self.metrics.observe(entry)

    async def samples(self) -> Samples:
        body, content_type = await self.metrics.exposition("text/plain")
        assert content_type.startswith("text/plain")
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(body.decode())
            for sample in family.samples
        }

    async def value(self, name: str, **labels: str) -> float | None:
        return (await self.samples()).get((f"callengine_{name}", tuple(sorted(labels.items()))))


def offered(call: str, at: float) -> facts.CallOffered:
    return facts.CallOffered(
        moment(at),
        CallId(call),
        moment(at),
        GENERAL_DID,
        CompanyId("sever"),
        "general",
        GENERAL,
        Phone("+79161234567"),
        "",
    )


def connected(call: str, at: float) -> facts.CallConnected:
    return facts.CallConnected(moment(at), CallId(call), AgentId("1001"), OfferId("o"), ServedBy.ENGINE)


def finished(call: str, at: float, outcome: Outcome) -> facts.CallFinished:
    return facts.CallFinished(moment(at), CallId(call), outcome, ServedBy.ENGINE)


async def test_everything_that_can_be_counted_is_there_at_zero_and_no_ratio_is() -> None:
    samples = await Scraped().samples()
    names = {name for name, _ in samples}
    for outcome in Outcome:
        for served_by in ServedBy:
            key = (("outcome", outcome.value), ("queue", "general"), ("served_by", served_by.value))
            assert samples["callengine_calls_finished_total", key] == 0
    for closing in ObligationClosing:
        assert samples["callengine_obligations_closed_total", (("closing", closing.value),)] == 0
    for result in ContactResult:
        assert samples["callengine_callback_attempts_total", (("result", result.value),)] == 0
    assert samples["callengine_answer_wait_seconds_count", (("queue", "general"),)] == 0
    assert samples["callengine_calls_offered_total", (("queue", "general"),)] == 0
    assert samples["callengine_accounting_imbalance_calls", ()] == 0
    assert samples["callengine_build_info", (("version", "1.2.3"),)] == 1
    assert "callengine_service_level_ratio" not in names


async def test_an_answer_at_exactly_30_s_is_within_30_s() -> None:
    scraped = Scraped()
    scraped.journal(offered("a", 0), connected("a", 30), finished("a", 90, Outcome.ANSWERED))
    assert await scraped.value("answer_wait_seconds_bucket", queue="general", le="30.0") == 1
    assert await scraped.value("answer_wait_seconds_bucket", queue="general", le="20.0") == 0
    assert await scraped.value("talk_seconds_sum", queue="general") == 60
    assert await scraped.value("service_level_ratio", queue="general", formula="offered", window="today") == 1
    assert {30, 300, 600} <= set(EDGES)
    assert len(EDGES) == 17


async def test_a_caller_past_the_target_counts_against_the_figure_while_he_still_waits() -> None:
    scraped = Scraped()
    scraped.journal(offered("a", 0), connected("a", 5), offered("b", 0))
    scraped.seconds = 29
    assert await scraped.value("service_level_ratio", queue="general", formula="offered", window="today") == 1
    scraped.seconds = 31
    assert (
        await scraped.value("service_level_ratio", queue="general", formula="offered", window="today") == 0.5
    )
    assert await scraped.value("calls_waiting", queue="general") == 1
    assert await scraped.value("longest_wait_seconds", queue="general") == 31
    assert await scraped.value("accounting_imbalance_calls") == 0


async def test_only_who_gave_up_is_in_the_abandon_wait() -> None:
    scraped = Scraped()
    scraped.journal(
        offered("a", 0),
        finished("a", 12, Outcome.ABANDONED),
        offered("b", 0),
        finished("b", 0, Outcome.REJECTED),
    )
    assert await scraped.value("abandon_wait_seconds_count", queue="general") == 1
    assert await scraped.value("abandon_wait_seconds_sum", queue="general") == 12
    labels = {"queue": "general", "outcome": "rejected", "served_by": "engine"}
    assert await scraped.value("calls_finished_total", **labels) == 1


async def test_a_ring_is_measured_by_its_result() -> None:
    scraped = Scraped()
    scraped.journal(
        facts.OfferRang(moment(1), OfferId("o")),
        facts.OfferEnded(moment(16), OfferId("o"), OfferResult.NO_ANSWER),
    )
    assert await scraped.value("ring_seconds_sum", result=OfferResult.NO_ANSWER.value) == 15


async def test_a_ring_that_was_answered_is_measured_too_and_then_forgotten() -> None:
    """Once it was only remembered: some bytes for each answered call, for ever."""
    scraped = Scraped()
    scraped.journal(
        offered("a", 0),
        facts.OfferRang(moment(1), OfferId("o")),
        facts.CallConnected(moment(7), CallId("a"), AgentId("101"), OfferId("o"), ServedBy.ENGINE),
    )
    assert await scraped.value("ring_seconds_sum", result="answered") == 6
    assert await scraped.value("ring_seconds_count", result="answered") == 1
    scraped.journal(facts.OfferEnded(moment(9), OfferId("o"), OfferResult.CALLER_GONE))
    assert await scraped.value("ring_seconds_sum", result=OfferResult.CALLER_GONE.value) == 0


async def test_a_callback_is_timed_from_the_residents_arrival() -> None:
    scraped = Scraped()
    number = Phone("+79161234567")
    scraped.journal(
        facts.ObligationOpened(
            moment(20),
            ObligationId("ob"),
            CallId("a"),
            CompanyId("sever"),
            GENERAL_DID,
            GENERAL,
            number,
            number,
            moment(0),
            moment(600),
        ),
        facts.AttemptFinished(moment(100), AttemptId("at"), ContactResult.BUSY),
        facts.ObligationClosed(moment(240), ObligationId("ob"), ObligationClosing.CONTACTED),
    )
    assert await scraped.value("callback_delay_seconds_sum") == 240
    assert await scraped.value("obligations_opened_total", queue="general") == 1
    assert await scraped.value("obligations_closed_total", closing="contacted") == 1
    assert await scraped.value("callback_attempts_total", result="busy") == 1


async def test_agents_are_counted_in_every_state() -> None:
    scraped = Scraped()
    scraped.view = CentreView(
        (),
        tuple(
            AgentView(AgentId(str(number)), "", AgentState.FREE, "", None, frozenset()) for number in range(3)
        ),
        synced=True,
    )
    assert await scraped.value("agents", state="free") == 3
    assert await scraped.value("agents", state="wrap_up") == 0


async def test_no_number_of_a_resident_is_ever_shown() -> None:
    scraped = Scraped()
    scraped.journal(offered("a", 0), finished("a", 1, Outcome.ABANDONED))
    body, _ = await scraped.metrics.exposition("text/plain")
    assert b"9161234567" not in body


async def test_openmetrics_is_spoken_to_who_asks_for_it() -> None:
    body, content_type = await Scraped().metrics.exposition("application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text")
    assert body.endswith(b"# EOF\n")


async def test_each_call_keeps_or_misses_its_target_once() -> None:
    scraped = Scraped()
    assert await scraped.value("answer_targets_total", queue="general", result="kept") == 0
    scraped.journal(offered("a", 0), offered("b", 0), offered("c", 0), offered("d", 0))
    scraped.journal(connected("a", 30), connected("b", 30.001), finished("c", 10, Outcome.ABANDONED))
    assert await scraped.value("answer_targets_total", queue="general", result="kept") == 1
    assert await scraped.value("answer_targets_total", queue="general", result="missed") == 2
    scraped.journal(finished("a", 60, Outcome.ANSWERED), finished("b", 60, Outcome.ANSWERED))
    scraped.journal(finished("d", 70, Outcome.MESSAGE_LEFT))
    assert await scraped.value("answer_targets_total", queue="general", result="kept") == 1
    assert await scraped.value("answer_targets_total", queue="general", result="missed") == 3


async def test_a_humans_task_counts_until_somebody_takes_it() -> None:
    scraped = Scraped()
    states = (("with_human", False), ("impossible", False), ("with_human", True), ("planned", False))
    scraped.view = CentreView(
        (),
        (),
        synced=False,
        obligations=tuple(
            ObligationView(
                ObligationId(f"ob-{n}"),
                CompanyId("sever"),
                GENERAL,
                ObligationState(state),
                moment(600),
                is_overdue=False,
                arrived_at=moment(0),
                is_taken=taken,
            )
            for n, (state, taken) in enumerate(states)
        ),
    )
    assert await scraped.value("human_tasks_unassigned") == 2
    assert await scraped.value("pbx_state_known") == 0


async def test_who_asks_for_openmetrics_is_told_which_call_it_was() -> None:
    scraped = Scraped()
    scraped.journal(offered("1763939393.10", 0), connected("1763939393.10", 7))
    body, _ = await scraped.metrics.exposition("application/openmetrics-text; version=1.0.0")
    (line,) = [
        line
        for line in body.decode().splitlines()
        if line.startswith("callengine_answer_wait_seconds_bucket") and "call_id" in line
    ]
    assert 'le="10.0"' in line
    assert '# {call_id="1763939393.10"} 7.0' in line
    plain, _ = await scraped.metrics.exposition("text/plain")
    assert b"1763939393.10" not in plain


async def test_with_few_calls_the_number_and_the_interval_are_beside_the_ratio() -> None:
    scraped = Scraped()
    scraped.journal(offered("a", 0), connected("a", 5))
    scraped.seconds = 10
    for window in ("today", "1h", "15m"):
        labels = {"queue": "general", "window": window}
        assert await scraped.value("service_level_calls", **labels) == 1
        assert await scraped.value("service_level_interval_high_ratio", **labels) == 1
        low = await scraped.value("service_level_interval_low_ratio", **labels)
        assert low is not None
        assert round(low, 3) == 0.207
    assert await scraped.value("queue_target_seconds", queue="general", clock="arrival") == 30


async def test_the_nightly_reconcile_is_absent_until_it_ran_and_then_says_how_many_calls_differ() -> None:
    scraped = Scraped()
    assert await scraped.value("accounting_mismatch") is None
    scraped.metrics.accounts_differ(3)
    assert await scraped.value("accounting_mismatch") == 3


async def test_waiting_seconds_lost_to_a_rest_are_counted_by_queue() -> None:
    scraped = Scraped(agents={AgentId("1001"): [GENERAL]})
    scraped.journal(
        facts.LinkRestored(moment(0)),
        facts.AgentStateChanged(moment(0), AgentId("1001"), AgentState.WRAP_UP),
        offered("a", 1),
        facts.CallQueued(moment(2), CallId("a")),
    )
    scraped.seconds = 9
    assert await scraped.value("waiting_lost_seconds_total", queue="general", cause="wrap_up") == 7
    assert await scraped.value("waiting_lost_seconds_total", queue="general", cause="unexplained") == 0


async def test_promtool_has_nothing_to_say_about_names_units_and_help() -> None:
    scraped = Scraped()
    scraped.journal(offered("a", 0), connected("a", 5), finished("a", 9, Outcome.ANSWERED))
    body, _ = await scraped.metrics.exposition("text/plain")
    promtool = find_tools().programs["promtool"]
    words = [*promtool.command, "check", "metrics"]
    checked = await asyncio.to_thread(
        lambda: subprocess.run(words, input=body, capture_output=True, check=False)
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")


async def test_a_queue_that_the_settings_name_from_now_on_is_there_from_0() -> None:
    scraped = Scraped()
    scraped.tally.add_queues({GENERAL: Promise(), EMERGENCY: Promise()})
    scraped.metrics.follow(small_centre(1), PauseNames())
    assert await scraped.value("calls_offered_total", queue="emergency") == 0
    assert await scraped.value("waiting_lost_seconds_total", queue="emergency", cause="ring") == 0
    assert await scraped.value("queue_target_seconds", queue="emergency", clock="arrival") == 30


async def test_pauses_are_counted_by_the_names_of_the_settings_and_what_agents_type_makes_no_series() -> None:
    scraped = Scraped()
    scraped.view = CentreView(
        (),
        tuple(
            AgentView(AgentId(f"{1001 + n}"), "", AgentState.PAUSED, reason, None, frozenset({GENERAL}))
            for n, reason in enumerate(("1", "1", "", "no answer", "3", "gone fishing"))
        ),
        synced=True,
    )
    scraped.metrics.follow(small_centre(1), PauseNames([Pause(reason="1", ru="обед", en="lunch")]))
    paused = {
        dict(labels)["reason"]: value
        for (name, labels), value in (await scraped.samples()).items()
        if name == "callengine_agents_paused"
    }
    assert set(paused) == {"lunch", "pause", "other", *REASONS.values()}
    assert {reason: count for reason, count in paused.items() if count} == {
        "lunch": 2,
        "pause": 1,
        "no answer": 1,
        "other": 2,
    }
