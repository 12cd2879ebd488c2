"""Journal entries to rows: which tables each fact changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table

from queues.messages import journal as facts
from queues.messages.journal import JournalEntry
from queues.terms.outgoing import is_outgoing
from sla.obligation import ObligationState
from storage.schema import desk_tables, tables


@dataclass(frozen=True, slots=True)
class Insert:
    """A new row; one that is there already stays as it is."""

    table: Table
    row: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Update:
    """Columns of one row, found by its key; doing it twice does no harm."""

    table: Table
    key: tuple[tuple[str, Any], ...]
    values: dict[str, Any]


Change = Insert | Update

CALLBACKS_SWITCH = "callbacks"
_NAME = 80
_WHY = 200


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the journal an entry stands."""

    node: str
    epoch: int
    seq: int
    n: int


def changes_of(entry: JournalEntry, place: Place) -> Iterator[Change]:  # noqa: PLR0912  # one case per kind of fact
    """The changes that one journal entry makes to the tables."""
    node = place.node
    match entry:
        case facts.CallOffered():
            yield Insert(tables.calls, _call_row(entry, node))
        case facts.CallQueued(at, call):
            yield _call(node, call, queued_at=at)
        case facts.CallPassedOn(at, call, agent):
            yield Insert(tables.transfers, {"node": node, "call": call, "at": at, "agent": agent})
        case facts.CallMovedToFallback(at, call):
            yield _call(node, call, fallback_at=at)
        case facts.CallLeftQueue(_, call, how):
            yield _call(node, call, queue_exit=how.value)
        case facts.CallConnected(at, call, agent, offer, served_by):
            yield _call(node, call, answered_at=at, agent=agent, offer=offer, served_by=served_by.value)
            if offer is not None:
                yield _offer(node, offer, ended_at=at, result="answered")
        case facts.CallFinished(at, call, outcome, served_by, cause):
            yield _call(
                node, call, ended_at=at, outcome=outcome.value, served_by=served_by.value, cause=cause
            )
        case facts.OfferMade(at, offer, call, agent):
            row = {"node": node, "offer": offer, "call": call, "agent": agent, "made_at": at}
            yield Insert(tables.offers, row)
        case facts.OfferRang(at, offer):
            yield _offer(node, offer, rang_at=at)
        case facts.OfferEnded(at, offer, result):
            yield _offer(node, offer, ended_at=at, result=result.value)
        case facts.AgentStateChanged(at, agent, state, reason):
            values = {"at": at, "agent": agent, "state": state.value, "reason": reason[:100]}
            yield Insert(tables.agent_states, {**_position(place), "n": place.n, **values})
        case facts.LinkLost(at) | facts.LinkRestored(at):
            restored = isinstance(entry, facts.LinkRestored)
            yield Insert(tables.link_gaps, {**_position(place), "at": at, "restored": restored})
        case facts.RecordingStarted(call=call, attempt=attempt, path=path):
            if call is not None:
                yield _call(node, call, recording=path[:300])
            if attempt is not None:
                yield _attempt(attempt, recording=path[:300])
        case facts.RecordingMissed(call=call, attempt=attempt, seconds=seconds):
            values = {"recording": None} if seconds is None else {"recorded_seconds": seconds}
            if call is not None:
                yield _call(node, call, **values)
            if attempt is not None:
                yield _attempt(attempt, **values)
        case facts.CallHeld() | facts.OwnCallRefused():
            pass  # For screens of the moment; no resident's call: the journal itself keeps it.
        case facts.Unexpected():
            pass  # Counted in the metrics; the journal itself keeps it.
        case _:
            yield from _callback_changes(entry, place)


def _callback_changes(entry: JournalEntry, place: Place) -> Iterator[Change]:
    match entry:
        case facts.ObligationOpened():
            yield Insert(tables.obligations, _obligation_row(entry, place.node))
            yield Insert(tables.obligation_calls, _joined(place.node, entry.call, entry.obligation))
        case facts.ObligationJoined(_, obligation, call):
            yield Insert(tables.obligation_calls, _joined(place.node, call, obligation))
        case facts.ObligationOverdue(at, obligation):
            yield _obligation(obligation, overdue_at=at)
        case facts.ObligationMoved(_, obligation, state, contacted_at):
            yield _obligation(obligation, state=state.value, contacted_at=contacted_at)
        case facts.ObligationClosed():
            yield from _closing(entry)
        case facts.DialRefused(at, obligation, reason) | facts.DialPostponed(at, obligation, reason):
            yield Insert(tables.dial_refusals, {"obligation": obligation, "reason": reason, "at": at})
        case facts.HumanTaskOpened(at, obligation, reason):
            yield Insert(tables.human_tasks, {"obligation": obligation, "opened_at": at, "reason": reason})
            yield _task(obligation, opened_at=at, reason=reason, done_at=None, done_by=None)
        case facts.VoiceNoted(_, attempt, heard):
            yield _attempt(attempt, heard=heard)
        case facts.AttemptHeard(_, attempt, sounds_like):
            yield _attempt(attempt, sounds_like=sounds_like.value)
        case facts.AttemptPassedOn(at, attempt, agent):
            yield from _taken_over(attempt, at, agent)
        case facts.AttemptMade() | facts.AttemptDialled() | facts.AttemptReached() | facts.AttemptFinished():
            yield _attempt_change(entry)
        case _:
            yield from _supervision_changes(entry, place)


