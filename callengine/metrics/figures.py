"""The tally's figures as gauges: exact, where what is computed from buckets is not. Made in the scrape's thread."""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Iterator, Sequence
from datetime import timedelta
from fractions import Fraction

from prometheus_client.core import GaugeMetricFamily

from callengine.realtime.figures import CentreFigures, ScopeFigures
from config.schema.pauses import PauseNames
from queues.live_state import AgentView
from queues.messages.journal import AgentState
from queues.terms.identifiers import QueueName
from sla.call_facts import Promise
from sla.figures import Figures
from sla.promises import ClockStart
from sla.service_level import FORMULAS

_SECOND = timedelta(seconds=1)


class _Families:
    """Families of gauges by name, each sample dropped that has no value: a ratio of nothing is absent."""

    def __init__(self) -> None:
        self._families: dict[str, GaugeMetricFamily] = {}

    def declare(self, name: str, text: str, *labels: str) -> None:
        self._families[name] = GaugeMetricFamily(f"callengine_{name}", text, labels=labels)

    def add(self, name: str, value: Fraction | timedelta | float | None, *labels: str) -> None:
        if value is not None:
            number = value / _SECOND if isinstance(value, timedelta) else float(value)
            self._families[name].add_metric(labels, number)

    def __iter__(self) -> Iterator[GaugeMetricFamily]:
        return iter(self._families.values())


def families_of(figures: CentreFigures) -> Iterator[GaugeMetricFamily]:
    """All of them."""
    families = _Families()
    _declare(families)
    for queue, scope in figures.queues.items():
        _add_queue(families, queue, scope)
    for company, scope in figures.companies.items():
        for window, counted in scope.by_window.items():
            rated = counted.service_level()
            families.add("company_service_level_ratio", rated.value, company, window)
            families.add("company_service_level_calls", rated.calls, company, window)
    for window, counted in figures.total.by_window.items():
        rated = counted.service_level()
        families.add("centre_service_level_ratio", rated.value, window)
        families.add("centre_service_level_calls", rated.calls, window)
        families.add("unknown_seconds", counted.unknown, window)
    families.add("occupancy_ratio", figures.occupancy)
    return iter(families)


def agents_by_queue(queues: Sequence[QueueName], agents: Sequence[AgentView]) -> Iterator[GaugeMetricFamily]:
    """How many agents are in each state, together and of each queue: who serves two is counted in both."""
    together = GaugeMetricFamily("callengine_agents", "Agents by state", labels=["state"])
    states = Counts(agent.state for agent in agents)
    for state in AgentState:
        together.add_metric([state], states[state])
    yield together
    by_queue = GaugeMetricFamily(
        "callengine_queue_agents", "Agents who serve the queue, by state", labels=["queue", "state"]
    )
    pairs = Counts((queue, agent.state) for agent in agents for queue in agent.queues)
    for queue in queues:
        for state in AgentState:
            by_queue.add_metric([queue, state], pairs[queue, state])
    yield by_queue


def paused_by_reason(agents: Sequence[AgentView], names: PauseNames) -> GaugeMetricFamily:
    """How many agents pause for which reason, by its English name."""
    paused = GaugeMetricFamily(
        "callengine_agents_paused",
        "Agents who pause, by what the settings call the reason",
        labels=["reason"],
    )
    reasons = Counts(names.label(one.pause_reason) for one in agents if one.state is AgentState.PAUSED)
    for label in names.labels():
        paused.add_metric([label], reasons[label])
    return paused


