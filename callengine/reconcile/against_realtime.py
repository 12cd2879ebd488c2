"""The live figures against the ledger's: call by call, quarter by quarter, and every sum that is shown now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from callengine.realtime.figures_json import call_json
from callengine.realtime.seed import CountedCall, Recount
from callengine.reconcile.findings import Difference
from sla.agent_time import READY, WORKING
from sla.call_facts import microseconds
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


def differences_of_sums(scopes: Iterable[Mapping[str, Any]]) -> Iterator[Difference]:
    """What the engine shows against the calls that it shows it of, which are the ledger's if no call differs."""
    for scope in scopes:
        name = " ".join(filter(None, (scope["kind"], scope["name"], scope["window"])))
        shown, again = scope["sums"], scope["again"]
        for what in sorted({*shown, *again}):
            if shown.get(what, 0) != again.get(what, 0):
                yield Difference(LIVE, name, what, str(again.get(what, 0)), str(shown.get(what, 0)))


def differences_of_agents(past: Recount, live: Mapping[str, Any]) -> Iterator[Difference]:
    """The times that occupancy is made of."""
    times = past.agents.take(datetime.fromisoformat(live["at"]))
    for agent, states in live["agents"].items():
        spent = times[agent].times if agent in times else {}
        for state in (*WORKING, *READY):
            ours = microseconds(spent.get(state, timedelta(0)))
            if ours != states.get(state, 0):
                yield Difference(LIVE, f"agent {agent}", f"{state}, µs", str(ours), str(states.get(state, 0)))


def quarters_between(start: datetime, end: datetime) -> Iterator[datetime]:
    """The quarters of an hour that an interval touches."""
    quarter = quarter_of(start)
    while quarter < end:
        yield quarter
        quarter += QUARTER