def _supervision_changes(entry: JournalEntry, place: Place) -> Iterator[Change]:
    match entry:
        case facts.DispositionNoted(at, obligation, disposition, by):
            yield _obligation(
                obligation, disposition=disposition.value, disposed_at=at, disposed_by=by[:_NAME]
            )
        case facts.CallJudged(at, call, _, verdict, rules):
            yield _call(place.node, call, verdict=verdict.value, rules=rules, judged_at=at)
        case facts.ChoiceOffered(at, call):
            yield _call(place.node, call, choice_offered_at=at)
        case facts.ChoiceTaken(at, call, choice, number):
            typed = None if number is None else number.whole[:40]
            yield _call(place.node, call, choice=choice.value, choice_at=at, typed_number=typed)
        case facts.MessageRecorded() | facts.MessagePlayed() | facts.MessageClosed():
            yield from _message_changes(entry, place.node)
        case facts.TaskAssigned(at, obligation, to, by):
            yield _task(obligation, assigned_to=to[:_NAME], assigned_by=by[:_NAME], assigned_at=at)
        case facts.CommandDecided():
            yield Insert(desk_tables.desk_commands, _command_row(entry, place.node))
        case (
            facts.OutgoingMade()
            | facts.OutgoingDialled()
            | facts.OutgoingReached()
            | facts.OutgoingFinished()
        ):
            yield _outgoing_change(entry, place.node)
        case facts.CallMoved(at, call, queue, raised):
            values = {"moved_to": queue, **({"raised_at": at} if raised else {})}
            yield _call(place.node, call, **values)
        case facts.CallbacksSwitched(at, enabled, by, why):
            key = {"node": place.node, "name": CALLBACKS_SWITCH}
            values = {"enabled": enabled, "at": at, "by": by[:_NAME], "why": why[:_WHY]}
            yield Insert(tables.switches, {**key, **values})
            yield Update(tables.switches, tuple(key.items()), values)
        case _:
            raise TypeError(f"no table for {type(entry).__name__}")


def _message_changes(
    entry: facts.MessageRecorded | facts.MessagePlayed | facts.MessageClosed, node: str
) -> Iterator[Change]:
    key = {"node": node, "message": entry.message}
    match entry:
        case facts.MessageRecorded():
            yield _call(node, entry.call, message_at=entry.at)
            row = {"company": entry.company, "did": entry.did[:40], "queue": entry.queue, "left_at": entry.at}
            yield Insert(tables.messages, {**key, **row, "due_at": entry.due_at, "path": entry.path[:300]})
        case facts.MessagePlayed(at, _, by):
            yield Update(tables.messages, tuple(key.items()), {"opened_at": at, "opened_by": by[:_NAME]})
        case facts.MessageClosed(at, _, review, by):
            values = {"reviewed_at": at, "reviewed_by": by[:_NAME], "review": review.value}
            yield Update(tables.messages, tuple(key.items()), values)


def _attempt_change(
    entry: facts.AttemptMade | facts.AttemptDialled | facts.AttemptReached | facts.AttemptFinished,
) -> Change:
    match entry:
        case facts.AttemptMade(at, attempt, obligation, agent, e164, n, trunk):
            row = {"attempt": attempt, "obligation": obligation, "n": n, "agent": agent, "made_at": at}
            return Insert(tables.attempts, {**row, "e164": e164.whole, "trunk": trunk})
        case facts.AttemptDialled(at, attempt):
            return _attempt(attempt, dialled_at=at)
        case facts.AttemptReached(at, attempt):
            return _attempt(attempt, contacted_at=at)
        case facts.AttemptFinished():
            return _end_of_dial(entry)


def _taken_over(attempt: str, at: datetime, agent: str) -> Iterator[Change]:
    """Of a call made by hand the journal alone keeps it: it is nobody's duty."""
    if not is_outgoing(attempt):
        yield Insert(tables.attempt_transfers, {"attempt": attempt, "at": at, "agent": agent})


