"""One run of an engine, as its journal has it: each event, when it was handled, and what was decided."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from queues.messages.decision import Decision
from queues.messages.events import Event
from storage.rows.codec import decision_from_json, event_from_json
from storage.schema.tables import journal, runs


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """One start of the engine. `missing`: how many of its decisions are not in the journal (any more)."""

    node: str
    epoch: int
    started_at: datetime
    events: int
    missing: int


async def recorded_run(engine: AsyncEngine, node: str, epoch: int | None) -> RecordedRun | None:
    """The run of that number, or the latest; None when there is none with a journal."""
    wanted = (
        select(
            runs.c.epoch,
            runs.c.started_at,
            func.count(journal.c.seq).label("events"),
            func.max(journal.c.seq).label("last"),
        )
        .join(journal, (journal.c.node == runs.c.node) & (journal.c.epoch == runs.c.epoch))
        .where(runs.c.node == node)
        .group_by(runs.c.epoch, runs.c.started_at)
        .order_by(runs.c.epoch.desc())
        .limit(1)
    )
    if epoch is not None:
        wanted = wanted.where(runs.c.epoch == epoch)
    async with engine.connect() as connection:
        row = (await connection.execute(wanted)).first()
    if row is None:
        return None
    # Decisions are numbered from 1 without a gap.
    return RecordedRun(node, row.epoch, row.started_at, row.events, row.last - row.events)


async def recorded(
    engine: AsyncEngine, node: str, epoch: int
) -> AsyncIterator[tuple[datetime, Event, Decision]]:
    """Its journal in order. Raises KeyError or msgspec.ValidationError for what a newer version wrote."""
    query = select(journal).where(journal.c.node == node, journal.c.epoch == epoch).order_by(journal.c.seq)
    async with engine.connect() as connection:
        async for row in await connection.stream(query):
            yield row.at, event_from_json(row.event), decision_from_json(row.decision)
