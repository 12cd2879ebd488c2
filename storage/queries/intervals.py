"""What reports read: sums of quarters of an hour, and of what was owed. Nothing here grows with the number of calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Table,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from sla.call_facts import CallFacts, microseconds
from sla.unknown import Gap
from storage.schema.interval_columns import SUM_COLUMNS, facts_of
from storage.schema.interval_tables import (
    BOOKED_STATES,
    agent_clocks,
    agent_quarters,
    call_quarters,
    queue_quarters,
    rollup_marks,
)
from storage.schema.tables import EPOCH, calls, obligations, runs

_LONGEST_WAIT = timedelta(hours=1)
_LONGEST_LIMIT = timedelta(hours=2)
"""A rule's contact limit is an hour at most."""
STATE_COLUMNS = tuple(f"{state.value}_us" for state in BOOKED_STATES)
CONTACT_EDGES = (60, 120, 180, 300, 420, 600, 900, 1800)
"""Seconds from the arrival to the contact."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose calls: of one company, of one queue, of both, or all."""

    node: str
    company: str | None = None
    queue: str | None = None


@dataclass(frozen=True, slots=True)
class AgentSums:
    """One agent's time by state in microseconds, and the conversations he began."""

    agent: str
    conversations: int
    times: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class OwedCount:
    """How many obligations ended in one way. `closing` None: still open. `overdue`: open, and its time is over."""

    closing: str | None
    in_time: bool
    overdue: bool
    number: int


@dataclass(frozen=True, slots=True)
class OpenShift:
    """What an agent does now, since when it is not summed yet."""

    agent: str
    state: str
    since: datetime


async def sums_by_step(
    connection: AsyncConnection, scope: Scope, start: datetime, end: datetime, step: timedelta
) -> dict[int, dict[str, dict[str, int]]]:
    """All sums of the calls that arrived from `start` up to `end`: by number of the step (from 0), then by queue.

    All three are whole quarters of an hour. One pass over the sums, however many steps.
    """
    query = _sums_query(scope.company is not None, scope.queue is not None)
    given: dict[str, Any] = {
        "node": scope.node,
        "start": start,
        "end": end,
        "start_us": microseconds(start - EPOCH),
        "step_us": microseconds(step),
    }
    if scope.company is not None:
        given["company"] = scope.company
    if scope.queue is not None:
        given["queue"] = scope.queue
    found: dict[int, dict[str, dict[str, int]]] = {}
    for row in await connection.execute(query, given):
        found.setdefault(int(row[0]), {})[row[1]] = dict(zip(SUM_COLUMNS, map(int, row[2:]), strict=True))
    return found


async def offered_by_quarter(
    connection: AsyncConnection, scope: Scope, start: datetime, end: datetime
) -> dict[datetime, int]:
    """How many calls arrived in each quarter of an hour that has any."""
    table = _call_sums(scope.company is not None)
    query = (
        select(table.c.quarter, func.sum(table.c.offered))
        .where(*_of_scope(scope, table, start, end))
        .group_by(table.c.quarter)
    )
    return {row[0]: int(row[1]) for row in await connection.execute(query)}


async def agents_sums(
    connection: AsyncConnection, node: str, start: datetime, end: datetime, agents: Sequence[str] | None
) -> list[AgentSums]:
    """Time by state of each of these agents, or of all."""
    query = (
        select(
            agent_quarters.c.agent,
            func.sum(agent_quarters.c.conversations),
            *(func.sum(agent_quarters.c[name]) for name in STATE_COLUMNS),
        )
        .where(*_of_agents(node, start, end, agents))
        .group_by(agent_quarters.c.agent)
        .order_by(agent_quarters.c.agent)
    )
    rows = (await connection.execute(query)).all()
    return [AgentSums(row[0], int(row[1]), _times(row[2:])) for row in rows]


