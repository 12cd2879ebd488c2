"""Who was there: agents' time, an agent's days, and the busiest quarters of an hour against the staff."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.reports.model import NOT_LOGGED_IN, AgentFigures, BusyQuarter
from callengine.reports.period import Period
from callengine.reports.subject import KnownSubject
from sla.agent_time import READY, WORKING, AgentTime
from sla.call_facts import Promise
from sla.erlang import agents_needed
from sla.figures import Figures
from sla.quarters import QUARTER
from sla.unknown import Gap, unknown_within
from storage.queries import intervals as ledger
from storage.queries.intervals import AgentSums, OpenShift
from storage.queries.pauses import Pause, pauses_within

BUSIEST = 12
_MICROSECOND = timedelta(microseconds=1)
_LOGGED_OUT = "logged_out"


async def agents_of(
    connection: AsyncConnection,
    subject: KnownSubject,
    start: datetime,
    end: datetime,
    now: datetime,
    gaps: Sequence[Gap],
) -> list[AgentFigures]:
    """Everybody who worked for it in the interval, by name; all of his work, for whomever it was.

    What lies in a gap is in nobody's time: not the state he was seen in last, nor any other.
    """
    node, names, end = subject.scope.node, subject.agents, min(end, now)
    sums = await ledger.agents_sums(connection, node, start, end, _chosen(subject))
    shifts = await ledger.open_shifts(connection, node)
    pauses = _by_reason(await pauses_within(connection, node, start, end, _chosen(subject)), gaps)
    found = [
        _agent(one, names.get(one.agent, one.agent), _going_on(shifts, start, end, gaps), pauses)
        for one in sums
    ]
    return sorted((one for one in found if one.logged_in), key=lambda one: (one.name, one.agent))


async def days_of_agent(
    connection: AsyncConnection, subject: KnownSubject, period: Period, now: datetime, gaps: Sequence[Gap]
) -> list[tuple[datetime, AgentFigures]]:
    """One agent's work by day; nothing for a report that is about calls."""
    if subject.subject.agent is None:
        return []
    found = []
    for start, end in period.days():
        if start >= now:
            break
        for one in await agents_of(connection, subject, start, end, now, gaps):
            found.append((start, one))
    return found


async def busiest_quarters(
    connection: AsyncConnection,
    subject: KnownSubject,
    offered: Mapping[datetime, int],
    total: Figures,
    figures_of: Callable[[datetime, datetime], Awaitable[Figures]],
) -> list[BusyQuarter]:
    """Those with the most calls, by time."""
    handling = total.handle_time
    most = sorted(sorted(offered, key=lambda quarter: (-offered[quarter], quarter))[:BUSIEST])
    node = subject.scope.node
    staff = await ledger.staff_by_quarter(connection, node, most, _chosen(subject))
    loads = await ledger.load_by_quarter(connection, node, most, subject.queues)
    promises = [subject.promises.get(queue, Promise()) for queue in subject.queues]
    found = []
    for quarter in most:
        times = staff.get(quarter, {})
        load = loads.get(quarter, 0)
        found.append(
            BusyQuarter(
                quarter,
                offered[quarter],
                load,
                await figures_of(quarter, quarter + QUARTER),
                _people(time for state, time in times.items() if state not in NOT_LOGGED_IN),
                _people(times.get(state, 0) for state in (*WORKING, *READY)),
                _needed(load, handling, promises),
            )
        )
    return found


def _needed(load: int, handling: timedelta | None, promises: list[Promise]) -> int | None:
    """By the strictest of the promises, as if all calls waited in one line."""
    if handling is None or not promises:
        return None
    strictest = min(promises, key=lambda one: (one.target, -one.goal))
    try:
        return agents_needed(load, QUARTER, handling, strictest.target, strictest.goal)
    except ValueError:
        return None


def _people(times: Iterable[int]) -> float:
    """Microseconds of a quarter of an hour as people who are there the whole of it."""
    return sum(times) / (QUARTER // _MICROSECOND)


def _chosen(subject: KnownSubject) -> list[str] | None:
    """None: everybody, also who is no longer in the settings."""
    one = subject.subject
    return list(subject.agents) if one.agent or one.queue or one.company else None


def _going_on(
    shifts: Iterable[OpenShift], start: datetime, end: datetime, gaps: Sequence[Gap]
) -> dict[str, AgentTime]:
    """What is booked in no sum yet: the state each agent is in, since he is, until `end` and as far as it was seen."""
    found: dict[str, AgentTime] = {}
    for shift in shifts:
        since = max(shift.since, start)
        if shift.state != _LOGGED_OUT and since < end:
            seen = end - since - unknown_within(gaps, since, end)
            found[shift.agent] = AgentTime({shift.state: seen} if seen else {})
    return found


def _by_reason(pauses: Iterable[Pause], gaps: Sequence[Gap]) -> dict[str, dict[str, timedelta]]:
    """Each agent's time in pauses by their reason."""
    found: dict[str, dict[str, timedelta]] = {}
    for one in pauses:
        of_agent = found.setdefault(one.agent, {})
        seen = one.end - one.start - unknown_within(gaps, one.start, one.end)
        of_agent[one.reason] = of_agent.get(one.reason, timedelta(0)) + seen
    return found


def _agent(
    sums: AgentSums,
    name: str,
    going_on: Mapping[str, AgentTime],
    pauses: Mapping[str, Mapping[str, timedelta]],
) -> AgentFigures:
    time = AgentTime({state: timedelta(microseconds=us) for state, us in sums.times.items() if us})
    time += going_on.get(sums.agent, AgentTime())
    return AgentFigures(sums.agent, name, sums.conversations, time, pauses.get(sums.agent, {}))
