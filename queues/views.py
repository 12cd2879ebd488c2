"""From the live state to what may be seen of it: one call, agent, obligation, message, or all of them."""

from __future__ import annotations

from queues.live_state import (
    AgentView,
    CallView,
    CentreView,
    DialView,
    MessageView,
    ObligationView,
    OutgoingView,
)
from queues.state.agent import Agent, Work
from queues.state.call import Call
from queues.state.core_state import Centre
from queues.state.obligation import Attempt, Obligation
from queues.state.timers import TimerKind
from queues.state.voice_message import WaitingMessage
from queues.terms.outgoing import Outgoing


def view_of(centre: Centre) -> CentreView:
    """Everything: O(n log n), not for the routing path."""
    calls = sorted(centre.calls.values(), key=lambda call: (call.answered_at is not None, call.place))
    agents = sorted(centre.agents.values(), key=lambda agent: agent.id)
    return CentreView(
        calls=tuple(map(view_of_call, calls)),
        agents=tuple(view_of_agent(centre, agent) for agent in agents),
        synced=centre.synced,
        obligations=tuple(map(view_of_obligation, centre.obligations.values())),
        callbacks_stopped=centre.callbacks_stopped,
        messages_waiting=len(centre.messages),
        messages=tuple(view_of_message(centre, message) for message in centre.messages.values()),
        dials=tuple(
            DialView(one.id, one.obligation, one.agent, one.state, one.made_at)
            for one in centre.attempts.values()
            if one.obligation is not None
        ),
        outgoing=tuple(
            view_of_outgoing(centre, one, one.outgoing)
            for one in centre.attempts.values()
            if one.outgoing is not None
        ),
    )


def view_of_call(call: Call) -> CallView:
    """One resident's call."""
    return CallView(
        call.id,
        call.line.company,
        call.queue.name,
        call.line.label,
        call.number,
        call.state,
        call.arrived_at,
        call.answered_at,
        call.agent,
        call.offers_made,
        did=call.line.did,
        line_kind=call.line.kind,
        caller_name=call.caller_name,
        queued_at=call.queued_at,
        place=call.place,
        offer=call.offer,
        is_held=call.is_held,
    )


def view_of_agent(centre: Centre, agent: Agent) -> AgentView:
    """One agent."""
    is_resting = agent.work is Work.WRAP_UP
    return AgentView(
        agent.id,
        agent.profile.name,
        agent.state,
        agent.pause_reason or "",
        agent.call,
        agent.profile.queues,
        agent.shown_since,
        attempt=agent.attempt,
        wraps_up_until=centre.timers.due(TimerKind.WRAP_UP, agent.id) if is_resting else None,
        is_logged_in=agent.logged_in,
    )


def view_of_obligation(one: Obligation) -> ObligationView:
    """What is owed to one resident."""
    return ObligationView(
        one.id,
        one.line.company,
        one.queue.name,
        one.state,
        one.due_at,
        one.is_overdue,
        one.arrived_at,
        one.is_taken,
        number=one.number,
        label=one.line.label,
        why=one.why,
        task=one.task,
        taken_by=one.taken_by,
        dials=one.dials,
        not_before=one.not_before,
    )


def view_of_message(centre: Centre, one: WaitingMessage) -> MessageView:
    """A message that waits for its review."""
    owed = None if one.obligation is None else centre.obligations.get(one.obligation)
    return MessageView(
        one.id,
        one.company,
        one.queue,
        one.left_at,
        one.due_at,
        one.opened_at,
        one.obligation,
        None if owed is None else owed.number,
    )


def view_of_outgoing(centre: Centre, attempt: Attempt, outgoing: Outgoing) -> OutgoingView:
    """A call that is being made by hand."""
    return OutgoingView(
        attempt.id,
        attempt.agent,
        outgoing.company,
        centre.line_of(outgoing.did).label,
        attempt.e164,
        outgoing.purpose,
        outgoing.command,
        attempt.state,
        attempt.made_at,
    )
