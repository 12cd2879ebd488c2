"""Everything the ledger can show an inspector about each call of a company and a period."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from queues.terms.phone import Phone
from storage.queries.obligations import AttemptStory, attempt_story
from storage.schema.tables import attempts, audit, calls, messages, obligation_calls, obligations, offers

_AnyRow = Row[Any]


@dataclass(frozen=True, slots=True)
class EvidenceCall:
    """One offered call, what was done for the resident, and the verdict where it has been given."""

    call: str
    company: str
    did: str
    line_kind: str
    queue: str
    number: Phone
    arrived_at: datetime
    queued_at: datetime | None
    answered_at: datetime | None
    agent: str | None
    ended_at: datetime | None
    outcome: str | None
    served_by: str | None
    recording: str | None
    offers: int
    """How often an agent's phone was rung for it."""
    verdict: str | None
    rules: str | None
    choice_offered_at: datetime | None
    choice: str | None
    choice_at: datetime | None
    """What he was told while he waited, and what he chose: his consent."""
    message_at: datetime | None
    message_reviewed_at: datetime | None
    message_reviewed_by: str | None
    obligation: str | None
    due_at: datetime | None
    contacted_at: datetime | None
    disposition: str | None
    closing: str | None
    why: str | None
    dials: Sequence[AttemptStory]
    recorded_seconds: int | None = None
    """Where the recording is much shorter than the conversation: so much of it is there."""

    @property
    def reached_at(self) -> datetime | None:
        """When a human first spoke with him about this call: in it, or in the contact that followed."""
        return self.answered_at or self.contacted_at


async def evidence(
    engine: AsyncEngine, node: str, start: datetime, end: datetime, company: str | None = None
) -> Sequence[EvidenceCall]:
    """Calls by arrival, from `start` up to but without `end`; of one company, or of all."""
    chosen = [calls.c.node == node, calls.c.arrived_at >= start, calls.c.arrived_at < end]
    if company is not None:
        chosen.append(calls.c.company == company)
    async with engine.connect() as connection:
        rung = await _rung(connection, chosen)
        dials = await _dials(connection, chosen)
        return [
            _evidence(row, rung.get(row.call, 0), dials.get(row.obligation or "", []))
            for row in await connection.execute(_calls(chosen))
        ]


async def note_access(engine: AsyncEngine, at: datetime, who: str, what: str) -> None:
    """Write down that somebody saw whole numbers."""
    async with engine.begin() as connection:
        await connection.execute(insert(audit).values(at=at, who=who[:80], what=what[:300]))


def _calls(chosen: Sequence[Any]) -> Select[Any]:
    return (
        select(
            calls,
            obligations.c.obligation,
            obligations.c.due_at,
            obligations.c.contacted_at,
            obligations.c.disposition,
            obligations.c.closing,
            obligations.c.reason.label("why"),
            messages.c.reviewed_at.label("message_reviewed_at"),
            messages.c.reviewed_by.label("message_reviewed_by"),
        )
        .outerjoin(
            obligation_calls,
            (obligation_calls.c.node == calls.c.node) & (obligation_calls.c.call == calls.c.call),
        )
        .outerjoin(obligations, obligations.c.obligation == obligation_calls.c.obligation)
        .outerjoin(messages, (messages.c.node == calls.c.node) & (messages.c.message == calls.c.call))
        .where(*chosen)
        .order_by(calls.c.arrived_at)
    )


async def _rung(connection: AsyncConnection, chosen: Sequence[Any]) -> dict[str, int]:
    rows = await connection.execute(
        select(offers.c.call, func.count().label("n"))
        .join(calls, (calls.c.node == offers.c.node) & (calls.c.call == offers.c.call))
        .where(*chosen)
        .group_by(offers.c.call)
    )
    return {row.call: row.n for row in rows}


async def _dials(connection: AsyncConnection, chosen: Sequence[Any]) -> dict[str, list[AttemptStory]]:
    wanted = (
        select(obligation_calls.c.obligation)
        .join(calls, (calls.c.node == obligation_calls.c.node) & (calls.c.call == obligation_calls.c.call))
        .where(*chosen)
    )
    found: dict[str, list[AttemptStory]] = defaultdict(list)
    rows = await connection.execute(
        select(attempts).where(attempts.c.obligation.in_(wanted)).order_by(attempts.c.made_at)
    )
    for row in rows:
        found[row.obligation].append(attempt_story(row))
    return found


def _evidence(row: _AnyRow, rung: int, dials: Sequence[AttemptStory]) -> EvidenceCall:
    return EvidenceCall(
        call=row.call,
        company=row.company,
        did=row.did,
        line_kind=row.line_kind,
        queue=row.queue,
        number=Phone(row.number),
        arrived_at=row.arrived_at,
        queued_at=row.queued_at,
        answered_at=row.answered_at,
        agent=row.agent,
        ended_at=row.ended_at,
        outcome=row.outcome,
        served_by=row.served_by,
        recording=row.recording,
        recorded_seconds=row.recorded_seconds,
        offers=rung,
        verdict=row.verdict,
        rules=row.rules,
        choice_offered_at=row.choice_offered_at,
        choice=row.choice,
        choice_at=row.choice_at,
        message_at=row.message_at,
        message_reviewed_at=row.message_reviewed_at,
        message_reviewed_by=row.message_reviewed_by,
        obligation=row.obligation,
        due_at=row.due_at,
        contacted_at=row.contacted_at,
        disposition=row.disposition,
        closing=row.closing,
        why=row.why,
        dials=dials,
    )
