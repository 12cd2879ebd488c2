"""What is owed now, and one obligation's whole story: for people, from the ledger alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from queues.terms.phone import Phone
from storage.schema.tables import attempts, calls, dial_refusals, human_tasks, obligation_calls, obligations

_AnyRow = Row[Any]


@dataclass(frozen=True, slots=True)
class OpenObligation:
    """One resident who is owed a contact. `reason` and `assigned_to` are of a human's task."""

    obligation: str
    company: str
    did: str
    queue: str
    number: Phone
    state: str
    arrived_at: datetime
    due_at: datetime
    overdue: bool
    calls: int
    attempts: int
    reason: str
    assigned_to: str


@dataclass(frozen=True, slots=True)
class ObligationEnd:
    """What became of what was owed; None where it has not happened."""

    arrived_at: datetime
    due_at: datetime
    closing: str | None
    state: str | None
    contacted_at: datetime | None


@dataclass(frozen=True, slots=True)
class MissedCall:
    """A call of the episode, with the law's verdict where it has been given."""

    call: str
    arrived_at: datetime
    ended_at: datetime | None
    outcome: str | None
    verdict: str | None
    rules: str | None


@dataclass(frozen=True, slots=True)
class AttemptStory:
    """One dial: agent, trunk, how long it rang, what became of it."""

    attempt: str
    agent: str
    trunk: str
    made_at: datetime
    dialled_at: datetime | None
    contacted_at: datetime | None
    ended_at: datetime | None
    result: str | None
    dial_status: str
    cause: int | None
    recording: str | None
    sounds_like: str | None = None
    """A detector's hint: human, machine, not_sure."""
    recorded_seconds: int | None = None
    """Where the recording is much shorter than the conversation: so much of it is there."""

    @property
    def ring_seconds(self) -> float | None:
        """How long the resident's phone rang; None while it does, and when it was not dialled."""
        end = self.contacted_at or self.ended_at
        if self.dialled_at is None or end is None:
            return None
        return (end - self.dialled_at).total_seconds()


@dataclass(frozen=True, slots=True)
class ObligationStory:
    """Everything about one obligation, in the order it happened."""

    summary: OpenObligation
    calls: Sequence[MissedCall]
    attempts: Sequence[AttemptStory]
    refusals: Sequence[str]
    contacted_at: datetime | None
    disposition: str | None
    disposed_by: str | None
    closed_at: datetime | None
    closing: str | None
    closed_by: str
    why: str


async def open_obligations(engine: AsyncEngine, node: str) -> Sequence[OpenObligation]:
    """What is owed now, the nearest deadline first."""
    query = (
        _summaries()
        .where(obligations.c.node == node, obligations.c.closed_at.is_(None))
        .order_by(obligations.c.due_at)
    )
    async with engine.connect() as connection:
        return [_summary(row) for row in await connection.execute(query)]


async def obligation_ends(
    engine: AsyncEngine, node: str, start: datetime, end: datetime
) -> Sequence[ObligationEnd]:
    """Obligations by the arrival they answer for, from `start` up to but without `end`."""
    of = obligations.c
    query = (
        select(of.arrived_at, of.due_at, of.closing, of.state, of.contacted_at)
        .where(of.node == node, of.arrived_at >= start, of.arrived_at < end)
        .order_by(of.arrived_at)
    )
    async with engine.connect() as connection:
        return [ObligationEnd(*row) for row in await connection.execute(query)]


async def obligation_story(engine: AsyncEngine, node: str, obligation: str) -> ObligationStory | None:
    """One obligation's story; None when the ledger knows no such id."""
    of_it = obligations.c.obligation == obligation
    async with engine.connect() as connection:
        row = (await connection.execute(_summaries().where(obligations.c.node == node, of_it))).first()
        if row is None:
            return None
        episode = await connection.execute(
            select(calls)
            .join(
                obligation_calls,
                (calls.c.node == obligation_calls.c.node) & (calls.c.call == obligation_calls.c.call),
            )
            .where(obligation_calls.c.obligation == obligation)
            .order_by(calls.c.arrived_at)
        )
        dials = await connection.execute(
            select(attempts).where(attempts.c.obligation == obligation).order_by(attempts.c.made_at)
        )
        refused = await connection.execute(
            select(dial_refusals.c.reason)
            .where(dial_refusals.c.obligation == obligation)
            .order_by(dial_refusals.c.at)
        )
        return ObligationStory(
            summary=_summary(row),
            calls=[_missed_call(call) for call in episode],
            attempts=[attempt_story(dial) for dial in dials],
            refusals=list(refused.scalars()),
            contacted_at=row.contacted_at,
            disposition=row.disposition,
            disposed_by=row.disposed_by,
            closed_at=row.closed_at,
            closing=row.closing,
            closed_by=row.closed_by or "",
            why=row.reason or "",
        )


def _summaries() -> Select[Any]:
    of_it = obligations.c.obligation
    return select(
        obligations,
        human_tasks.c.reason.label("task"),
        human_tasks.c.assigned_to,
        select(func.count())
        .where(obligation_calls.c.obligation == of_it)
        .scalar_subquery()
        .label("missed_calls"),
        select(func.count()).where(attempts.c.obligation == of_it).scalar_subquery().label("dials"),
    ).outerjoin(human_tasks, human_tasks.c.obligation == of_it)


def _summary(row: _AnyRow) -> OpenObligation:
    return OpenObligation(
        obligation=row.obligation,
        company=row.company,
        did=row.did,
        queue=row.queue,
        number=Phone(row.e164 or row.number),
        state=row.state or "planned",
        arrived_at=row.arrived_at,
        due_at=row.due_at,
        overdue=row.overdue_at is not None,
        calls=row.missed_calls,
        attempts=row.dials,
        reason=row.task or "",
        assigned_to=row.assigned_to or "",
    )


def _missed_call(row: _AnyRow) -> MissedCall:
    return MissedCall(row.call, row.arrived_at, row.ended_at, row.outcome, row.verdict, row.rules)


def attempt_story(row: _AnyRow) -> AttemptStory:
    """A row of `attempts`."""
    return AttemptStory(
        attempt=row.attempt,
        agent=row.agent,
        trunk=row.trunk or "",
        made_at=row.made_at,
        dialled_at=row.dialled_at,
        contacted_at=row.contacted_at,
        ended_at=row.ended_at,
        result=row.result,
        dial_status=row.dial_status or "",
        cause=row.cause,
        recording=row.recording,
        sounds_like=row.sounds_like,
        recorded_seconds=row.recorded_seconds,
    )