def _declare(families: _Families) -> None:
    declare = families.declare
    level = "Answered within the target ÷ offered"
    declare("calls_waiting", "Residents without a human", "queue")
    declare("calls_waiting_late", "Of these, past the queue's target", "queue")
    declare("longest_wait_seconds", "The longest present wait from arrival", "queue")
    declare("queue_target_seconds", "The queue's promise: answered within, from this clock", "queue", "clock")
    declare("queue_goal_ratio", "The queue's promise: this share of the offered", "queue")
    declare(
        "service_level_ratio", "Service level by named formula, by the queue's clock", "queue", "formula", "window"
    )  # fmt: skip
    declare("service_level_by_clock_ratio", f"{level}, by either clock", "queue", "clock", "window")
    declare(
        "service_level_low_ratio", f"{level}, at least: what nobody saw counted against it", "queue", "window"
    )
    declare(
        "service_level_high_ratio", f"{level}, at most: what nobody saw counted for it", "queue", "window"
    )
    declare("service_level_interval_low_ratio", f"{level}: its 95 % interval begins", "queue", "window")
    declare("service_level_interval_high_ratio", f"{level}: its 95 % interval ends", "queue", "window")
    declare("service_level_calls", "Calls in that denominator; below 10 it says little", "queue", "window")
    declare(
        "window_calls", "Calls that arrived in the window, by what became of them", "queue", "window", "kind"
    )
    declare("speed_of_answer_seconds", "ASA: mean wait of the answered", "queue", "window")
    declare("time_to_abandon_seconds", "Mean wait of those who hung up", "queue", "window")
    declare("time_to_human_seconds", "Mean time to a human over calls and callbacks", "queue", "window")
    declare("handle_time_seconds", "AHT: mean talk and wrap-up of a call", "queue", "window")
    declare("handle_time_part_seconds", "AHT's parts", "queue", "window", "part")
    declare("abandonment_ratio", "Hung up ÷ calls that wait no more", "queue", "window")
    declare("company_service_level_ratio", f"{level}, of one company", "company", "window")
    declare("company_service_level_calls", "Calls in that denominator", "company", "window")
    declare("centre_service_level_ratio", f"{level}, of all queues, each by its own promise", "window")
    declare("centre_service_level_calls", "Calls in that denominator", "window")
    declare("unknown_seconds", "How much of the window nobody saw", "window")
    declare("occupancy_ratio", "Talk and wrap-up ÷ these and readiness, all agents, today")


def _add_queue(families: _Families, queue: str, scope: ScopeFigures) -> None:
    promise = scope.promise or Promise()
    families.add("calls_waiting", scope.waiting, queue)
    families.add("calls_waiting_late", scope.waiting_late, queue)
    families.add("longest_wait_seconds", scope.longest_wait, queue)
    families.add("queue_target_seconds", promise.target, queue, promise.clock)
    families.add("queue_goal_ratio", promise.goal, queue)
    for window, figures in scope.by_window.items():
        _add_level(families, queue, window, figures)
        for kind, number in _kinds(figures).items():
            families.add("window_calls", number, queue, window, kind)
        families.add("speed_of_answer_seconds", figures.speed_of_answer, queue, window)
        families.add("time_to_abandon_seconds", figures.time_to_abandon, queue, window)
        families.add("time_to_human_seconds", figures.time_to_human, queue, window)
        families.add("handle_time_seconds", figures.handle_time, queue, window)
        families.add("handle_time_part_seconds", figures.talk_time, queue, window, "talk")
        families.add("handle_time_part_seconds", figures.wrap_up_time, queue, window, "wrap_up")
        families.add("abandonment_ratio", figures.abandonment, queue, window)


def _add_level(families: _Families, queue: str, window: str, figures: Figures) -> None:
    for formula in FORMULAS:
        families.add("service_level_ratio", figures.level.by_formula(formula), queue, formula, window)
    for clock in ClockStart:
        families.add("service_level_by_clock_ratio", figures.level_by(clock).ratio, queue, clock, window)
    rated = figures.service_level()
    families.add("service_level_calls", rated.calls, queue, window)
    families.add("service_level_low_ratio", rated.low, queue, window)
    families.add("service_level_high_ratio", rated.high, queue, window)
    if rated.interval is not None:
        families.add("service_level_interval_low_ratio", rated.interval[0], queue, window)
        families.add("service_level_interval_high_ratio", rated.interval[1], queue, window)


def _kinds(figures: Figures) -> dict[str, int]:
    """Whole numbers, as people expect them; what `increase()` makes of counters is not whole."""
    return {
        "offered": figures.offered,
        "answered": figures.answered,
        "answered_within": figures.answered_within,
        "unanswered": figures.unanswered,
        "abandoned": figures.abandoned,
        "abandoned_short": figures.short_abandons,
        "repeat": figures.repeat_calls,
        "transferred": figures.transferred,
    }
