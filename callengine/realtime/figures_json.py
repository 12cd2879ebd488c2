"""Figures as JSON: for programs that read the API, and for reconcile, which wants the sums themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from callengine.realtime.figures import CentreFigures, QuarterHour, ScopeFigures
from callengine.realtime.recheck import Shown, summed
from callengine.realtime.seed import CountedCall
from callengine.realtime.windows import CENTRE, ScopeName
from queues.terms.identifiers import QueueName
from sla.agent_time import AgentTime
from sla.call_facts import CallFacts, Measure, Promise, microseconds
from sla.figures import Figures, Rated
from sla.promises import ClockStart
from sla.service_level import FORMULAS

_SECOND = timedelta(seconds=1)


def centre_json(figures: CentreFigures) -> dict[str, Any]:
    """Everything; durations in seconds, ratios from 0 to 1, null where nothing was counted."""
    return {
        "at": figures.at.isoformat(),
        "since": figures.since.isoformat(),
        "unknown_since": _moment(figures.unknown_since),
        "occupancy": _number(figures.occupancy),
        "centre": _scope(figures.total),
        "queues": {queue: _scope(scope) for queue, scope in figures.queues.items()},
        "companies": {company: _scope(scope) for company, scope in figures.companies.items()},
        "agents": {agent: _agent(time) for agent, time in figures.agents.items()},
    }


def quarters_json(quarters: tuple[QuarterHour, ...]) -> list[dict[str, Any]]:
    """A strip: 96 quarters of an hour."""
    return [{"start": one.start.isoformat(), **figures_json(one.figures)} for one in quarters]


def sums_json(shown: Shown) -> dict[str, Any]:
    """The sums that every figure is a quotient of, by window and scope, exact; and made again from their calls."""
    figures, again = shown.figures, shown.again()
    scopes: list[tuple[ScopeName, ScopeFigures]] = [(CENTRE, figures.total)]
    scopes += [(("queue", name), scope) for name, scope in figures.queues.items()]
    scopes += [(("company", name), scope) for name, scope in figures.companies.items()]
    return {
        "at": figures.at.isoformat(),
        "since": figures.since.isoformat(),
        "scopes": [
            {
                "kind": name[0],
                "name": name[1],
                "window": window,
                "sums": measures_json(counted.sums),
                "again": measures_json(again.get((name, window), {})),
            }
            for name, scope in scopes
            for window, counted in scope.by_window.items()
        ],
        "agents": {
            agent: {state: microseconds(spent) for state, spent in time.times.items()}
            for agent, time in figures.agents.items()
        },
    }


def measures_json(sums: Mapping[Measure, int]) -> dict[str, int]:
    """One sum a key, `group: what`."""
    return {f"{group}: {name}": amount for (group, name), amount in sorted(sums.items()) if amount}


def call_json(counted: CountedCall) -> dict[str, Any]:
    """What is counted of one call."""
    facts = counted.facts
    return {"call": counted.call, "queue": counted.queue, "company": counted.company, **facts_json(facts)}


def quarter_json(
    quarter: datetime,
    known_since: datetime,
    calls: Iterable[CountedCall],
    sums: Mapping[ScopeName, Mapping[Measure, int]],
    promises: Mapping[QueueName, Promise],
) -> dict[str, Any]:
    """What is counted of the calls of a quarter of an hour, and the sums they are in, as in `sums_json`."""
    counted = list(calls)
    again = summed(counted, promises)
    return {
        "quarter": quarter.isoformat(),
        "known_since": known_since.isoformat(),
        "calls": [call_json(one) for one in counted],
        "scopes": [
            {
                "kind": name[0],
                "name": name[1],
                "window": quarter.isoformat(),
                "sums": measures_json(of_it),
                "again": measures_json(again.get(name, {})),
            }
            for name, of_it in sums.items()
        ],
    }


def facts_json(facts: CallFacts) -> dict[str, Any]:
    """Moments to the microsecond, UTC."""
    return {
        "arrived_at": _moment(facts.arrived_at),
        "queued_at": _moment(facts.queued_at),
        "answered_at": _moment(facts.answered_at),
        "ended_at": _moment(facts.ended_at),
        "outcome": facts.outcome,
        "by_fallback": facts.by_fallback,
        "transfers": facts.transfers,
        "wrap_up_seconds": facts.wrap_up / _SECOND,
        "is_repeat": facts.is_repeat,
        "contacted_at": _moment(facts.contacted_at),
        "doubted_since": _moment(facts.doubted_since),
    }


def figures_json(figures: Figures) -> dict[str, Any]:
    """One interval's figures, all of them."""
    return {
        "offered": figures.offered,
        "answered": figures.answered,
        "answered_within": figures.answered_within,
        "unanswered": figures.unanswered,
        "abandoned": figures.abandoned,
        "short_abandons": figures.short_abandons,
        "waiting": figures.waiting,
        "outcomes": figures.outcomes,
        "by_fallback": figures.by_fallback,
        "transfers": figures.transfers,
        "transferred": figures.transferred,
        "repeat_calls": figures.repeat_calls,
        "unknown_seconds": figures.unknown / _SECOND,
        "service_level": {formula: _rated(figures.service_level(formula)) for formula in FORMULAS},
        "by_clock": {clock.value: _rated(figures.service_level(clock=clock)) for clock in ClockStart},
        "speed_of_answer_seconds": _number(figures.speed_of_answer),
        "time_to_abandon_seconds": _number(figures.time_to_abandon),
        "time_to_human_seconds": _number(figures.time_to_human),
        "handle_time_seconds": _number(figures.handle_time),
        "talk_time_seconds": _number(figures.talk_time),
        "wrap_up_time_seconds": _number(figures.wrap_up_time),
        "abandonment": _number(figures.abandonment),
    }


def _scope(scope: ScopeFigures) -> dict[str, Any]:
    return {
        "promise": _promise(scope.promise),
        "waiting": scope.waiting,
        "waiting_late": scope.waiting_late,
        "longest_wait_seconds": scope.longest_wait / _SECOND,
        **{window: figures_json(figures) for window, figures in scope.by_window.items()},
    }


def _promise(promise: Promise | None) -> dict[str, Any] | None:
    if promise is None:
        return None
    return {"target_seconds": promise.target / _SECOND, "goal": promise.goal, "clock": promise.clock.value}


def _agent(time: AgentTime) -> dict[str, Any]:
    seconds = {state: spent / _SECOND for state, spent in time.times.items()}
    return {"seconds": seconds, "occupancy": _number(time.occupancy)}


def _rated(rated: Rated) -> dict[str, Any]:
    return {
        "low": _number(rated.low),
        "value": _number(rated.value),
        "high": _number(rated.high),
        "calls": rated.calls,
        "interval": rated.interval,
        "enough": rated.enough,
    }


def _number(value: Fraction | timedelta | None) -> float | None:
    if value is None:
        return None
    return value / _SECOND if isinstance(value, timedelta) else float(value)


def _moment(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()
