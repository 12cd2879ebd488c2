"""What one call adds to its quarter of an hour, and what figures follow from such sums.

The sums know no promise: waits are counted by `WAIT_EDGES` for both clocks, so that a target may be changed later.
`measures_of` gives the very sums that `sla.call_facts.contributions` gives for each call (a property test).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from queues.messages.journal import Outcome
from sla.call_facts import OWN, CallFacts, Measure, Promise, microseconds
from sla.compliance import Verdict
from sla.promises import ClockStart
from sla.service_level import SHORT_ABANDON
from sla.waits import WAIT_EDGES, edge_index

_ZERO = timedelta(0)
JUDGED = (
    Verdict.ANSWERED_IN_TIME,
    Verdict.CONTACTED_IN_TIME,
    Verdict.MESSAGE_REVIEWED_IN_TIME,
    Verdict.BROKEN,
    Verdict.NOT_OWED,
)
ENDINGS = ("answered", "abandoned", "other")
"""How a judged call ended: with a human, by hanging up, in another way."""
_EDGE_NAMES = (*map(str, WAIT_EDGES), "more")


def wait_columns(ending: str, clock: ClockStart) -> tuple[str, ...]:
    """The columns of one distribution, by edge: of the `answered` or of the `lost`."""
    return tuple(f"{ending}_{clock.value}_{edge}" for edge in _EDGE_NAMES)


_WAITS = {
    (ending, clock): wait_columns(ending, clock) for ending in ("answered", "lost") for clock in ClockStart
}
COUNT_COLUMNS = (
    "offered",
    "handled",
    "fallback",
    "abandoned_short",
    *(f"outcome_{outcome.value}" for outcome in Outcome),
    *(f"judged_{ending}_{verdict.value}" for ending in ENDINGS for verdict in JUDGED),
    *(column for columns in _WAITS.values() for column in columns),
)
TIME_COLUMNS = ("talk_us", "wrap_up_us", "abandon_us", "wait_arrival_us", "wait_queue_us")
"""Microseconds."""
SUM_COLUMNS = (*COUNT_COLUMNS, *TIME_COLUMNS)


def facts_of(row: Any) -> CallFacts:
    """A row of `calls` as the figures see it."""
    entries = [moment for moment in (row.queued_at, row.fallback_at) if moment is not None]
    return CallFacts(
        arrived_at=row.arrived_at,
        queued_at=min(entries, default=None),
        answered_at=row.answered_at,
        ended_at=row.ended_at if row.outcome is not None else None,
        outcome=row.outcome,
        by_fallback=row.served_by == "fallback",
    )


def sums_of(call: CallFacts, verdict: str | None) -> dict[str, int]:
    """What it adds; agents' rest is added when it is over (`agent_book`)."""
    sums = {"offered": 1}
    if call.outcome is not None:
        sums[f"outcome_{call.outcome}"] = 1
    if verdict is not None:
        sums[f"judged_{_ending(call)}_{verdict}"] = 1
    if call.waits:
        return sums
    if call.by_fallback:
        sums["fallback"] = 1
    for clock in ClockStart:
        times = call.times(clock)
        if times.wait is not None:
            sums[_WAITS["answered", clock][edge_index(times.wait)]] = 1
            sums[f"wait_{clock.value}_us"] = microseconds(times.wait)
        elif times.abandoned_after is not None:
            sums[_WAITS["lost", clock][edge_index(times.abandoned_after)]] = 1
    if call.answered_at is None:
        if call.outcome == Outcome.ABANDONED and call.ended_at is not None:
            waited = max(call.ended_at - call.arrived_at, _ZERO)
            sums["abandon_us"] = microseconds(waited)
            sums["abandoned_short"] = int(waited <= SHORT_ABANDON)
    elif call.ended_at is not None:
        sums["handled"] = 1
        sums["talk_us"] = microseconds(max(call.ended_at - call.answered_at, _ZERO))
    return sums


def is_edge(target: timedelta) -> bool:
    """Whether the sums tell exactly how many were answered within it."""
    return target in {timedelta(seconds=edge) for edge in WAIT_EDGES}


def measures_of(sums: Mapping[str, int], promise: Promise) -> dict[Measure, int]:
    """The sums under the figures' names, without those who wait. Raises ValueError unless the target is an edge."""
    if not is_edge(promise.target):
        raise ValueError(f"{promise.target} is none of the edges: {', '.join(map(str, WAIT_EDGES))} s")
    lost = sum(sums[column] for column in _WAITS["lost", ClockStart.ARRIVAL])
    found: dict[Measure, int] = {
        ("calls", "offered"): sums["offered"],
        ("calls", "unanswered"): lost,
        ("calls", "handled"): sums["handled"],
        ("calls", "fallback"): sums["fallback"],
        ("calls", "abandoned short"): sums["abandoned_short"],
        ("time", "talk"): sums["talk_us"],
        ("time", "wrap-up"): sums["wrap_up_us"],
        ("time", "to abandon"): sums["abandon_us"],
        **{("outcome", outcome.value): sums[f"outcome_{outcome.value}"] for outcome in Outcome},
    }
    for name, clock in (("arrival", ClockStart.ARRIVAL), ("queue", ClockStart.QUEUE), (OWN, promise.clock)):
        answered_within, answered_late = _split(sums, _WAITS["answered", clock], promise.target)
        lost_within, lost_late = _split(sums, _WAITS["lost", clock], promise.target)
        found[name, "answered_within"], found[name, "answered_late"] = answered_within, answered_late
        found[name, "abandoned_within"], found[name, "abandoned_late"] = lost_within, lost_late
        found[name, "short_abandons"] = _split(sums, _WAITS["lost", clock], SHORT_ABANDON)[0]
        found[name, "wait"] = sums[f"wait_{clock.value}_us"]
    return {measure: amount for measure, amount in found.items() if amount}


def _split(sums: Mapping[str, int], columns: tuple[str, ...], at: timedelta) -> tuple[int, int]:
    """How many lie within a limit that is an edge, and how many beyond it."""
    index = edge_index(at) + 1
    return sum(sums[column] for column in columns[:index]), sum(sums[column] for column in columns[index:])


def _ending(call: CallFacts) -> str:
    if call.answered_at is not None:
        return "answered"
    return "abandoned" if call.outcome == Outcome.ABANDONED else "other"