def _outgoing_change(
    entry: facts.OutgoingMade | facts.OutgoingDialled | facts.OutgoingReached | facts.OutgoingFinished,
    node: str,
) -> Change:
    match entry:
        case facts.OutgoingMade():
            return Insert(desk_tables.outgoing_calls, _outgoing_row(entry, node))
        case facts.OutgoingDialled(at, attempt):
            return _attempt(attempt, dialled_at=at)
        case facts.OutgoingReached(at, attempt):
            return _attempt(attempt, contacted_at=at)
        case facts.OutgoingFinished():
            return _end_of_dial(entry)


def _end_of_dial(entry: facts.AttemptFinished | facts.OutgoingFinished) -> Update:
    return _attempt(
        entry.attempt,
        ended_at=entry.at,
        result=entry.result.value,
        dial_status=entry.dial_status[:30],
        cause=entry.cause,
        sip_code=entry.sip_code,
        rang=entry.rang,
    )


def _outgoing_row(entry: facts.OutgoingMade, node: str) -> dict[str, Any]:
    return {
        "attempt": entry.attempt,
        "node": node,
        "command": entry.command,
        "company": entry.company,
        "did": entry.did[:40],
        "agent": entry.agent,
        "account": entry.account[:_NAME],
        "by": entry.by[:_NAME],
        "purpose": entry.purpose[:_WHY],
        "e164": entry.e164.whole,
        "made_at": entry.at,
        "trunk": entry.trunk[:40],
        "is_service": entry.is_service,
    }


def _closing(entry: facts.ObligationClosed) -> Iterator[Change]:
    yield _obligation(
        entry.obligation,
        closed_at=entry.at,
        closing=entry.closing.value,
        reason=entry.reason[:100],
        contacted_at=entry.contacted_at,
        closed_by=entry.by[:_NAME],
    )
    # Touches no row where no task was opened.
    yield _task(entry.obligation, done_at=entry.at, done_by=entry.by[:_NAME] or entry.closing.value)


def _call_row(entry: facts.CallOffered, node: str) -> dict[str, Any]:
    return {
        "node": node,
        "call": entry.call,
        "arrived_at": entry.arrived_at,
        "offered_at": entry.at,
        "did": entry.did[:40],
        "company": entry.company,
        "line_kind": entry.line_kind,
        "queue": entry.queue,
        "number": entry.number.whole[:40],
        "caller_name": entry.caller_name[:200],
        "served_by": facts.ServedBy.ASTERISK.value if entry.watched else None,
        "unlisted": None if entry.unlisted is None else entry.unlisted[:40],
    }


def _command_row(entry: facts.CommandDecided, node: str) -> dict[str, Any]:
    return {
        "command": entry.command,
        "node": node,
        "at": entry.at,
        "kind": entry.kind.value,
        "account": entry.account[:_NAME],
        "by": entry.by[:_NAME],
        "refusal": None if entry.refusal is None else entry.refusal.value,
        "agent": entry.agent,
        "call": entry.call,
        "queue": entry.queue,
        "obligation": entry.obligation,
        "message": entry.message,
        "company": entry.company,
        "reason": entry.reason[:_WHY],
    }


def _obligation_row(entry: facts.ObligationOpened, node: str) -> dict[str, Any]:
    return {
        "obligation": entry.obligation,
        "node": node,
        "call": entry.call,
        "company": entry.company,
        "did": entry.did[:40],
        "queue": entry.queue,
        "number": entry.number.whole[:40],
        "e164": None if entry.e164 is None else entry.e164.whole,
        "arrived_at": entry.arrived_at,
        "due_at": entry.due_at,
        "opened_at": entry.at,
        "state": ObligationState.PLANNED.value,
    }


def _position(place: Place) -> dict[str, Any]:
    return {"node": place.node, "epoch": place.epoch, "seq": place.seq}


def _joined(node: str, call: str, obligation: str) -> dict[str, Any]:
    return {"node": node, "call": call, "obligation": obligation}


def _call(node: str, call: str, **values: Any) -> Update:
    return Update(tables.calls, (("node", node), ("call", call)), values)


def _offer(node: str, offer: str, **values: Any) -> Update:
    return Update(tables.offers, (("node", node), ("offer", offer)), values)


def _obligation(obligation: str, **values: Any) -> Update:
    return Update(tables.obligations, (("obligation", obligation),), values)


def _task(obligation: str, **values: Any) -> Update:
    return Update(tables.human_tasks, (("obligation", obligation),), values)


def _attempt(attempt: str, **values: Any) -> Update:
    table = desk_tables.outgoing_calls if is_outgoing(attempt) else tables.attempts
    return Update(table, (("attempt", attempt),), values)