async def conversations_by_quarter(
    connection: AsyncConnection, node: str, start: datetime, end: datetime, agents: Sequence[str] | None
) -> dict[datetime, int]:
    """How many conversations these agents began in each quarter of an hour."""
    query = (
        select(agent_quarters.c.quarter, func.sum(agent_quarters.c.conversations))
        .where(*_of_agents(node, start, end, agents))
        .group_by(agent_quarters.c.quarter)
    )
    return {row[0]: int(row[1]) for row in await connection.execute(query) if row[1]}


async def staff_by_quarter(
    connection: AsyncConnection, node: str, quarters: Sequence[datetime], agents: Sequence[str] | None
) -> dict[datetime, dict[str, int]]:
    """Microseconds of these agents together in each of these quarters of an hour, by state."""
    chosen = [agent_quarters.c.node == node, agent_quarters.c.quarter.in_(quarters)]
    if agents is not None:
        chosen.append(agent_quarters.c.agent.in_(agents))
    query = (
        select(agent_quarters.c.quarter, *(func.sum(agent_quarters.c[name]) for name in STATE_COLUMNS))
        .where(*chosen)
        .group_by(agent_quarters.c.quarter)
    )
    return {row[0]: _times(row[1:]) for row in await connection.execute(query)}


async def load_by_quarter(
    connection: AsyncConnection, node: str, quarters: Sequence[datetime], queues: Sequence[str]
) -> dict[datetime, int]:
    """How many calls of these queues arrived in each of these quarters of an hour, whichever company's."""
    query = (
        select(queue_quarters.c.quarter, func.sum(queue_quarters.c.offered))
        .where(
            queue_quarters.c.node == node,
            queue_quarters.c.quarter.in_(quarters),
            queue_quarters.c.queue.in_(queues),
        )
        .group_by(queue_quarters.c.quarter)
    )
    return {row[0]: int(row[1]) for row in await connection.execute(query)}


async def open_shifts(connection: AsyncConnection, node: str) -> list[OpenShift]:
    """What agents do now; none while the link to the PBX is down."""
    mark = (
        await connection.execute(select(rollup_marks.c.blind).where(rollup_marks.c.node == node))
    ).scalar()
    if mark is None or mark:
        return []
    rows = await connection.execute(select(agent_clocks).where(agent_clocks.c.node == node))
    return [OpenShift(row.agent, row.state, row.since) for row in rows]


async def waiting_calls(
    connection: AsyncConnection, scope: Scope, start: datetime, end: datetime
) -> list[tuple[str, CallFacts]]:
    """Queue and facts of each call of the interval that waits for a human now."""
    query = select(calls).where(
        calls.c.outcome.is_(None), calls.c.answered_at.is_(None), *_calls_of(scope, start, end)
    )
    return [(row.queue, facts_of(row)) for row in await connection.execute(query)]


async def calls_decided_at(
    connection: AsyncConnection, scope: Scope, gap: Gap
) -> list[tuple[str, CallFacts]]:
    """Queue and facts of the calls that were found over, or answered, when a gap ended."""
    found = or_(
        calls.c.answered_at == gap.end, and_(calls.c.answered_at.is_(None), calls.c.ended_at == gap.end)
    )
    # One who came before the gap waited an hour at the most.
    query = select(calls).where(found, *_calls_of(scope, gap.start - _LONGEST_WAIT, gap.end))
    return [(row.queue, facts_of(row)) for row in await connection.execute(query)]


async def calls_of_queue(
    connection: AsyncConnection, scope: Scope, start: datetime, end: datetime
) -> Sequence[CallFacts]:
    """Every call of a queue: for a promise that the sums cannot tell, because its target is none of their edges."""
    rows = await connection.execute(select(calls).where(*_calls_of(scope, start, end)))
    return [facts_of(row) for row in rows]


