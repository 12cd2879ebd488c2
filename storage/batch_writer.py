"""The one writer: decisions in, one transaction per flush, nothing lost while the database is away."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from queues.dispatcher import Decision
from queues.events import Event
from storage import tables
from storage.codec import decision_to_json, event_to_json
from storage.projection import Change, Insert, Place, Update, changes_of

_LONGEST_PAUSE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class _Record:
    seq: int
    at: datetime
    event: Event
    decision: Decision


class BatchWriter:
    """Keeps decisions in order and commits them together with the rows they make.

    `append` never blocks. A flush happens `flush_seconds` after the first append, at once when `max_rows` are
    waiting, and whenever somebody awaits `flush`. A flush that fails is tried again with growing pauses; natural
    keys make it harmless that an uncertain one is done twice.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        node: str,
        epoch: int,
        *,
        flush_seconds: float = 0.15,
        max_rows: int = 500,
    ) -> None:
        self._engine = engine
        self._node = node
        self._epoch = epoch
        self._flush_seconds = flush_seconds
        self._max_rows = max_rows
        self.on_failure: Callable[[Exception], None] = lambda problem: None
        """Told of each flush that failed; the flush is tried again all the same."""
        self._waiting: deque[_Record] = deque()
        self._seq = 0
        self._committed = 0
        self._wanted = asyncio.Event()
        self._progress = asyncio.Condition()
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    @property
    def pending_rows(self) -> int:
        """Decisions that are not committed yet."""
        return len(self._waiting)

    def start(self) -> None:
        """Begin to write; inside a running loop."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="ledger writer")

    def append(self, event: Event, decision: Decision, at: datetime) -> None:
        """Take one decision; it is committed within `flush_seconds` and the time of a commit."""
        self._seq += 1
        self._waiting.append(_Record(self._seq, at, event, decision))
        if len(self._waiting) >= self._max_rows:
            self._wanted.set()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._flush_seconds, self._wanted.set)

    async def flush(self, *, at_once: bool = True) -> None:
        """Return when everything appended so far is committed, however long the database is away.

        Without `at_once` it waits for the flush that is due anyway.
        """
        wanted = self._seq
        if self._committed >= wanted:
            return
        if at_once:
            self._wanted.set()
        async with self._progress:
            await self._progress.wait_for(lambda: self._committed >= wanted)

    async def close(self, *, limit_seconds: float = 10.0) -> None:
        """Write what is waiting, then stop. Raises TimeoutError when the database did not take it in time."""
        self._closing = True
        self._wanted.set()
        if self._task is None:
            return
        try:
            async with asyncio.timeout(limit_seconds):
                await asyncio.shield(self._task)
        finally:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            if self._timer is not None:
                self._timer.cancel()

    async def _run(self) -> None:
        pause = self._flush_seconds
        while not (self._closing and not self._waiting):
            await self._wanted.wait()
            self._wanted.clear()
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            while self._waiting:
                batch = [self._waiting[index] for index in range(min(len(self._waiting), self._max_rows))]
                try:
                    async with self._engine.begin() as connection:
                        await _write(connection, batch, self._node, self._epoch)
                except (SQLAlchemyError, OSError, TimeoutError) as problem:
                    self.on_failure(problem)
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
                    continue
                pause = self._flush_seconds
                for _ in batch:
                    self._waiting.popleft()
                async with self._progress:
                    self._committed = batch[-1].seq
                    self._progress.notify_all()


_ONE_BY_ONE = frozenset(
    {
        tables.obligations,
        tables.obligation_calls,
        tables.attempts,
        tables.human_tasks,
        tables.dial_refusals,
        tables.switches,
        tables.messages,
    }
)
"""Few rows, bound to one another by keys and by the law's unique indexes: written in the order they happened."""

_Updates = dict[tuple[Table, tuple[tuple[str, Any], ...]], dict[str, Any]]


async def _write(connection: AsyncConnection, batch: Iterable[_Record], node: str, epoch: int) -> None:
    inserts: dict[Table, list[dict[str, Any]]] = {tables.journal: []}
    updates: _Updates = {}
    in_order: list[Change] = []
    for record in batch:
        inserts[tables.journal].append(_journal_row(record, node, epoch))
        for n, entry in enumerate(record.decision.journal):
            for change in changes_of(entry, Place(node, epoch, record.seq, n)):
                match change:
                    case _ if change.table in _ONE_BY_ONE:
                        in_order.append(change)
                    case Insert(table, row):
                        inserts.setdefault(table, []).append(row)
                    case Update(table, key, values):
                        updates.setdefault((table, key), {}).update(values)
    for table, rows in inserts.items():
        await _insert(connection, table, rows)
    for (table, columns), rows in _grouped(updates).items():
        await _update(connection, table, columns, rows)
    for change in in_order:
        match change:
            case Insert(table, row):
                await _insert(connection, table, [row])
            case Update(table, key, values):
                await _update(connection, table, tuple(values), [{**dict(key), **values}])


def _journal_row(record: _Record, node: str, epoch: int) -> dict[str, Any]:
    return {
        "node": node,
        "epoch": epoch,
        "seq": record.seq,
        "at": record.at,
        "event": event_to_json(record.event),
        "decision": decision_to_json(record.decision),
    }


def _grouped(updates: _Updates) -> dict[tuple[Table, tuple[str, ...]], list[dict[str, Any]]]:
    """Updates of the same columns of a table go out as one statement with many rows."""
    groups: dict[tuple[Table, tuple[str, ...]], list[dict[str, Any]]] = {}
    for (table, key), values in updates.items():
        groups.setdefault((table, tuple(sorted(values))), []).append({**dict(key), **values})
    return groups


async def _insert(connection: AsyncConnection, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        await connection.execute(dialect.insert(table).on_conflict_do_nothing(), rows)


async def _update(
    connection: AsyncConnection, table: Table, columns: tuple[str, ...], rows: list[dict[str, Any]]
) -> None:
    keys = [column.name for column in table.primary_key.columns]
    statement = update(table).values({name: bindparam(f"new_{name}") for name in columns})
    for name in keys:
        statement = statement.where(table.c[name] == bindparam(f"key_{name}"))
    parameters = [
        {f"key_{name}": row[name] for name in keys} | {f"new_{name}": row[name] for name in columns}
        for row in rows
    ]
    await connection.execute(statement, parameters)
