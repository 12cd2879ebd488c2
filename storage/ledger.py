"""The ledger: what is kept, and the questions the engine asks of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from queues.dispatcher import Decision
from queues.events import Event, LedgerRestored
from queues.identifiers import AttemptId, CallId
from storage.batch_writer import BatchWriter
from storage.codec import decision_from_json, event_from_json
from storage.engine import create_ledger_engine, keep_private, ledger_url
from storage.errors import LedgerError
from storage.left_open import left_open
from storage.schema import upgrade
from storage.tables import attempts, calls, journal, obligations, runs

_ID_CHUNK = 500


@dataclass(frozen=True, slots=True)
class CallRow:
    """What figures need of a call; None where it has not happened."""

    call: str
    queue: str
    company: str
    arrived_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    outcome: str | None
    served_by: str | None


@dataclass(frozen=True, slots=True)
class ObligationRow:
    """What figures need of an obligation."""

    obligation: str
    company: str
    arrived_at: datetime
    due_at: datetime
    closed_at: datetime | None
    closing: str | None
    reason: str | None
    state: str | None
    contacted_at: datetime | None


class Ledger:
    """One node's ledger on one database."""

    def __init__(
        self, engine: AsyncEngine, node: str, epoch: int, *, reader: AsyncEngine | None = None
    ) -> None:
        self.engine = engine
        self.reader = reader or engine
        """For lists and reports: never in the writer's way."""
        self.node = node
        self.epoch = epoch
        """Number of this start, counted from 1."""
        self.writer = BatchWriter(engine, node, epoch)

    async def close(self) -> None:
        """Write what is waiting and let go of the database. Raises TimeoutError when it did not take it."""
        try:
            await self.writer.close()
        finally:
            await self.engine.dispose()
            await self.reader.dispose()

    async def restored(self, at: datetime) -> LedgerRestored:
        """What earlier runs left open."""
        async with self.engine.connect() as connection:
            return await left_open(connection, self.node, at)

    async def settled_calls(self, ids: Iterable[CallId]) -> set[CallId]:
        """Of these calls, those whose outcome is committed."""
        wanted = list(ids)
        found: set[CallId] = set()
        async with self.engine.connect() as connection:
            for start in range(0, len(wanted), _ID_CHUNK):
                chunk = wanted[start : start + _ID_CHUNK]
                rows = await connection.execute(
                    select(calls.c.call).where(
                        calls.c.node == self.node, calls.c.call.in_(chunk), calls.c.outcome.is_not(None)
                    )
                )
                found.update(CallId(row.call) for row in rows)
        return found

    async def is_claimed(self, attempt: AttemptId) -> bool:
        """Law 4: whether this attempt, and no other of its number, is committed as in flight.

        Its row is written with the decision that made it; a unique index keeps a second one of the number out.
        """
        async with self.engine.connect() as connection:
            row = await connection.execute(
                select(attempts.c.attempt).where(attempts.c.attempt == attempt, attempts.c.ended_at.is_(None))
            )
            return row.first() is not None

    async def note_alive(self, at: datetime) -> None:
        """This run of the engine has seen everything until now. Raises SQLAlchemyError, OSError."""
        this_run = (runs.c.node == self.node) & (runs.c.epoch == self.epoch)
        async with self.engine.begin() as connection:
            await connection.execute(update(runs).where(this_run).values(seen_at=at))

    async def calls_between(self, start: datetime, end: datetime) -> Sequence[CallRow]:
        """Calls by arrival, from `start` up to but without `end`."""
        columns = (
            calls.c.call,
            calls.c.queue,
            calls.c.company,
            calls.c.arrived_at,
            calls.c.answered_at,
            calls.c.ended_at,
            calls.c.outcome,
            calls.c.served_by,
        )
        async with self.engine.connect() as connection:
            rows = await connection.execute(
                select(*columns)
                .where(calls.c.node == self.node, calls.c.arrived_at >= start, calls.c.arrived_at < end)
                .order_by(calls.c.arrived_at)
            )
            return [CallRow(*row) for row in rows]

    async def obligations_between(self, start: datetime, end: datetime) -> Sequence[ObligationRow]:
        """Obligations by the arrival they answer for."""
        columns = (
            obligations.c.obligation,
            obligations.c.company,
            obligations.c.arrived_at,
            obligations.c.due_at,
            obligations.c.closed_at,
            obligations.c.closing,
            obligations.c.reason,
            obligations.c.state,
            obligations.c.contacted_at,
        )
        async with self.engine.connect() as connection:
            rows = await connection.execute(
                select(*columns)
                .where(
                    obligations.c.node == self.node,
                    obligations.c.arrived_at >= start,
                    obligations.c.arrived_at < end,
                )
                .order_by(obligations.c.arrived_at)
            )
            return [ObligationRow(*row) for row in rows]

    async def recorded(self, epoch: int) -> AsyncIterator[tuple[datetime, Event, Decision]]:
        """One run's journal in order: when each event was handled, the event, the decision."""
        query = (
            select(journal)
            .where(journal.c.node == self.node, journal.c.epoch == epoch)
            .order_by(journal.c.seq)
        )
        async with self.engine.connect() as connection:
            async for row in await connection.stream(query):
                yield row.at, event_from_json(row.event), decision_from_json(row.decision)


async def open_ledger(url: str, node: str, at: datetime, *, password: str = "") -> Ledger:
    """Connect, migrate, and count this start. Raises LedgerError."""
    place = ledger_url(url, password)
    engine = create_ledger_engine(place)
    try:
        keep_private(place)
        await upgrade(engine)
        async with engine.begin() as connection:
            last = await connection.scalar(select(func.max(runs.c.epoch)).where(runs.c.node == node))
            epoch = (last or 0) + 1
            await connection.execute(insert(runs).values(node=node, epoch=epoch, started_at=at))
    except (SQLAlchemyError, OSError) as problem:
        await engine.dispose()
        reason = getattr(problem, "orig", None) or problem
        raise LedgerError(f"the ledger cannot be opened: {type(reason).__name__}: {reason}") from None
    except LedgerError:
        await engine.dispose()
        raise
    # A ledger in memory exists in its one connection only.
    in_memory = place.drivername.startswith("sqlite") and place.database in {None, "", ":memory:"}
    reader = None if in_memory else create_ledger_engine(place, read_only=True)
    return Ledger(engine, node, epoch, reader=reader)