async def owed(
    connection: AsyncConnection, scope: Scope, start: datetime, end: datetime, now: datetime
) -> tuple[list[OwedCount], dict[int, int]]:
    """Obligations by the arrival they answer for: how they ended, in time or not.

    And with how many of these residents somebody had spoken within each of CONTACT_EDGES. One pass: they are as many
    as the residents who were not answered.
    """
    contacted = obligations.c.contacted_at
    in_time = case((and_(contacted.is_not(None), contacted <= obligations.c.due_at), 1), else_=0)
    overdue = case((and_(obligations.c.closed_at.is_(None), obligations.c.due_at < now), 1), else_=0)
    spoke_us = _microseconds(contacted) - _microseconds(obligations.c.arrived_at)
    spoken = [func.sum(case((spoke_us <= edge * 1_000_000, 1), else_=0)) for edge in CONTACT_EDGES]
    query = (
        select(obligations.c.closing, in_time, overdue, func.count(), *spoken)
        .where(*_obligations_of(scope, start, end))
        .group_by(obligations.c.closing, in_time, overdue)
    )
    rows = (await connection.execute(query)).all()
    delays = {edge: sum(int(row[4 + n]) for row in rows) for n, edge in enumerate(CONTACT_EDGES)}
    return [OwedCount(row[0], bool(row[1]), bool(row[2]), int(row[3])) for row in rows], delays


async def first_start(connection: AsyncConnection, node: str) -> datetime | None:
    """When an engine first ran here."""
    started: datetime | None = (
        await connection.execute(select(func.min(runs.c.started_at)).where(runs.c.node == node))
    ).scalar()
    return started


def _call_sums(of_company: bool) -> Table:
    """Where the sums are: those of all companies are kept together, too."""
    return call_quarters if of_company else queue_quarters


@cache
def _sums_query(of_company: bool, of_queue: bool) -> Select[Any]:
    """Made once: it names a hundred columns."""
    table = _call_sums(of_company).c
    since = type_coerce(table.quarter, BigInteger) - bindparam("start_us", type_=BigInteger)
    number = (since // bindparam("step_us", type_=BigInteger)).label("number")
    query = (
        select(number, table.queue, *(func.sum(table[name]).label(name) for name in SUM_COLUMNS))
        .where(
            table.node == bindparam("node"),
            table.quarter >= bindparam("start"),
            table.quarter < bindparam("end"),
        )
        .group_by(number, table.queue)
    )
    if of_company:
        query = query.where(table.company == bindparam("company"))
    if of_queue:
        query = query.where(table.queue == bindparam("queue"))
    return query


def _microseconds(column: ColumnElement[Any]) -> ColumnElement[int]:
    return type_coerce(column, BigInteger)


def _of_scope(scope: Scope, table: Any, start: datetime, end: datetime) -> list[ColumnElement[bool]]:
    chosen = [table.c.node == scope.node, table.c.quarter >= start, table.c.quarter < end]
    return [*chosen, *_company_and_queue(scope, table)]


def _calls_of(scope: Scope, start: datetime, end: datetime) -> list[ColumnElement[bool]]:
    chosen = [calls.c.node == scope.node, calls.c.arrived_at >= start, calls.c.arrived_at < end]
    return [*chosen, *_company_and_queue(scope, calls)]


def _obligations_of(scope: Scope, start: datetime, end: datetime) -> list[ColumnElement[bool]]:
    """By the arrival; the index is on the due time, which is never far from it."""
    return [
        obligations.c.node == scope.node,
        obligations.c.due_at >= start,
        obligations.c.due_at < end + _LONGEST_LIMIT,
        obligations.c.arrived_at >= start,
        obligations.c.arrived_at < end,
        *_company_and_queue(scope, obligations),
    ]


def _company_and_queue(scope: Scope, table: Any) -> list[ColumnElement[bool]]:
    chosen = []
    if scope.company is not None:
        chosen.append(table.c.company == scope.company)
    if scope.queue is not None:
        chosen.append(table.c.queue == scope.queue)
    return chosen


def _of_agents(
    node: str, start: datetime, end: datetime, agents: Sequence[str] | None
) -> list[ColumnElement[bool]]:
    chosen = [
        agent_quarters.c.node == node,
        agent_quarters.c.quarter >= start,
        agent_quarters.c.quarter < end,
    ]
    return chosen if agents is None else [*chosen, agent_quarters.c.agent.in_(agents)]


def _times(values: Sequence[Any]) -> dict[str, int]:
    return {state.value: int(value) for state, value in zip(BOOKED_STATES, values, strict=True)}
