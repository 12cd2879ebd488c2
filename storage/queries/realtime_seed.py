"""What figures are recounted from: the ledger's rows of an interval, as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from queues.terms.phone import Phone
from storage.schema.desk_tables import outgoing_calls
from storage.schema.tables import (
    agent_states,
    attempts,
    calls,
    link_gaps,
    obligation_calls,
    obligations,
    runs,
    transfers,
)


@dataclass(frozen=True, slots=True)
class FigureCall:
    """One offered call; None where it has not happened. `queued_at`: entry into either waiting line."""

    call: str
    queue: str
    company: str
    number: Phone
    arrived_at: datetime
    queued_at: datetime | None = None
    answered_at: datetime | None = None
    agent: str | None = None
    ended_at: datetime | None = None
    outcome: str | None = None
    by_fallback: bool = False


@dataclass(frozen=True, slots=True)
class Spoke:
    """An agent began to speak with a resident, in this call; None: he called somebody back."""

    at: datetime
    agent: str
    call: str | None


@dataclass(frozen=True, slots=True)
class StateChange:
    """An agent's state from here on."""

    place: tuple[int, int, int]
    at: datetime
    agent: str
    state: str


@dataclass(frozen=True, slots=True)
class LinkChange:
    """The link to the PBX was lost, or restored."""

    place: tuple[int, int, int]
    at: datetime
    restored: bool


@dataclass(frozen=True, slots=True)
class Run:
    """One start of the engine; `seen_at`: it certainly ran until then."""

    place: tuple[int, int, int]
    at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class FigureRows:
    """Everything that the figures of calls arriving from `start` up to `end` follow from.

    `places` order what happened as it was decided: epoch, number of the decision, number in it.
    """

    start: datetime
    end: datetime
    calls: Sequence[FigureCall] = ()
    spoke: Sequence[Spoke] = ()
    states: Sequence[StateChange] = ()
    link: Sequence[LinkChange] = ()
    runs: Sequence[Run] = ()
    first_start: datetime | None = None
    """When an engine ran on this ledger for the very first time."""
    transfers: Sequence[str] = ()
    """The calls passed on, once for each time."""
    contacts: Sequence[tuple[str, datetime]] = ()
    """Calls that nobody answered, and when a human spoke with the resident afterwards."""
    owed: Sequence[tuple[str, str]] = ()
    """What is owed now, and the calls it answers for."""
    dialling: Sequence[tuple[str, str]] = ()
    """Dials of callbacks that are under way, and whose they are."""


async def figure_rows(
    engine: AsyncEngine,
    node: str,
    start: datetime,
    end: datetime,
    *,
    with_open: bool = False,
    facts_until: datetime | None = None,
) -> FigureRows:
    """Read them. `with_open`: calls that are still on the line too, however long ago they came.

    What befell the calls is read up to `facts_until`; None: up to `end`.
    """
    until = facts_until or end
    async with engine.connect() as connection:
        read = _Reader(connection)
        wanted = and_(calls.c.arrived_at >= start, calls.c.arrived_at < end)
        if with_open:
            wanted = or_(wanted, calls.c.outcome.is_(None))
        wanted = and_(calls.c.node == node, wanted)
        found = [_call(row) for row in await read(select(*_CALL_COLUMNS).where(wanted))]
        passed_on = await read(_transfers(wanted))
        dialled = [
            row
            for table in (attempts, outgoing_calls)
            for row in await read(
                select(table.c.dialled_at, table.c.agent).where(
                    table.c.dialled_at.is_not(None), table.c.made_at >= start, table.c.made_at < until
                )
            )
        ]
        spoke = [
            Spoke(one.answered_at, one.agent, one.call) for one in found if one.agent and one.answered_at
        ]
        spoke += [Spoke(row.at, row.agent, row.call) for row in passed_on]
        spoke += [Spoke(row.dialled_at, row.agent, None) for row in dialled]
        return FigureRows(
            start,
            end,
            calls=sorted(found, key=lambda one: (one.arrived_at, one.call)),
            spoke=sorted(spoke, key=lambda one: one.at),
            states=[
                StateChange((row.epoch, row.seq, row.n), row.at, row.agent, row.state)
                for row in await read(_states(node, start, until))
            ],
            link=await _link_changes(read, node, start, until),
            runs=await _runs(read, node, start, until),
            first_start=await read.first_start(node),
            transfers=[row.call for row in passed_on],
            contacts=[(row.call, row.contacted_at) for row in await read(_contacts(wanted))],
            owed=[(row.obligation, row.call) for row in await read(_owed(node))],
            dialling=[
                (row.attempt, row.agent)
                for table in (attempts, outgoing_calls)
                for row in await read(
                    select(table.c.attempt, table.c.agent).where(table.c.ended_at.is_(None))
                )
            ],
        )


