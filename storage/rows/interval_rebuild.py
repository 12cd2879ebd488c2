"""The sums by quarter of an hour, made again from the rows they sum."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, exists, or_, select, text

from queues.messages.journal import AgentState
from storage.rows.agent_time import AgentBook
from storage.rows.interval_writer import (
    CALL_COLUMNS,
    Bucket,
    add_call_sums,
    bucket_of,
    keep_book,
    seen_until,
)
from storage.schema.desk_tables import outgoing_calls
from storage.schema.interval_columns import facts_of, sums_of
from storage.schema.interval_tables import (
    agent_clocks,
    agent_quarters,
    call_quarters,
    queue_quarters,
    rollup_marks,
)
from storage.schema.tables import (
    agent_states,
    attempts,
    calls,
    journal,
    link_gaps,
    obligations,
    runs,
    transfers,
)

_PAGE = 20_000
_BUCKETS = 2_000
_LONGEST_CALL = timedelta(hours=12)
_SUMMED = (call_quarters, queue_quarters, agent_quarters, agent_clocks, rollup_marks)
Sums = dict[Bucket, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What was summed."""

    calls: int
    changes: int
    """Of agents' states."""


def fill_where_missing(connection: Connection) -> None:
    """After an upgrade: sum for each node whose rows have never been summed."""
    unsummed = ~exists().where(rollup_marks.c.node == runs.c.node)
    for node in connection.execute(select(runs.c.node).where(unsummed).distinct()).scalars().all():
        rebuild(connection, node)


def rebuild(connection: Connection, node: str) -> Rebuilt:
    """Throw a node's sums away and make them again, in the caller's transaction; a running writer waits."""
    if connection.dialect.name == "postgresql":
        # Rows that the writer is just adding to the calls are not seen here, and are added by it afterwards.
        connection.execute(text(f"LOCK TABLE {', '.join(table.name for table in _SUMMED)} IN EXCLUSIVE MODE"))
    for table in _SUMMED:
        connection.execute(delete(table).where(table.c.node == node))
    return Rebuilt(_calls(connection, node), _agents(connection, node))


def _calls(connection: Connection, node: str) -> int:
    number = 0
    sums: Sums = defaultdict(lambda: defaultdict(int))
    query = select(*CALL_COLUMNS).where(calls.c.node == node).order_by(calls.c.arrived_at, calls.c.call)
    for row in _pages(connection, query, (calls.c.arrived_at, calls.c.call)):
        number += 1
        bucket = bucket_of(row)
        if bucket not in sums and len(sums) >= _BUCKETS:
            add_call_sums(connection, node, sums)
            sums.clear()
        for name, amount in sums_of(facts_of(row), row.verdict).items():
            sums[bucket][name] += amount
    add_call_sums(connection, node, sums)
    return number


def _agents(connection: Connection, node: str) -> int:
    mark: tuple[int, int] | None = None
    epoch: int | None = None
    number, book = 0, AgentBook(blind=True)
    talks = _Conversations(connection, node)
    for change in _changes(connection, node):
        if change.epoch != epoch:
            book.started(seen_until(connection, node, epoch, change.epoch, change.at))
            epoch = change.epoch
        for at, agent, call in talks.until(change.at):
            book.spoke(agent, call, at)
        if change.agent is None:
            (book.link_restored if change.restored else book.link_lost)(change.at)
        else:
            book.changed(change.agent, AgentState(change.state), change.at)
        mark, number = (change.epoch, change.seq), number + 1
        if len(book.times) >= _BUCKETS:
            _write(connection, node, book, mark)
    for at, agent, call in talks.until(None):
        book.spoke(agent, call, at)
    if mark is None:
        run = connection.execute(
            select(runs).where(runs.c.node == node).order_by(runs.c.epoch.desc()).limit(1)
        ).one_or_none()
        if run is None:
            return 0
        mark = (run.epoch, 0)
    _write(connection, node, book, _written_to(connection, node, mark))
    return number


def _written_to(connection: Connection, node: str, mark: tuple[int, int]) -> tuple[int, int]:
    """The last decision that is in the tables: it may have changed no agent's state."""
    row = connection.execute(
        select(journal.c.epoch, journal.c.seq)
        .where(journal.c.node == node)
        .order_by(journal.c.epoch.desc(), journal.c.seq.desc())
        .limit(1)
    ).one_or_none()
    return mark if row is None else max(mark, (mark[0], row.seq) if row.epoch == mark[0] else mark)


def _write(connection: Connection, node: str, book: AgentBook, mark: tuple[int, int]) -> None:
    keep_book(connection, node, book, mark)
    sums: Sums = defaultdict(lambda: defaultdict(int))
    wanted = sorted(book.rests)
    for start in range(0, len(wanted), 400):
        chunk = wanted[start : start + 400]
        query = select(calls.c.call, calls.c.arrived_at, calls.c.queue, calls.c.company)
        for row in connection.execute(query.where(calls.c.node == node, calls.c.call.in_(chunk))):
            sums[bucket_of(row)]["wrap_up_us"] += book.rests[row.call]
    add_call_sums(connection, node, sums)
    book.times.clear()
    book.conversations.clear()
    book.rests.clear()


