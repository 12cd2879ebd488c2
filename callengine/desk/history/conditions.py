"""From a filter to the conditions on the ledger's rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, exists, func, or_, type_coerce

from callengine.desk.history.filters import WITHHELD, CallFilter
from callengine.desk.people.scope import Scope
from sla.compliance import Verdict
from storage.schema.tables import attempts, calls, obligations, transfers

_SECOND = 1_000_000
_WHOLE = 10
"""Digits of a Russian number without its country: such a one is looked up, a shorter one is compared by its end."""


def conditions(scope: Scope, node: str, chosen: CallFilter) -> list[ColumnElement[bool]]:
    """Of calls that are outer-joined with what is owed for them. The time is not among them."""
    of = calls.c
    # SQLite would take the node for the best way in, which leads to every call there is.
    found: list[ColumnElement[bool]] = [of.node.concat("") == node, scope.clause(of.company)]
    for column, value in (
        (of.company, chosen.company),
        (of.did, chosen.line),
        (of.queue, chosen.queue),
        (of.served_by, chosen.served_by),
    ):
        if value:
            found.append(column == value)
    found += _of_end(chosen)
    if chosen.agent:
        took_over = exists().where(
            transfers.c.node == of.node, transfers.c.call == of.call, transfers.c.agent == chosen.agent
        )
        found.append(or_(of.agent == chosen.agent, took_over))
    if chosen.number:
        found.append(_of_number(chosen.number))
    found += _of_times(chosen)
    found += _of_callback(chosen)
    if chosen.recording:
        found.append(has_recording() if chosen.recording == "yes" else ~has_recording())
    if chosen.message:
        found.append(of.message_at.is_not(None) if chosen.message == "yes" else of.message_at.is_(None))
    return found


def _of_end(chosen: CallFilter) -> Iterator[ColumnElement[bool]]:
    of = calls.c
    if chosen.outcome:
        yield of.outcome.is_(None) if chosen.outcome == "open" else of.outcome == chosen.outcome
    if chosen.verdict == Verdict.PENDING.value:
        yield and_(of.verdict.is_(None), or_(of.outcome.is_(None), obligations.c.obligation.is_not(None)))
    elif chosen.verdict:
        yield of.verdict == chosen.verdict


def _of_number(digits: str) -> ColumnElement[bool]:
    if digits == WITHHELD:
        return calls.c.number == ""
    if len(digits) == _WHOLE:
        return calls.c.number.in_([f"+7{digits}", f"7{digits}", f"8{digits}", digits])
    return calls.c.number.endswith(digits, autoescape=True)


def _of_times(chosen: CallFilter) -> Iterator[ColumnElement[bool]]:
    of = calls.c
    waited = _us(func.coalesce(of.answered_at, of.ended_at)) - _us(of.arrived_at)
    talked = _us(of.ended_at) - _us(of.answered_at)
    for length, least, most in (
        (waited, chosen.waited_from, chosen.waited_to),
        (talked, chosen.talked_from, chosen.talked_to),
    ):
        if least is not None:
            yield length >= least * _SECOND
        if most is not None:
            yield length <= most * _SECOND


def _of_callback(chosen: CallFilter) -> Iterator[ColumnElement[bool]]:
    owed = obligations.c
    is_late = _us(owed.contacted_at) > _us(owed.due_at)
    match chosen.callback:
        case "owed":
            yield and_(owed.obligation.is_not(None), owed.closed_at.is_(None))
        case "late":
            yield or_(and_(owed.closed_at.is_(None), owed.overdue_at.is_not(None)), is_late)
        case "kept":
            yield and_(owed.contacted_at.is_not(None), ~is_late)
        case "none":
            yield owed.obligation.is_(None)
        case "":
            pass


def has_recording() -> ColumnElement[bool]:
    """Of the call, or of a callback that it was owed."""
    of_dial = exists().where(
        attempts.c.obligation == obligations.c.obligation, attempts.c.recording.is_not(None)
    )
    return or_(calls.c.recording.is_not(None), of_dial)


def _us(column: Any) -> ColumnElement[int]:
    return type_coerce(column, BigInteger)
