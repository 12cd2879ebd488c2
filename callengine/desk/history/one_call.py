"""Reads everything that the ledger has of one call, if whoever asks may see it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.history.conditions import has_recording
from callengine.desk.history.queries import call_row
from callengine.desk.history.story import CallFacts, Dial, Message, Offer, Owed, TookOver
from callengine.desk.people.scope import NotSeen, Scope
from queues.terms.desk_words import CommandKind
from storage.schema.desk_tables import desk_commands
from storage.schema.tables import (
    attempt_transfers,
    attempts,
    calls,
    dial_refusals,
    human_tasks,
    messages,
    obligation_calls,
    obligations,
    offers,
    transfers,
)

_AnyRow = Row[Any]
_LONGEST_WAIT = timedelta(hours=6)


async def call_facts(connection: AsyncConnection, scope: Scope, node: str, call: str) -> CallFacts:
    """Raises NotSeen for a call that is not there, or not of a company that may be seen."""
    of = calls.c
    query = (
        select(
            calls,
            *(obligations.c.obligation, obligations.c.due_at, obligations.c.contacted_at),
            obligations.c.closed_at,
            has_recording().label("has_recording"),
        )
        .outerjoin(
            obligation_calls, and_(obligation_calls.c.node == of.node, obligation_calls.c.call == of.call)
        )
        .outerjoin(obligations, obligations.c.obligation == obligation_calls.c.obligation)
        .where(of.node == node, of.call == call, scope.clause(of.company))
    )
    row = (await connection.execute(query)).first()
    if row is None:
        raise NotSeen
    return CallFacts(
        row=call_row(row),
        caller_name=row.caller_name,
        queued_at=row.queued_at,
        fallback_at=row.fallback_at,
        ahead=await _ahead(connection, node, row) if scope.companies is None else None,
        choice_offered_at=row.choice_offered_at,
        choice=row.choice,
        choice_at=row.choice_at,
        typed_number=row.typed_number or "",
        rules=row.rules,
        judged_at=row.judged_at,
        recording=row.recording,
        recorded_seconds=row.recorded_seconds,
        offers=await _offers(connection, node, call),
        transfers=[TookOver(one.at, one.agent) for one in await _transfers(connection, node, call)],
        owed=None if row.obligation is None else await _owed(connection, scope, row.obligation, call),
        dials=[] if row.obligation is None else await _dials(connection, row.obligation),
        message=await _message(connection, node, call),
    )


async def _ahead(connection: AsyncConnection, node: str, row: _AnyRow) -> int | None:
    """How many waited in his queue when he entered it and had come before him."""
    if row.queued_at is None:
        return None
    of = calls.c
    gone_at = func.coalesce(of.answered_at, of.ended_at)
    query = select(func.count()).where(
        of.node == node,
        of.queue == row.queue,
        of.arrived_at < row.arrived_at,
        # Nobody waits for hours; without a limit the whole ledger would be looked through.
        of.arrived_at > row.arrived_at - _LONGEST_WAIT,
        of.queued_at <= row.queued_at,
        or_(gone_at.is_(None), gone_at > row.queued_at),
    )
    return int(await connection.scalar(query) or 0)


async def _offers(connection: AsyncConnection, node: str, call: str) -> Sequence[Offer]:
    query = select(offers).where(offers.c.node == node, offers.c.call == call).order_by(offers.c.made_at)
    return [
        Offer(one.agent, one.made_at, one.rang_at, one.ended_at, one.result)
        for one in await connection.execute(query)
    ]


async def _transfers(connection: AsyncConnection, node: str, call: str) -> Sequence[_AnyRow]:
    query = (
        select(transfers).where(transfers.c.node == node, transfers.c.call == call).order_by(transfers.c.at)
    )
    return (await connection.execute(query)).all()


async def _owed(connection: AsyncConnection, scope: Scope, obligation: str, call: str) -> Owed:
    query = (
        select(
            obligations,
            human_tasks.c.opened_at.label("task_at"),
            human_tasks.c.reason.label("task_reason"),
            human_tasks.c.assigned_to,
        )
        .outerjoin(human_tasks, human_tasks.c.obligation == obligations.c.obligation)
        .where(obligations.c.obligation == obligation)
    )
    row = (await connection.execute(query)).one()
    others = (
        select(calls.c.arrived_at, calls.c.call)
        .join(
            obligation_calls,
            and_(obligation_calls.c.node == calls.c.node, obligation_calls.c.call == calls.c.call),
        )
        .where(
            obligation_calls.c.obligation == obligation, calls.c.call != call, scope.clause(calls.c.company)
        )
        .order_by(calls.c.arrived_at)
    )
    refused = (
        select(dial_refusals.c.at, dial_refusals.c.reason)
        .where(dial_refusals.c.obligation == obligation)
        .order_by(dial_refusals.c.at)
    )
    of = desk_commands.c
    by_hand = (
        select(of.at, of.by, of.reason)
        .where(of.obligation == obligation, of.kind == CommandKind.DIAL.value, of.refusal.is_(None))
        .order_by(of.at)
    )
    return Owed(
        obligation=row.obligation,
        opened_at=row.opened_at,
        arrived_at=row.arrived_at,
        due_at=row.due_at,
        overdue_at=row.overdue_at,
        contacted_at=row.contacted_at,
        closed_at=row.closed_at,
        closing=row.closing,
        closed_by=row.closed_by or "",
        reason=row.reason or "",
        disposition=row.disposition,
        disposed_at=row.disposed_at,
        disposed_by=row.disposed_by or "",
        task_at=row.task_at,
        task_reason=row.task_reason or "",
        assigned_to=row.assigned_to or "",
        refusals=[(one.at, one.reason) for one in await connection.execute(refused)],
        other_calls=[(one.arrived_at, one.call) for one in await connection.execute(others)],
        by_hand=[(one.at, one.by, one.reason) for one in await connection.execute(by_hand)],
    )


async def _dials(connection: AsyncConnection, obligation: str) -> Sequence[Dial]:
    passed_on: Mapping[str, list[TookOver]] = defaultdict(list)
    handed = (
        select(attempt_transfers)
        .join(attempts, attempts.c.attempt == attempt_transfers.c.attempt)
        .where(attempts.c.obligation == obligation)
        .order_by(attempt_transfers.c.at)
    )
    for one in await connection.execute(handed):
        passed_on[one.attempt].append(TookOver(one.at, one.agent))
    query = select(attempts).where(attempts.c.obligation == obligation).order_by(attempts.c.made_at)
    return [
        Dial(
            attempt=one.attempt,
            agent=one.agent,
            trunk=one.trunk or "",
            made_at=one.made_at,
            dialled_at=one.dialled_at,
            contacted_at=one.contacted_at,
            ended_at=one.ended_at,
            result=one.result,
            took_over=tuple(passed_on.get(one.attempt, ())),
            recording=one.recording,
            recorded_seconds=one.recorded_seconds,
        )
        for one in await connection.execute(query)
    ]


async def _message(connection: AsyncConnection, node: str, call: str) -> Message | None:
    query = select(messages).where(messages.c.node == node, messages.c.message == call)
    row = (await connection.execute(query)).first()
    if row is None:
        return None
    return Message(
        left_at=row.left_at,
        due_at=row.due_at,
        path=row.path,
        opened_at=row.opened_at,
        opened_by=row.opened_by or "",
        reviewed_at=row.reviewed_at,
        reviewed_by=row.reviewed_by or "",
        review=row.review,
    )