@dataclass(frozen=True, slots=True)
class _Change:
    epoch: int
    seq: int
    n: int
    at: datetime
    agent: str | None
    state: str
    restored: bool


def _changes(connection: Connection, node: str) -> Iterator[_Change]:
    """Agents' changes of state and the link's, in the order they were decided."""
    states = _pages(
        connection,
        select(agent_states)
        .where(agent_states.c.node == node)
        .order_by(agent_states.c.epoch, agent_states.c.seq, agent_states.c.n),
        (agent_states.c.epoch, agent_states.c.seq, agent_states.c.n),
    )
    gaps = connection.execute(
        select(link_gaps).where(link_gaps.c.node == node).order_by(link_gaps.c.epoch, link_gaps.c.seq)
    ).all()
    yield from heapq.merge(
        (_Change(row.epoch, row.seq, row.n, row.at, row.agent, row.state, False) for row in states),
        (_Change(row.epoch, row.seq, -1, row.at, None, "", bool(row.restored)) for row in gaps),
        key=lambda change: (change.epoch, change.seq, change.n),
    )


class _Conversations:
    """Who began to speak with whom, by time; read in stretches, because there are as many as calls."""

    def __init__(self, connection: Connection, node: str) -> None:
        self._connection = connection
        self._node = node
        self._read_to: datetime | None = None
        self._ahead: list[tuple[datetime, str, str | None]] = []
        self._next = 0

    def until(self, at: datetime | None) -> Iterator[tuple[datetime, str, str | None]]:
        """Those up to this moment that were not given yet; None: all the others."""
        if at is None or self._read_to is None or at > self._read_to:
            yield from self._ahead[self._next :]
            self._ahead, self._next = self._read(at), 0
        while self._next < len(self._ahead) and (at is None or self._ahead[self._next][0] <= at):
            self._next += 1
            yield self._ahead[self._next - 1]

    def _read(self, at: datetime | None) -> list[tuple[datetime, str, str | None]]:
        """The stretch behind what was read: an hour beyond the moment that is asked for."""
        start, self._read_to = self._read_to, None if at is None else at + timedelta(hours=1)
        answered = [calls.c.node == self._node, calls.c.agent.is_not(None), calls.c.answered_at.is_not(None)]
        passed = [transfers.c.node == self._node]
        dialled: list[Any] = [obligations.c.node == self._node]
        by_hand: list[Any] = [outgoing_calls.c.node == self._node]
        if start is not None:
            answered += [calls.c.arrived_at > start - _LONGEST_CALL, calls.c.answered_at > start]
            passed.append(transfers.c.at > start)
            dialled.append(attempts.c.made_at > start)
            by_hand.append(outgoing_calls.c.made_at > start)
        if self._read_to is not None:
            answered += [calls.c.arrived_at <= self._read_to, calls.c.answered_at <= self._read_to]
            passed.append(transfers.c.at <= self._read_to)
            dialled.append(attempts.c.made_at <= self._read_to)
            by_hand.append(outgoing_calls.c.made_at <= self._read_to)
        found = [
            *self._connection.execute(
                select(calls.c.answered_at, calls.c.agent, calls.c.call).where(*answered)
            ),
            *self._connection.execute(
                select(transfers.c.at, transfers.c.agent, transfers.c.call).where(*passed)
            ),
        ]
        rows = [(row[0], row[1], row[2]) for row in found]
        query = select(attempts.c.made_at, attempts.c.agent).join(obligations).where(*dialled)
        query_by_hand = select(outgoing_calls.c.made_at, outgoing_calls.c.agent).where(*by_hand)
        for one in (query, query_by_hand):
            rows += [(row.made_at, row.agent, None) for row in self._connection.execute(one)]
        return sorted(rows, key=lambda row: row[0])


def _pages(connection: Connection, query: Any, key: Sequence[Any]) -> Iterator[Row[Any]]:
    """All rows of an ordered query, read in pages behind the last key: nothing grows with the ledger."""
    last: tuple[Any, ...] | None = None
    while True:
        page = query if last is None else query.where(_behind(key, last))
        rows = connection.execute(page.limit(_PAGE)).all()
        yield from rows
        if len(rows) < _PAGE:
            return
        last = tuple(getattr(rows[-1], column.name) for column in key)


def _behind(key: Sequence[Any], last: tuple[Any, ...]) -> Any:
    """Rows behind a key, written so that an index on the key's first column is used."""
    first = key[0] >= last[0]
    later = or_(*(and_(*(key[m] == last[m] for m in range(n)), key[n] > last[n]) for n in range(len(key))))
    return and_(first, later)
