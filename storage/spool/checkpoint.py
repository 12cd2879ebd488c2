"""What must be known to go on without the database: the rows of all that is open, and of the last calls."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, Table, or_, select, union

from storage.schema import tables
from storage.schema.desk_tables import outgoing_calls
from storage.schema.tables import (
    Instant,
    attempts,
    calls,
    human_tasks,
    messages,
    obligation_calls,
    obligations,
)
from storage.spool.records import Kept, instant, microseconds

LAST_CALLS = 2000
"""Of the calls that are over so many are kept: for the day's figures, and to know an inbox entry that is left over."""


def kept_rows(connection: Connection, node: str, at: datetime) -> Iterator[Kept]:
    """Read them all in one transaction, in an order in which they can be inserted."""
    for table, query in _queries(node, at):
        instants = _instants(table)
        for row in connection.execute(query).mappings():
            yield Kept(
                str(table.name),
                {
                    str(name): microseconds(value) if name in instants and value is not None else value
                    for name, value in row.items()
                },
            )


def as_row(kept: Kept) -> tuple[Table, dict[str, Any]]:
    """The row again, and where it belongs. Raises KeyError for a table that this version does not have."""
    table = tables.metadata.tables[kept.table]
    instants = _instants(table)
    known = {column.name for column in table.columns}
    return table, {
        name: instant(value) if name in instants and value is not None else value
        for name, value in kept.row.items()
        if name in known
    }


def _queries(node: str, at: datetime) -> Iterator[tuple[Table, Select[Any]]]:
    in_flight = select(attempts.c.obligation).where(attempts.c.ended_at.is_(None))
    wanted = union(
        select(obligations.c.obligation).where(obligations.c.node == node, obligations.c.closed_at.is_(None)),
        in_flight,
    ).subquery()
    owed = select(wanted.c.obligation)
    missed = select(obligation_calls.c.call).where(obligation_calls.c.obligation.in_(owed))
    last = (
        select(calls.c.call)
        .where(calls.c.node == node, calls.c.outcome.is_not(None))
        .order_by(calls.c.arrived_at.desc())
        .limit(LAST_CALLS)
    )
    yield (
        tables.runs,
        select(tables.runs).where(tables.runs.c.node == node).order_by(tables.runs.c.epoch.desc()).limit(1),
    )
    yield (
        calls,
        select(calls).where(
            calls.c.node == node,
            or_(calls.c.outcome.is_(None), calls.c.call.in_(missed), calls.c.call.in_(last)),
        ),
    )
    yield obligations, select(obligations).where(obligations.c.obligation.in_(owed))
    yield obligation_calls, select(obligation_calls).where(obligation_calls.c.obligation.in_(owed))
    yield (
        attempts,
        select(attempts).where(
            or_(attempts.c.obligation.in_(owed), attempts.c.made_at > at - timedelta(days=1))
        ),
    )
    yield (
        outgoing_calls,
        select(outgoing_calls).where(
            or_(outgoing_calls.c.ended_at.is_(None), outgoing_calls.c.made_at > at - timedelta(days=1))
        ),
    )
    yield human_tasks, select(human_tasks).where(human_tasks.c.obligation.in_(owed))
    yield messages, select(messages).where(messages.c.node == node, messages.c.reviewed_at.is_(None))
    yield tables.switches, select(tables.switches).where(tables.switches.c.node == node)


def _instants(table: Table) -> frozenset[str]:
    return frozenset(column.name for column in table.columns if isinstance(column.type, Instant))
