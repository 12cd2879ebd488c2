"""Calls that agents made by hand, as the ledger has them, by the scope of who asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.people.scope import NotSeen, Scope
from queues.terms.phone import Phone
from storage.schema.desk_tables import outgoing_calls


@dataclass(frozen=True, slots=True)
class OutgoingCall:
    """One of them. None where it has not happened."""

    attempt: str
    company: str
    did: str
    agent: str
    by: str
    purpose: str
    number: Phone
    """Empty: forgotten."""
    is_service: bool
    trunk: str
    made_at: datetime
    dialled_at: datetime | None
    contacted_at: datetime | None
    ended_at: datetime | None
    result: str | None
    cause: int | None
    sip_code: int | None
    recording: str | None
    recorded_seconds: int | None

    @property
    def talked(self) -> timedelta | None:
        """None where nobody answered, and while they talk."""
        if self.contacted_at is None or self.ended_at is None:
            return None
        return max(self.ended_at - self.contacted_at, timedelta(0))


async def calls_made(
    connection: AsyncConnection,
    scope: Scope,
    node: str,
    since: datetime,
    until: datetime,
    *,
    company: str = "",
    agent: str = "",
    most: int = 200,
) -> Sequence[OutgoingCall]:
    """Those between two moments, the latest first; of one company or agent where they are named."""
    of = outgoing_calls.c
    query = (
        select(outgoing_calls)
        .where(of.node == node, of.made_at >= since, of.made_at < until, scope.clause(of.company))
        .order_by(of.made_at.desc(), of.attempt.desc())
        .limit(most)
    )
    if company:
        query = query.where(of.company == company)
    if agent:
        query = query.where(of.agent == agent)
    return [_call(row) for row in await connection.execute(query)]


async def call_made(connection: AsyncConnection, scope: Scope, node: str, attempt: str) -> OutgoingCall:
    """Raises NotSeen for one that is not there, or not of a company that may be seen."""
    of = outgoing_calls.c
    query = select(outgoing_calls).where(of.node == node, of.attempt == attempt, scope.clause(of.company))
    row = (await connection.execute(query)).first()
    if row is None:
        raise NotSeen
    return _call(row)


def _call(row: Row[Any]) -> OutgoingCall:
    return OutgoingCall(
        attempt=row.attempt,
        company=row.company,
        did=row.did,
        agent=row.agent,
        by=row.by,
        purpose=row.purpose,
        number=Phone(row.e164),
        is_service=bool(row.is_service),
        trunk=row.trunk or "",
        made_at=row.made_at,
        dialled_at=row.dialled_at,
        contacted_at=row.contacted_at,
        ended_at=row.ended_at,
        result=row.result,
        cause=row.cause,
        sip_code=row.sip_code,
        recording=row.recording,
        recorded_seconds=row.recorded_seconds,
    )
