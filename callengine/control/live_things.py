"""Views of the live state as the desk's stream writes them."""

from __future__ import annotations

from datetime import datetime

from callengine.control import live_messages as live
from queues.live_state import (
    AgentView,
    CallView,
    DialView,
    MessageView,
    ObligationView,
    OutgoingView,
)


def place_of(one: CallView) -> tuple[int, datetime | None]:
    """His priority, and the moment by which the law wants a human with him."""
    return (0, None) if one.place is None else (one.place[0], one.place[1])


def call_now(one: CallView) -> live.LiveCall:
    """A call."""
    priority, answer_by = place_of(one)
    return live.LiveCall(
        call=one.call,
        company=one.company,
        queue=one.queue,
        label=one.label,
        number=one.number.whole,
        state=one.state,
        arrived_at=one.arrived_at,
        answered_at=one.answered_at,
        agent=one.agent,
        did=one.did,
        line_kind=one.line_kind,
        caller_name=one.caller_name,
        queued_at=one.queued_at,
        priority=priority,
        answer_by=answer_by,
        offer=one.offer,
        held=one.is_held,
    )


def agent_now(one: AgentView) -> live.LiveAgent:
    """An agent."""
    return live.LiveAgent(
        agent=one.agent,
        name=one.name,
        state=one.state,
        pause_reason=one.pause_reason,
        call=one.call,
        since=one.since,
        queues=tuple(sorted(one.queues)),
        attempt=one.attempt,
        wraps_up_until=one.wraps_up_until,
        logged_in=one.is_logged_in,
    )


def obligation_now(one: ObligationView) -> live.LiveObligation:
    """What is owed."""
    return live.LiveObligation(
        obligation=one.obligation,
        company=one.company,
        queue=one.queue,
        label=one.label,
        number="" if one.number is None else one.number.whole,
        state=one.state,
        arrived_at=one.arrived_at,
        due_at=one.due_at,
        overdue=one.is_overdue,
        why=one.why,
        task=one.task,
        taken_by=one.taken_by,
        dials=one.dials,
        not_before=one.not_before,
    )


def message_now(one: MessageView) -> live.LiveVoiceMessage:
    """A voice message."""
    return live.LiveVoiceMessage(
        message=one.message,
        company=one.company,
        queue=one.queue,
        left_at=one.left_at,
        due_at=one.due_at,
        opened_at=one.opened_at,
        obligation=one.obligation,
        number="" if one.number is None else one.number.whole,
    )


def dial_now(one: DialView) -> live.LiveDial:
    """A callback that is being made."""
    return live.LiveDial(
        attempt=one.attempt,
        obligation=one.obligation,
        agent=one.agent,
        state=one.state,
        made_at=one.made_at,
    )


def outgoing_now(one: OutgoingView) -> live.LiveOutgoing:
    """A call that is being made by hand."""
    return live.LiveOutgoing(
        attempt=one.attempt,
        agent=one.agent,
        company=one.company,
        label=one.label,
        number=one.number.whole,
        purpose=one.purpose,
        command=one.command,
        state=one.state,
        made_at=one.made_at,
    )
