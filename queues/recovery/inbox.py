"""The inbox, read page by page while calls go on: who called while we were away, and how it ended for each."""

from __future__ import annotations

from datetime import datetime

from queues.agents import agent_states
from queues.app_queue import watched_calls
from queues.calls import call_states, wait_menu
from queues.messages import events
from queues.messages.events import EndedCall, OfferResult
from queues.messages.journal import CallConnected, Outcome, RecordingStarted, ServedBy
from queues.state import own_calls
from queues.state.call import Call, CallInput, CallState
from queues.state.core_state import Centre
from queues.state.handlers import Handlers
from queues.state.timers import TimerKind
from queues.terms.identifiers import ChannelName
from queues.voicemail import reviews

NOT_YET_NAMED = ChannelName("")


def read(centre: Centre, page: events.InboxRead, now: datetime) -> None:
    """Settle what the page tells; after the last one, whoever is gone without a trace is lost."""
    for trace in page.ended:
        call = centre.calls.get(trace.call)
        if call is None:
            settle_unknown(centre, trace, page.at, now)
        elif trace.call in centre.unaccounted:
            settle_known(centre, call, trace, page.at, now)
    if page.is_last:
        for call_id in sorted(centre.unaccounted):
            settle_known(centre, centre.calls[call_id], None, page.at, now)


def await_trace(centre: Centre, call: Call, at: datetime, now: datetime) -> None:
    """He is not on the line any more; how his call ended, a page of the inbox will tell."""
    agent_states.end_offer(centre, call, OfferResult.UNKNOWN, at, now)
    watched_calls.end_rings(centre, call, OfferResult.UNKNOWN, at)
    centre.take_out_of_line(call)
    for kind in (TimerKind.HELD_BACK, TimerKind.CHOICE, TimerKind.FETCH_BACK):
        centre.timers.disarm(kind, call.id)
    centre.returning.pop(call.id, None)
    call.move(CallInput.LOST_SIGHT)
    centre.unaccounted.add(call.id)


def settle_known(centre: Centre, call: Call, trace: EndedCall | None, at: datetime, now: datetime) -> None:
    """A call of ours is gone: its trace tells how; without one it is lost, unless it was answered."""
    centre.unaccounted.discard(call.id)
    if call.state is CallState.TALKING:
        if trace is not None and trace.recording:
            centre.note(RecordingStarted(trace.answered_at or at, call.id, None, trace.recording))
        ended_at = at if trace is None or trace.ended_at is None else trace.ended_at
        call_states.finish(centre, call, Outcome.ANSWERED, ended_at, now)
    elif trace is None:
        call_states.finish(centre, call, _unless_ours(call, Outcome.LOST), at, now)
    else:
        _finish_by_trace(centre, call, trace, at, now)


def settle_unknown(centre: Centre, trace: EndedCall, at: datetime, now: datetime) -> None:
    """A resident called and left while we were away: he counts all the same, with his true arrival."""
    arrived_at, number = trace.arrived_at, trace.number
    if trace.watched is not None:
        call = watched_calls.arrive(
            centre,
            events.CallWatched(
                arrived_at, trace.call, NOT_YET_NAMED, arrived_at, trace.watched, trace.did, number
            ),
        )
    else:
        call = call_states.arrive(
            centre,
            events.CallArrived(arrived_at, trace.call, NOT_YET_NAMED, arrived_at, trace.did, number),
        )
    _finish_by_trace(centre, call, trace, at, now)


def _finish_by_trace(centre: Centre, call: Call, trace: EndedCall, at: datetime, now: datetime) -> None:
    ended_at = trace.ended_at or at
    if trace.message_at is not None:
        own_calls.count_after_all(centre, call)
    if call.uncounted is not None:
        call_states.finish(centre, call, Outcome.REJECTED, ended_at, now)
        return
    if trace.queued_at is not None and call.queued_at is None:
        watched_calls.join(centre, call, trace.queued_at)
    if trace.exit is not None:
        watched_calls.leave(centre, call, events.QueueLeft(ended_at, call.id, trace.exit))
    wait_menu.chosen_meanwhile(centre, call, trace.choice)
    if trace.message_at is not None:
        reviews.taken(centre, call, events.MessageLeft(trace.message_at, call.id, trace.message_path))
    if trace.by_fallback:
        call.served_by = ServedBy.FALLBACK
    if trace.answered_at is not None:
        agent_states.end_offer(centre, call, OfferResult.UNKNOWN, ended_at, now)
        agent = agent_states.agent_of(centre, trace.agent)
        centre.note(
            CallConnected(
                trace.answered_at, call.id, None if agent is None else agent.id, None, call.served_by
            )
        )
        if trace.recording:
            centre.note(RecordingStarted(trace.answered_at, call.id, None, trace.recording))
        call_states.finish(centre, call, Outcome.ANSWERED, ended_at, now)
        if agent is not None:
            agent_states.rest_until(centre, agent, ended_at + call.queue.wrap_up, now)
    elif trace.ended_at is None:
        call_states.finish(centre, call, _unless_ours(call, Outcome.LOST), ended_at, now)
    elif trace.watched is not None:
        call_states.finish(centre, call, watched_calls.outcome_of(call), ended_at, now)
    else:
        call_states.finish(centre, call, _unless_ours(call, Outcome.ABANDONED), ended_at, now)


def _unless_ours(call: Call, outcome: Outcome) -> Outcome:
    """No resident gave up or was lost in a call of our own numbers: it was refused, by us or by nobody's answering."""
    is_left = call.message_at is not None
    return Outcome.REJECTED if call.state is CallState.OWN and not is_left else outcome


HANDLES: Handlers = {
    events.InboxRead: read,
}
