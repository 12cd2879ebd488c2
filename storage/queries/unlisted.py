"""Calls to numbers that no line has."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from queues.terms.phone import Phone
from storage.schema.tables import calls


@dataclass(frozen=True, slots=True)
class UnlistedCall:
    """One of them."""

    arrived_at: datetime
    dialled: str
    number: Phone
    company: str
    queue: str
    outcome: str | None


async def unlisted_calls(
    connection: AsyncConnection, node: str, since: datetime, listed: Collection[str]
) -> Sequence[UnlistedCall]:
    """The latest first; what was unlisted when it was dialled and is in `listed` now is left out."""
    statement = (
        select(calls)
        .where(calls.c.node == node, calls.c.arrived_at >= since, calls.c.unlisted.is_not(None))
        .order_by(calls.c.arrived_at.desc())
    )
    return [
        UnlistedCall(row.arrived_at, row.unlisted, Phone(row.number), row.company, row.queue, row.outcome)
        for row in await connection.execute(statement)
        if row.unlisted not in listed
    ]
