"""Voice messages that nobody has reviewed: for people, from the ledger alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from queues.terms.phone import Phone
from storage.schema.tables import calls, messages


@dataclass(frozen=True, slots=True)
class WaitingMessageRow:
    """One message. `path` is a file on the PBX; `opened_by` heard it last."""

    message: str
    company: str
    did: str
    queue: str
    number: Phone
    left_at: datetime
    due_at: datetime
    path: str
    opened_at: datetime | None
    opened_by: str


async def waiting_messages(engine: AsyncEngine, node: str) -> Sequence[WaitingMessageRow]:
    """Those not reviewed, the nearest deadline first."""
    query = (
        select(messages, calls.c.number, calls.c.typed_number)
        .outerjoin(calls, (calls.c.node == messages.c.node) & (calls.c.call == messages.c.message))
        .where(messages.c.node == node, messages.c.reviewed_at.is_(None))
        .order_by(messages.c.due_at)
    )
    async with engine.connect() as connection:
        return [
            WaitingMessageRow(
                message=row.message,
                company=row.company,
                did=row.did,
                queue=row.queue,
                number=Phone(row.typed_number or row.number or ""),
                left_at=row.left_at,
                due_at=row.due_at,
                path=row.path,
                opened_at=row.opened_at,
                opened_by=row.opened_by or "",
            )
            for row in await connection.execute(query)
        ]