async def sight(
    engine: AsyncEngine, node: str, start: datetime, end: datetime
) -> tuple[Sequence[Run], Sequence[LinkChange]]:
    """When an engine ran and when the link to the PBX was lost and restored: what was seen of an interval."""
    async with engine.connect() as connection:
        read = _Reader(connection)
        return await _runs(read, node, start, end), await _link_changes(read, node, start, end)


_CALL_COLUMNS = (
    calls.c.call,
    calls.c.queue,
    calls.c.company,
    calls.c.number,
    calls.c.arrived_at,
    calls.c.queued_at,
    calls.c.fallback_at,
    calls.c.answered_at,
    calls.c.agent,
    calls.c.ended_at,
    calls.c.outcome,
    calls.c.served_by,
)


class _Reader:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def __call__(self, query: Select[Any]) -> Sequence[Row[Any]]:
        rows: Sequence[Row[Any]] = (await self._connection.execute(query)).all()
        return rows

    async def first_start(self, node: str) -> datetime | None:
        query = select(runs.c.started_at).where(runs.c.node == node).order_by(runs.c.epoch).limit(1)
        found: datetime | None = await self._connection.scalar(query)
        return found


def _call(row: Row[Any]) -> FigureCall:
    entries = [moment for moment in (row.queued_at, row.fallback_at) if moment is not None]
    return FigureCall(
        call=row.call,
        queue=row.queue,
        company=row.company,
        number=Phone(row.number),
        arrived_at=row.arrived_at,
        queued_at=min(entries, default=None),
        answered_at=row.answered_at,
        agent=row.agent,
        ended_at=row.ended_at,
        outcome=row.outcome,
        by_fallback=row.served_by == "fallback",
    )


def _transfers(wanted: ColumnElement[bool]) -> Select[Any]:
    return (
        select(transfers.c.call, transfers.c.at, transfers.c.agent)
        .join(calls, and_(calls.c.node == transfers.c.node, calls.c.call == transfers.c.call))
        .where(wanted)
    )


def _contacts(wanted: ColumnElement[bool]) -> Select[Any]:
    return (
        select(calls.c.call, obligations.c.contacted_at)
        .join(
            obligation_calls,
            and_(obligation_calls.c.node == calls.c.node, obligation_calls.c.call == calls.c.call),
        )
        .join(obligations, obligations.c.obligation == obligation_calls.c.obligation)
        .where(wanted, obligations.c.closed_at.is_not(None), obligations.c.contacted_at.is_not(None))
    )


def _owed(node: str) -> Select[Any]:
    return (
        select(obligation_calls.c.obligation, obligation_calls.c.call)
        .join(obligations, obligations.c.obligation == obligation_calls.c.obligation)
        .where(obligation_calls.c.node == node, obligations.c.closed_at.is_(None))
    )


def _states(node: str, start: datetime, end: datetime) -> Select[Any]:
    table = agent_states.c
    return (
        select(table.epoch, table.seq, table.n, table.at, table.agent, table.state)
        .where(table.node == node, table.at >= start, table.at < end)
        .order_by(table.epoch, table.seq, table.n)
    )


async def _link_changes(read: _Reader, node: str, start: datetime, end: datetime) -> list[LinkChange]:
    """Those in the interval, and the last two before it: whether it began in a gap, and when that had begun."""
    table = link_gaps.c
    inside = select(link_gaps).where(table.node == node, table.at >= start, table.at < end)
    before = (
        select(link_gaps)
        .where(table.node == node, table.at < start)
        .order_by(table.at.desc(), table.epoch.desc(), table.seq.desc())
        .limit(2)
    )
    rows = [*reversed(await read(before)), *await read(inside.order_by(table.epoch, table.seq))]
    return [LinkChange((row.epoch, row.seq, -1), row.at, row.restored) for row in rows]


async def _runs(read: _Reader, node: str, start: datetime, end: datetime) -> list[Run]:
    """Those that started in the interval, and the one before them."""
    table = runs.c
    rows = await read(select(runs).where(table.node == node, table.started_at < end).order_by(table.epoch))
    kept = [
        row
        for index, row in enumerate(rows)
        if row.started_at >= start or index + 1 == len(rows) or rows[index + 1].started_at >= start
    ]
    return [Run((row.epoch, -1, -1), row.started_at, row.seen_at or row.started_at) for row in kept]
