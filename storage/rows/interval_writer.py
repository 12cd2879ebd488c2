"""The sums by quarter of an hour, kept in the transaction that changes the rows they sum.

Calls are read by their keys before and after the rows are written, and the difference is added: what is written twice
differs in nothing. Agents' time goes by the decisions' own order: what lies before the mark is summed already.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from queues.messages.journal import AgentState
from sla.quarters import quarter_of
from storage.rows.agent_time import AgentBook, Shift
from storage.rows.projection import Change, Insert, Place, Update
from storage.schema.desk_tables import outgoing_calls
from storage.schema.interval_columns import SUM_COLUMNS, facts_of, sums_of
from storage.schema.interval_tables import (
    BOOKED_STATES,
    agent_clocks,
    agent_quarters,
    call_quarters,
    queue_quarters,
    rollup_marks,
)
from storage.schema.tables import agent_states, attempts, calls, link_gaps, runs, transfers

Bucket = tuple[datetime, str, str]
"""Quarter, queue, company."""
_CHUNK = 400
_SUMMED = frozenset(
    {"queued_at", "fallback_at", "answered_at", "ended_at", "outcome", "served_by", "verdict"}
)
"""What the sums follow from; other columns of a call may change without them."""
CALL_COLUMNS = (
    calls.c.call,
    calls.c.queue,
    calls.c.company,
    calls.c.arrived_at,
    *(calls.c[name] for name in sorted(_SUMMED)),
)


class RollUp:
    """One transaction's: make it before the rows are written, `add` when they are."""

    def __init__(self, connection: Connection, node: str, changes: Sequence[tuple[Place, Change]]) -> None:
        self._connection = connection
        self._node = node
        self._changes = changes
        self._touched = sorted({call for _, change in changes if (call := _summed_call(change)) is not None})
        self._before = self._sums(self._touched)

    def add(self) -> None:
        """Add what the written rows differ by."""
        difference: dict[Bucket, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        now = self._sums(self._touched)
        for sign, found in ((-1, self._before), (1, now)):
            for bucket, sums in found.values():
                of_bucket = difference[bucket]
                for name, amount in sums.items():
                    of_bucket[name] += sign * amount
        rests = self._agents_time()
        buckets = now | self._sums(sorted(rests.keys() - now.keys()))
        for call, rest in rests.items():
            if call in buckets:
                difference[buckets[call][0]]["wrap_up_us"] += rest
        add_call_sums(self._connection, self._node, difference)

    def _sums(self, wanted: Sequence[str]) -> dict[str, tuple[Bucket, dict[str, int]]]:
        found = {}
        for start in range(0, len(wanted), _CHUNK):
            query = select(*CALL_COLUMNS).where(
                calls.c.node == self._node, calls.c.call.in_(wanted[start : start + _CHUNK])
            )
            for row in self._connection.execute(query):
                facts = facts_of(row)
                found[row.call] = (bucket_of(row), sums_of(facts, row.verdict))
        return found

    def _agents_time(self) -> Mapping[str, int]:
        """Book the agents' changes; the rests that are over, in microseconds by the call each followed."""
        news = [(place, change) for place, change in self._changes if _is_agents(change)]
        if not news:
            return {}
        mark = self._mark()
        if mark is not None:
            news = [one for one in news if (one[0].epoch, one[0].seq) > mark[:2]]
            if not news:
                return {}
        book = self._open_book(mark, news)
        epoch = None if mark is None else mark[0]
        for place, change in news:
            if place.epoch != epoch:
                book.started(seen_until(self._connection, self._node, epoch, place.epoch, _at(change)))
                epoch = place.epoch
            _tell(book, change)
        keep_book(self._connection, self._node, book, (news[-1][0].epoch, news[-1][0].seq))
        return book.rests

    def _mark(self) -> tuple[int, int, bool] | None:
        query = select(rollup_marks).where(rollup_marks.c.node == self._node)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else (row.epoch, row.seq, row.blind)

    def _open_book(
        self, mark: tuple[int, int, bool] | None, news: Sequence[tuple[Place, Change]]
    ) -> AgentBook:
        """With the shifts that the changes are about: of all agents when the link or the engine's run changes."""
        query = select(agent_clocks).where(agent_clocks.c.node == self._node)
        all_of_them = any(change.table is link_gaps for _, change in news)
        if not all_of_them and mark is not None and news[-1][0].epoch == mark[0]:
            query = query.where(agent_clocks.c.agent.in_({_agent(change) for _, change in news}))
        shifts = {
            row.agent: Shift(AgentState(row.state), row.since, row.call)
            for row in self._connection.execute(query)
        }
        return AgentBook(shifts, blind=mark is None or mark[2])


def bucket_of(row: Any) -> Bucket:
    """Which sums a call belongs to."""
    return quarter_of(row.arrived_at), row.queue, row.company


def add_call_sums(connection: Connection, node: str, difference: Mapping[Bucket, Mapping[str, int]]) -> None:
    """Add to the sums of quarters, also below zero, by company and of all; a quarter that has none yet gets them."""
    rows = [
        {"node": node, "quarter": quarter, "queue": queue, "company": company}
        | {name: sums.get(name, 0) for name in SUM_COLUMNS}
        for (quarter, queue, company), sums in sorted(difference.items())
        if any(sums.values())
    ]
    _add(connection, call_quarters, rows)
    _add(connection, queue_quarters, _of_all_companies(rows))


def _of_all_companies(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The same sums without the company; the rows are in order of quarter and queue."""
    of_queue: dict[tuple[datetime, str], dict[str, Any]] = {}
    for row in rows:
        sums = of_queue.setdefault((row["quarter"], row["queue"]), {})
        if sums:
            for name in SUM_COLUMNS:
                sums[name] += row[name]
        else:
            sums.update(row)
            del sums["company"]
    return list(of_queue.values())


def keep_book(connection: Connection, node: str, book: AgentBook, mark: tuple[int, int]) -> None:
    """Add what was booked, and keep the open shifts and up to which decision that is."""
    rows = [
        {
            "node": node,
            "quarter": quarter,
            "agent": agent,
            "conversations": book.conversations.get((quarter, agent), 0),
        }
        | {f"{state.value}_us": book.times.get((quarter, agent), {}).get(state, 0) for state in BOOKED_STATES}
        for quarter, agent in sorted({*book.times, *book.conversations})
    ]
    _add(connection, agent_quarters, rows)
    _put(
        connection,
        agent_clocks,
        [
            {
                "node": node,
                "agent": agent,
                "state": shift.state.value,
                "since": shift.since,
                "call": shift.call,
            }
            for agent, shift in sorted(book.shifts.items())
        ],
    )
    _put(connection, rollup_marks, [{"node": node, "epoch": mark[0], "seq": mark[1], "blind": book.blind}])


def seen_until(connection: Connection, node: str, before: int | None, epoch: int, at: datetime) -> datetime:
    """Until when the run before certainly saw what agents did: then, or when the next one started, else `at`."""
    earlier = before or 0
    wanted = runs.c.epoch.in_({earlier, earlier + 1, epoch})
    started: dict[int, datetime] = {}
    seen: dict[int, datetime] = {}
    for row in connection.execute(select(runs).where(runs.c.node == node, wanted)):
        started[row.epoch] = row.started_at
        seen[row.epoch] = row.seen_at or row.started_at
    following = started.get(earlier + 1, started.get(epoch, at))
    return min(seen.get(earlier, following), following)


def _summed_call(change: Change) -> str | None:
    if change.table is not calls:
        return None
    match change:
        case Insert(row=row):
            return str(row["call"])
        case Update(key=key, values=values):
            return str(dict(key)["call"]) if _SUMMED & values.keys() else None


def _is_agents(change: Change) -> bool:
    match change:
        case Insert(table):
            return table in {agent_states, link_gaps, transfers, attempts, outgoing_calls}
        case Update(table, values=values):
            return table is calls and values.get("agent") is not None


def _at(change: Change) -> datetime:
    values = change.row if isinstance(change, Insert) else change.values
    at: datetime = values.get("at") or values.get("made_at") or values["answered_at"]
    return at


def _agent(change: Change) -> str:
    return str(change.row["agent"] if isinstance(change, Insert) else change.values["agent"])


def _tell(book: AgentBook, change: Change) -> None:
    match change:
        case Insert(table, row) if table is agent_states:
            book.changed(row["agent"], AgentState(row["state"]), row["at"])
        case Insert(table, row) if table is link_gaps:
            (book.link_restored if row["restored"] else book.link_lost)(row["at"])
        case Insert(table, row) if table is transfers:
            book.spoke(row["agent"], row["call"], row["at"])
        case Insert(row=row):
            book.spoke(row["agent"], None, row["made_at"])
        case Update(key=key, values=values):
            book.spoke(values["agent"], dict(key)["call"], values["answered_at"])


def _add(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(_adding(connection.dialect.name, table), rows)


def _put(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(_putting(connection.dialect.name, table), rows)


@cache
def _adding(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Made once: it names a hundred columns."""
    statement = _insert(dialect, table)
    sums = {
        column.name: column + statement.excluded[column.name]
        for column in table.columns
        if not column.primary_key
    }
    return statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=sums)


@cache
def _putting(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    statement = _insert(dialect, table)
    values = {
        column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key
    }
    return statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=values)


def _insert(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    insert = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    return insert.values({column.name: bindparam(column.name) for column in table.columns})
