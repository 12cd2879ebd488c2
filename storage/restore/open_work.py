"""What earlier runs of the engine left open: read once, at start."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Table, case, exists, func, literal, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from queues.callbacks.outage import REASON as NETWORK
from queues.messages.events import (
    DialledNumber,
    KnownAttempt,
    KnownCall,
    KnownMessage,
    KnownObligation,
    KnownOwedCall,
    LedgerRestored,
)
from queues.messages.journal import ServedBy
from queues.terms.identifiers import (
    AgentId,
    AttemptId,
    CallId,
    CompanyId,
    Did,
    MessageId,
    ObligationId,
    OfferId,
    QueueName,
)
from queues.terms.outcomes import (
    AGENT_GONE,
    NO_RING_UNLESS_TOLD,
    NOTHING_SPENT,
    SPENT_IF_IT_RANG,
    Choice,
    ContactResult,
    QueueExit,
)
from queues.terms.outgoing import Outgoing
from queues.terms.phone import Phone
from sla.obligation import ObligationState
from storage.restore.wrap_ups import left_resting
from storage.rows.projection import CALLBACKS_SWITCH
from storage.schema.desk_tables import outgoing_calls
from storage.schema.tables import (
    attempt_transfers,
    attempts,
    calls,
    human_tasks,
    messages,
    obligation_calls,
    obligations,
    offers,
    switches,
)

_NOTHING_SPENT = [result.value for result in NOTHING_SPENT]
_SPENT_IF_IT_RANG = [result.value for result in SPENT_IF_IT_RANG]
_AnyRow = Row[Any]


async def left_open(connection: AsyncConnection, node: str, at: datetime) -> LedgerRestored:
    """Calls without an outcome, open obligations, dials without an end, the last day's dials, the switch."""

    async def rows(query: Select[Any]) -> list[_AnyRow]:
        return list((await connection.execute(query)).all())

    of_obligation: dict[str, list[KnownOwedCall]] = defaultdict(list)
    for row in await rows(_owed_calls(node)):
        of_obligation[row.obligation].append(_owed_call(row))
    day = at - timedelta(days=1)
    recent = [
        *await rows(
            select(attempts.c.e164, attempts.c.made_at).where(
                attempts.c.made_at > day, _may_have_rung(attempts)
            )
        ),
        *await rows(
            select(outgoing_calls.c.e164, outgoing_calls.c.made_at).where(
                outgoing_calls.c.made_at > day,
                outgoing_calls.c.is_service.is_(False),
                _may_have_rung(outgoing_calls),
            )
        ),
    ]
    enabled = await connection.scalar(
        select(switches.c.enabled).where(switches.c.node == node, switches.c.name == CALLBACKS_SWITCH)
    )
    # Within a run a call has one open offer at most; the last is the one that may ring still.
    rung = {row.call: row for row in await rows(_offers_without_result(node))}
    open_calls = await rows(select(calls).where(calls.c.node == node, calls.c.outcome.is_(None)))
    return LedgerRestored(
        at,
        tuple(_known_call(row, rung.get(row.call)) for row in open_calls),
        tuple(
            _known_obligation(row, of_obligation[row.obligation])
            for row in await rows(_open_obligations(node))
        ),
        (
            *map(_known_attempt, await rows(_attempts_in_flight(node))),
            *map(_known_outgoing, await rows(_outgoing_in_flight(node))),
        ),
        tuple(DialledNumber(Phone(row.e164), row.made_at) for row in recent),
        tuple(map(_known_message, await rows(_waiting_messages(node)))),
        await left_resting(connection, node, at),
        callbacks_stopped=enabled is not None and not enabled,
    )


def _open_obligations(node: str) -> Select[Any]:
    of_it = attempts.c.obligation == obligations.c.obligation
    # After a task for a human was opened and the resident called again, he is dialled anew; not so where the engine
    # goes on by itself, when the network is back.
    since = case(
        (human_tasks.c.reason == NETWORK, literal(0)), else_=func.coalesce(human_tasks.c.opened_at, 0)
    )

    def counted(*conditions: Any) -> Any:
        return select(func.count()).where(of_it, *conditions).scalar_subquery()

    def of_the_last(what: ColumnElement[Any]) -> Any:
        return select(what).where(of_it).order_by(attempts.c.made_at.desc()).limit(1).scalar_subquery()

    unreachable = attempts.c.result == ContactResult.UNREACHABLE.value
    taken_over = exists().where(attempt_transfers.c.attempt == attempts.c.attempt)
    return (
        select(
            obligations,
            counted().label("attempts_made"),
            counted(_spent(), attempts.c.made_at >= since).label("dials"),
            counted(unreachable, attempts.c.made_at >= since).label("network_failures"),
            of_the_last(attempts.c.heard).label("heard"),
            of_the_last((attempts.c.dial_status == AGENT_GONE) & ~taken_over).label("is_cut_off"),
            select(func.min(attempts.c.dialled_at)).where(of_it).scalar_subquery().label("first_dial_at"),
            human_tasks.c.assigned_to,
            human_tasks.c.reason.label("task_reason"),
            select(calls.c.outcome)
            .where(calls.c.node == obligations.c.node, calls.c.call == obligations.c.call)
            .scalar_subquery()
            .label("why"),
        )
        .outerjoin(human_tasks, human_tasks.c.obligation == obligations.c.obligation)
        .where(obligations.c.node == node, obligations.c.closed_at.is_(None))
    )


def _spent() -> ColumnElement[bool]:
    """`queues.terms.outcomes.spends_an_attempt`, asked of a row; a dial in flight has spent nothing yet."""
    told_apart = attempts.c.result.not_in(_SPENT_IF_IT_RANG) | func.coalesce(attempts.c.rang, true())
    return attempts.c.result.not_in(_NOTHING_SPENT) & told_apart


