"""The live figures against the ledger's: call by call, quarter by quarter, and every sum that is shown now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any, Protocol

from callengine.call_records import HOUR, ScopeName, Sums
from callengine.figures_json import call_json, measures_json
from callengine.reconcile.findings import Difference
from callengine.recount import CountedCall, Recount
from queues.identifiers import QueueName
from sla.agent_time import READY, WORKING
from sla.call_facts import Promise, contributions, microseconds, waiting
from sla.quarters import QUARTER, quarter_of

LIVE = "live"


class LiveSide(Protocol):
    """The running engine, asked."""

    async def calls(self, quarter: datetime) -> dict[str, Any]:
        """What it counts of the calls that arrived in a quarter of an hour, and the sums they are in."""

    async def sums(self) -> dict[str, Any]:
        """All sums that its figures are quotients of, at this moment."""


def differences_of_calls(
    counted: Iterable[CountedCall], live: Iterable[Mapping[str, Any]]
) -> Iterator[Difference]:
    """Call by call, fact by fact."""
    told = {one["call"]: one for one in live}
    for call in counted:
        ours, theirs = call_json(call), told.pop(call.call, None)
        if theirs is None:
            yield Difference(LIVE, call.call, "call", "offered", "not counted")
            continue
        for what, value in ours.items():
            if theirs.get(what) != value:
                yield Difference(LIVE, call.call, what, str(value), str(theirs.get(what)))
    for unknown in told:
        yield Difference(LIVE, unknown, "call", "not in the ledger", "counted")


def differences_of_quarter(
    quarter: datetime,
    counted: Iterable[CountedCall],
    promises: Mapping[QueueName, Promise],
    live: Iterable[Mapping[str, Any]],
) -> Iterator[Difference]:
    """The sums of a quarter of an hour against those of its calls."""
    ours = _summed(counted, promises)
    told = {(one["kind"], one["name"]): one["sums"] for one in live}
    for scope in sorted({*ours, *told}):
        name = f"{_scope_name(scope)} {quarter.isoformat()}"
        yield from _of_sums(name, measures_json(ours.get(scope, {})), told.get(scope, {}))


def differences_of_sums(
    past: Recount, promises: Mapping[QueueName, Promise], zone: tzinfo, live: Mapping[str, Any]
) -> Iterator[Difference]:
    """Every figure that is exported now: of today, the last hour and the last quarter; and agents' time."""
    at = datetime.fromisoformat(live["at"])
    midnight = at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    told = {(one["kind"], one["name"], one["window"]): one["sums"] for one in live["scopes"]}
    for window, start in (("today", midnight), ("1h", at - HOUR), ("15m", at - QUARTER)):
        inside = [call for call in past.calls if start <= call.facts.arrived_at <= at]
        ours = _summed(inside, promises)
        for call in inside:
            if call.facts.waits:
                promise = promises.get(call.queue, Promise())
                _add_to_scopes(ours, call, waiting(call.facts, promise, at, past.gaps.blind_since))
        for scope in sorted({*ours, *((kind, name) for kind, name, _ in told)}):
            sums = told.get((*scope, window), {})
            yield from _of_sums(f"{_scope_name(scope)} {window}", measures_json(ours.get(scope, {})), sums)
    times = past.agents.take(at)
    for agent, states in live["agents"].items():
        spent = times[agent].times if agent in times else {}
        for state in (*WORKING, *READY):
            seconds = microseconds(spent.get(state, timedelta(0)))
            if seconds != states.get(state, 0):
                told_time = str(states.get(state, 0))
                yield Difference(LIVE, f"agent {agent}", f"{state}, µs", str(seconds), told_time)


def quarters_between(start: datetime, end: datetime) -> Iterator[datetime]:
    """The quarters of an hour that an interval touches."""
    quarter = quarter_of(start)
    while quarter < end:
        yield quarter
        quarter += QUARTER


def _summed(counted: Iterable[CountedCall], promises: Mapping[QueueName, Promise]) -> dict[ScopeName, Sums]:
    sums: dict[ScopeName, Sums] = {}
    for call in counted:
        _add_to_scopes(sums, call, contributions(call.facts, promises.get(call.queue, Promise())))
    return sums


def _add_to_scopes(sums: dict[ScopeName, Sums], call: CountedCall, added: Sums) -> None:
    for scope in (("centre", ""), ("queue", call.queue), ("company", call.company)):
        of_it = sums.setdefault(scope, {})
        for measure, amount in added.items():
            of_it[measure] = of_it.get(measure, 0) + amount


def _of_sums(name: str, ours: Mapping[str, int], told: Mapping[str, int]) -> Iterator[Difference]:
    for what in sorted({*ours, *told}):
        if ours.get(what, 0) != told.get(what, 0):
            yield Difference(LIVE, name, what, str(ours.get(what, 0)), str(told.get(what, 0)))


def _scope_name(scope: ScopeName) -> str:
    return " ".join(filter(None, scope))
