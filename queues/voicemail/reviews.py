"""Voice messages: each an obligation with its own clock, reviewed by a named human; the law's third way."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from queues.agents import agent_states
from queues.callbacks import obligations, schedule, verdicts
from queues.messages import events
from queues.messages.commands import PlayMessage
from queues.messages.journal import MessageClosed, MessagePlayed, MessageRecorded
from queues.policy import LinePolicy
from queues.state.call import Call
from queues.state.core_state import Centre
from queues.state.handlers import Handlers
from queues.state.voice_message import WaitingMessage
from queues.terms.identifiers import CallId, MessageId
from queues.terms.outcomes import Review
from sla.promises import RU_416


def taken(centre: Centre, call: Call, event: events.MessageLeft) -> None:
    """He left a message in this call; told twice it is one."""
    if call.message_at is not None:
        return
    call.message_at = event.at
    due_at = event.at + _limit(centre, call.line, call.arrived_at)
    message = WaitingMessage(
        MessageId(call.id), call.line.queue, call.line.company, event.at, due_at, event.path
    )
    centre.messages[message.id] = message
    centre.note(
        MessageRecorded(
            event.at,
            message.id,
            call.id,
            call.line.company,
            call.line.did,
            call.line.queue,
            event.path,
            due_at,
        )
    )


def restore(centre: Centre, known: events.KnownMessage) -> None:
    """An earlier run's message that nobody has reviewed."""
    line = centre.line_of(known.did)
    due_at = known.left_at + _limit(centre, line, known.left_at)
    message = WaitingMessage(known.message, line.queue, known.company, known.left_at, due_at, known.path)
    if known.opened_at is not None:
        message = message.reviewed(Review.OPENED, known.opened_at)
    centre.messages.setdefault(known.message, message)


def _limit(centre: Centre, line: LinePolicy, arrived_at: datetime) -> timedelta:
    rules = line.rules_at(arrived_at, centre.policy.zone)
    return RU_416.message if rules is None else rules.message


def wanted(centre: Centre, event: events.MessageWanted, _now: datetime) -> None:
    """An agent wants to hear one: the oldest that nobody opened, else the one opened longest ago."""
    agent = agent_states.agent_of(centre, event.agent)
    if agent is None:
        return
    his = [message for message in centre.messages.values() if message.queue in agent.profile.queues]
    if not his:
        return
    message = min(his, key=lambda one: (one.opened_at is not None, one.opened_at or one.left_at, one.id))
    _opened(centre, message, event.agent, event.at)
    centre.order(PlayMessage(message.id, event.channel, message.path))


def reviewed(centre: Centre, event: events.MessageReviewed, now: datetime) -> None:
    """Somebody says what became of it."""
    message = centre.messages.get(event.message)
    if message is None:
        return
    if event.review is Review.OPENED:
        _opened(centre, message, event.by, event.at)
        return
    del centre.messages[message.id]
    centre.note(MessageClosed(event.at, message.id, event.review, event.by))
    if event.review is Review.DONE:
        _settle(centre, message, event.at, reviewed_at=event.at)
    elif message.obligation in centre.obligations:
        schedule.call_now(centre, centre.obligations[message.obligation], event.at, now)


def _opened(centre: Centre, message: WaitingMessage, by: str, at: datetime) -> None:
    centre.messages[message.id] = message.reviewed(Review.OPENED, at)
    centre.note(MessagePlayed(at, message.id, by))
    if message.opened_at is None:
        _settle(centre, message, at, opened_at=at)


def _settle(centre: Centre, message: WaitingMessage, at: datetime, **care: datetime) -> None:
    """Kept in time, as the rules read it, it discharges its call; the obligation, when no other call of it is owed."""
    obligation = None if message.obligation is None else centre.obligations.get(message.obligation)
    if obligation is None:
        return
    call = CallId(message.id)
    obligation.owed = [
        replace(owed, care=replace(owed.care, **care)) if owed.call == call else owed
        for owed in obligation.owed
    ]
    kept = verdicts.judge_reviewed(centre, obligation, call, at)
    if kept and not obligation.owed and obligation.contacted_at is None:
        obligations.message_reviewed(centre, obligation, at)


HANDLES: Handlers = {
    events.MessageWanted: wanted,
    events.MessageReviewed: reviewed,
}