def _may_have_rung(table: Table) -> ColumnElement[bool]:
    """`queues.terms.outcomes.may_have_rung`, asked of a row; a dial in flight is counted when it ends."""
    by_result = table.c.result.not_in([result.value for result in NO_RING_UNLESS_TOLD])
    return func.coalesce(table.c.rang, by_result)


def _offers_without_result(node: str) -> Select[Any]:
    return (
        select(offers.c.call, offers.c.offer, offers.c.agent)
        .join(calls, (calls.c.node == offers.c.node) & (calls.c.call == offers.c.call))
        .where(
            offers.c.node == node,
            offers.c.result.is_(None),
            calls.c.outcome.is_(None),
            calls.c.answered_at.is_(None),
        )
        .order_by(offers.c.made_at)
    )


def _owed_calls(node: str) -> Select[Any]:
    return (
        select(
            obligation_calls.c.obligation,
            calls.c.call,
            calls.c.did,
            calls.c.arrived_at,
            calls.c.queued_at,
            calls.c.ended_at,
            calls.c.message_at,
        )
        .join(obligations, obligations.c.obligation == obligation_calls.c.obligation)
        .join(calls, (calls.c.node == obligation_calls.c.node) & (calls.c.call == obligation_calls.c.call))
        .where(obligations.c.node == node, obligations.c.closed_at.is_(None), calls.c.verdict.is_(None))
        .order_by(calls.c.arrived_at)
    )


def _attempts_in_flight(node: str) -> Select[Any]:
    return (
        select(attempts, obligations.c.did)
        .join(obligations, obligations.c.obligation == attempts.c.obligation)
        .where(obligations.c.node == node, attempts.c.ended_at.is_(None))
    )


def _outgoing_in_flight(node: str) -> Select[Any]:
    return select(outgoing_calls).where(outgoing_calls.c.node == node, outgoing_calls.c.ended_at.is_(None))


def _owed_call(row: _AnyRow) -> KnownOwedCall:
    return KnownOwedCall(
        CallId(row.call), Did(row.did), row.arrived_at, row.queued_at, row.ended_at, row.message_at
    )


def _waiting_messages(node: str) -> Select[Any]:
    return (
        select(messages)
        .where(messages.c.node == node, messages.c.reviewed_at.is_(None))
        .order_by(messages.c.left_at)
    )


def _known_message(row: _AnyRow) -> KnownMessage:
    return KnownMessage(
        message=MessageId(row.message),
        company=CompanyId(row.company),
        did=Did(row.did),
        left_at=row.left_at,
        path=row.path,
        opened_at=row.opened_at,
    )


def _known_call(row: _AnyRow, rung: _AnyRow | None) -> KnownCall:
    return KnownCall(
        call=CallId(row.call),
        arrived_at=row.arrived_at,
        did=Did(row.did),
        number=Phone(row.number),
        caller_name=row.caller_name,
        queued_at=row.queued_at,
        answered_at=row.answered_at,
        agent=None if row.agent is None else AgentId(row.agent),
        by_fallback=row.served_by == ServedBy.FALLBACK or row.fallback_at is not None,
        choice_offered=row.choice_offered_at is not None,
        choice=None if row.choice is None else Choice(row.choice),
        typed_number=None if row.typed_number is None else Phone(row.typed_number),
        message_at=row.message_at,
        watched=row.served_by == ServedBy.ASTERISK,
        exit=None if row.queue_exit is None else QueueExit(row.queue_exit),
        offer=None if rung is None else OfferId(rung.offer),
        rung=None if rung is None else AgentId(rung.agent),
        recording=row.recording or "",
        moved_to=None if row.moved_to is None else QueueName(row.moved_to),
        is_raised=row.raised_at is not None,
    )


def _known_obligation(row: _AnyRow, owed: Iterable[KnownOwedCall]) -> KnownObligation:
    state = ObligationState(row.state or ObligationState.PLANNED)
    return KnownObligation(
        obligation=ObligationId(row.obligation),
        company=CompanyId(row.company),
        did=Did(row.did),
        number=Phone(row.number),
        e164=None if row.e164 is None else Phone(row.e164),
        arrived_at=row.arrived_at,
        due_at=row.due_at,
        attempts_made=row.attempts_made,
        dials=row.dials,
        state=state,
        network_failures=row.network_failures,
        is_overdue=row.overdue_at is not None,
        is_taken=bool(row.assigned_to),
        task=row.task_reason or "",
        heard=row.heard,
        is_cut_off=bool(row.is_cut_off),
        first_dial_at=row.first_dial_at,
        contacted_at=row.contacted_at,
        owed=tuple(owed),
        taken_by=row.assigned_to or "",
        why=row.why or "",
    )


def _known_attempt(row: _AnyRow) -> KnownAttempt:
    return KnownAttempt(
        attempt=AttemptId(row.attempt),
        obligation=ObligationId(row.obligation),
        did=Did(row.did),
        agent=AgentId(row.agent),
        e164=Phone(row.e164),
        made_at=row.made_at,
        trunk=row.trunk or "",
        contacted_at=row.contacted_at,
    )


def _known_outgoing(row: _AnyRow) -> KnownAttempt:
    return KnownAttempt(
        attempt=AttemptId(row.attempt),
        obligation=None,
        did=Did(row.did),
        agent=AgentId(row.agent),
        e164=Phone(row.e164),
        made_at=row.made_at,
        trunk=row.trunk or "",
        contacted_at=row.contacted_at,
        outgoing=Outgoing(
            row.command,
            CompanyId(row.company),
            Did(row.did),
            row.account,
            row.by,
            row.purpose,
            row.is_service,
        ),
    )
