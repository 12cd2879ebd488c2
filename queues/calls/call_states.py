"""What befalls a resident's call: one function per step of the table in `queues.state.call`."""

from __future__ import annotations

from datetime import datetime

from queues.agents import agent_states
from queues.app_queue import fallback_return, watched_calls
from queues.calls import transfers, wait_menu, withdrawals
from queues.messages import events
from queues.messages.events import OfferResult
from queues.messages.journal import (
    CallConnected,
    CallFinished,
    CallMovedToFallback,
    CallQueued,
    OfferRang,
    Outcome,
    ServedBy,
)
from queues.state import facts, own_calls
from queues.state.agent import Work
from queues.state.call import STEPS, Call, CallInput, CallState, CallStep
from queues.state.core_state import Centre
from queues.state.handlers import Handlers, TimerHandlers
from queues.state.timers import TimerKind
from queues.terms.identifiers import CallId, OfferId
from queues.voicemail import reviews

REFUSALS_UNTIL_LOST = 3
_SERVED_BY_ASTERISK = {CallState.FALLBACK, CallState.WATCHED, CallState.LEFT_QUEUE}
"""There a phone may answer that is nobody's in the settings."""
CallEvent = (
    events.CallArrived
    | events.CallWatched
    | events.QueueJoined
    | events.QueueLeft
    | events.AgentRingEnded
    | events.CallHolding
    | events.AgentRang
    | events.CallAnswered
    | events.CallTransferred
    | events.CallFellBack
    | events.CallRejected
    | events.CallEnded
    | events.ChoiceMade
    | events.MessageLeft
)


def handle(centre: Centre, event: CallEvent, now: datetime) -> None:
    """Look the step up and take it."""
    call = centre.calls.get(event.call)
    if call is None:
        if isinstance(event, events.CallArrived):
            arrive(centre, event)
        elif isinstance(event, events.CallWatched):
            watched_calls.arrive(centre, event)
        else:
            centre.note_unexpected(event.at, "call", "unknown", event, event.call)
        return
    if isinstance(event, events.CallArrived):
        call.has_trace = True
    step = STEPS[call.state].get(type(event))
    if step is None:
        centre.note_unexpected(event.at, "call", call.state, event, call.id)
        return
    take_step(centre, call, step, event, now)


def take_step(centre: Centre, call: Call, step: CallStep, event: CallEvent, now: datetime) -> None:  # noqa: PLR0912  # one case per step is the plainest table
    """Do what the table says."""
    match step, event:
        case CallStep.IGNORE, _:
            pass
        case CallStep.QUEUE, _:
            queue(centre, call, event.at)
            centre.tell(facts.HoldEntered(call, event.at, now))
        case CallStep.COME_BACK, events.CallHolding():
            come_back(centre, call, event, now)
        case CallStep.NOTE_RING, events.AgentRang():
            note_ring(centre, call, event)
        case CallStep.CONNECT, events.CallAnswered():
            answered(centre, call, event, now)
        case CallStep.FALL_BACK, _:
            fall_back(centre, call, event.at, now)
        case CallStep.CHOOSE, events.ChoiceMade():
            wait_menu.choose(centre, call, event)
        case CallStep.TAKE_MESSAGE, events.MessageLeft():
            reviews.taken(centre, call, event)
        case CallStep.TRANSFER, events.CallTransferred():
            transfers.call_passed_on(centre, call, event, now)
        case CallStep.JOIN_PBX_QUEUE, _:
            join_pbx_queue(centre, call, event.at, now)
        case CallStep.LEAVE_PBX_QUEUE, events.QueueLeft():
            watched_calls.leave(centre, call, event)
        case CallStep.NOTE_PBX_RING, events.AgentRang():
            rings_in_pbx_queue(centre, call, event, now)
        case CallStep.END_PBX_RING, events.AgentRingEnded():
            watched_calls.end_ring(centre, call, event.agent, event.result, event.at)
            if call.state is CallState.FALLBACK:
                fallback_return.ring_ended(centre, call, now)
        case CallStep.END_WATCHED, events.CallEnded():
            finish(centre, call, watched_calls.outcome_of(call), event.at, now, event.cause)
        case CallStep.REJECT, _:
            finish(centre, call, Outcome.REJECTED, event.at, now)
        case CallStep.ABANDON, events.CallEnded():
            finish(centre, call, Outcome.ABANDONED, event.at, now, event.cause)
        case CallStep.FINISH, events.CallEnded():
            finish(centre, call, Outcome.ANSWERED, event.at, now, event.cause, event.agent_hung_up)
        case _:
            centre.note_unexpected(event.at, "call", call.state, event, call.id)


def arrive(centre: Centre, event: events.CallArrived) -> Call:
    """A resident is here: from now on he counts."""
    line = centre.line_of(event.did)
    call = Call(
        id=event.call,
        channel=event.channel,
        arrived_at=event.arrived_at,
        line=line,
        queue=centre.policy.queues[line.queue],
        number=event.number,
        caller_name=event.caller_name,
        state=CallState.ARRIVED,
        answer_limit=centre.answer_limit(line, event.arrived_at),
    )
    centre.calls[call.id] = call
    unlisted = None if event.did in centre.policy.lines else event.did
    if own_calls.offered(centre, call, call.offered(event.at, event.did, unlisted)):
        centre.tell(facts.ResidentArrived(call, event.at))
    return call


def queue(centre: Centre, call: Call, at: datetime) -> None:
    """The resident waits; his place is by his arrival."""
    centre.tell(facts.AppQueueLeft(call, at))
    call.move(CallInput.QUEUED)
    call.served_by = ServedBy.ENGINE
    if call.queued_at is None:
        call.queued_at = at
        centre.note(CallQueued(at, call.id))
    centre.put_in_line(call)
    centre.tell(facts.LineEntered(call, at))


def join_pbx_queue(centre: Centre, call: Call, at: datetime, now: datetime) -> None:
    """A queue that Asterisk dispatches has him, from wherever he came."""
    agent_states.end_offer(centre, call, OfferResult.UNKNOWN, at, now)
    centre.timers.disarm(TimerKind.HELD_BACK, call.id)
    fallback_return.left(centre, call)
    watched_calls.join(centre, call, at)


def come_back(centre: Centre, call: Call, event: events.CallHolding, now: datetime) -> None:
    """The offer failed and the dialplan returned the resident to hold: he keeps his place."""
    if event.result is None or (event.offer is not None and event.offer != call.offer):
        return  # His first entry into hold, or the end of an older offer, told late.
    call.refusals = 0
    agent_states.end_offer(centre, call, event.result, event.at, now)
    queue(centre, call, event.at)


def note_ring(centre: Centre, call: Call, event: events.AgentRang) -> None:
    """Asterisk dialled the agent's phone."""
    agent = agent_states.agent_of(centre, event.agent)
    if agent is None or call.offer is None or agent.offer != call.offer:
        centre.note_unexpected(event.at, "call", call.state, event, call.id)
        return
    call.refusals = 0
    if agent.leg is None:
        agent.leg, agent.rang_at = event.channel, event.at
        centre.note(OfferRang(event.at, call.offer, event.leg))


def answered(centre: Centre, call: Call, event: events.CallAnswered, now: datetime) -> None:
    """Whoever is bridged is who answered: an agent of ours, or, where Asterisk's own queue serves, its member.

    In an offer of ours anybody else is no human we rang (a phone that sends its calls on, a phrase that is played):
    the resident is still waiting, and whatever cuts him off leaves him owed.
    """
    if agent_states.agent_of(centre, event.agent) is None and call.state not in _SERVED_BY_ASTERISK:
        centre.note_unexpected(event.at, "call", call.state, event, call.id)
        return
    connect(centre, call, event, now)


def connect(centre: Centre, call: Call, event: events.CallAnswered, now: datetime) -> None:
    """A human answered: the answer clock stops at `event.at`."""
    agent = agent_states.agent_of(centre, event.agent)
    offer: OfferId | None = None
    # An agent whom an earlier run of the engine rang does not know the offer: the ledger does.
    is_restored = call.state is CallState.RESTORED and event.agent == call.agent
    if call.offer is not None and (agent is None or agent.offer == call.offer or is_restored):
        offer = call.offer
        agent = agent or agent_states.agent_of(centre, call.agent)
        centre.timers.disarm(TimerKind.OFFER_DEADLINE, call.offer)
    else:
        agent_states.end_offer(centre, call, OfferResult.PICKED_UP, event.at, now)
        offer = watched_calls.take_answer(centre, call, event.agent, event.at)
    centre.take_out_of_line(call)
    centre.timers.disarm(TimerKind.HELD_BACK, call.id)
    fallback_return.left(centre, call)
    if event.by_fallback:
        call.served_by = ServedBy.FALLBACK
    call.move(CallInput.ANSWERED)
    call.answered_at = event.at
    call.agent = None if agent is None else agent.id
    call.offer = offer
    if agent is not None and agent.work is not Work.TALKING:
        withdrawals.free_from_other_offer(centre, call, agent.call, event.at, now)
        agent_states.start_talking(centre, agent, call)
    if call.uncounted is not None:
        return  # One of us speaks with one of us.
    centre.note(CallConnected(event.at, call.id, call.agent, offer, call.served_by))
    centre.tell(facts.ResidentAnswered(call, event.at))


def release_held_back(centre: Centre, call_id: str, now: datetime) -> None:
    """The moment has passed: the resident waits in his place again."""
    call = centre.calls.get(CallId(call_id))
    if call is not None and call.state is CallState.HELD_BACK:
        queue(centre, call, now)


def fall_back(centre: Centre, call: Call, at: datetime, now: datetime) -> None:
    """The dialplan did not trust us and took the resident to Asterisk's own queue."""
    agent_states.end_offer(centre, call, OfferResult.UNKNOWN, at, now)
    watched_calls.end_rings(centre, call, OfferResult.CALLER_GONE, at)
    centre.take_out_of_line(call)
    centre.timers.disarm(TimerKind.HELD_BACK, call.id)
    call.move(CallInput.FELL_BACK)
    call.served_by = ServedBy.FALLBACK
    centre.note(CallMovedToFallback(at, call.id))
    fallback_return.fell_back(centre, call, now)


def rings_in_pbx_queue(centre: Centre, call: Call, event: events.AgentRang, now: datetime) -> None:
    """Asterisk's own queue rings an agent. Had we just offered him another resident, we give way (law 3)."""
    agent = agent_states.agent_of(centre, event.agent)
    if agent is not None and agent.work is Work.OFFERED and agent.attempt is None:
        withdrawals.free_from_other_offer(centre, call, agent.call, event.at, now)
    watched_calls.note_ring(centre, call, event)
    fallback_return.rings(centre, call, now)


def offer_refused(centre: Centre, event: events.OfferRefused, now: datetime) -> None:
    """Asterisk refused or did not answer our Redirect.

    Refused: most often the resident is just hanging up, and his Hangup follows; so he is held back
    for a moment, and counted lost only after three refusals in a row. Not answered: it may have been
    done, so the ring deadline decides.
    """
    call = centre.calls.get(CallId(event.offer.rpartition("/")[0]))
    if call is None or call.offer != event.offer or call.state is not CallState.OFFERED:
        return  # An older offer's, or he was answered all the same.
    if not event.outcome_known:
        return
    agent_states.end_offer(centre, call, OfferResult.COMMAND_FAILED, event.at, now)
    call.refusals += 1
    if call.refusals >= REFUSALS_UNTIL_LOST:
        finish(centre, call, Outcome.LOST, event.at, now)
    else:
        withdrawals.hold_back(centre, call, now)


def offer_deadline(centre: Centre, offer_id: str, now: datetime) -> None:
    """The phone should have been answered or given up by now: take the resident back."""
    call = centre.calls.get(CallId(offer_id.rpartition("/")[0]))
    if not centre.synced:
        return  # The next snapshot tells where he is, and arms the deadline again.
    if call is not None and call.offer == offer_id and call.state is CallState.OFFERED:
        withdrawals.take_back(centre, call, call.offer, OfferResult.UNKNOWN, now, now)


def finish(
    centre: Centre,
    call: Call,
    outcome: Outcome,
    at: datetime,
    now: datetime,
    cause: int | None = None,
    agent_hung_up: bool | None = None,
) -> None:
    """The call is over, with its one outcome (law 1)."""
    outcome = wait_menu.outcome_of(call, outcome)
    centre.timers.disarm(TimerKind.CHOICE, call.id)
    if call.state is CallState.TALKING:
        agent = agent_states.agent_of(centre, call.agent)
        if agent is not None and agent.call == call.id and agent.work is Work.TALKING:
            agent_states.end_talking(centre, agent, call.queue.wrap_up, now)
    else:
        agent_states.end_offer(centre, call, OfferResult.CALLER_GONE, at, now)
        watched_calls.end_rings(centre, call, OfferResult.CALLER_GONE, at)
    centre.timers.disarm(TimerKind.HELD_BACK, call.id)
    fallback_return.left(centre, call)
    centre.forget_call(call)
    if call.uncounted is None:
        centre.note(CallFinished(at, call.id, outcome, call.served_by, cause, agent_hung_up))
    centre.tell(facts.CallOver(call, outcome, at, now))


HANDLES: Handlers = {
    events.CallArrived: handle,
    events.CallWatched: handle,
    events.QueueJoined: handle,
    events.QueueLeft: handle,
    events.AgentRingEnded: handle,
    events.CallHolding: handle,
    events.AgentRang: handle,
    events.CallAnswered: handle,
    events.CallTransferred: handle,
    events.CallFellBack: handle,
    events.CallRejected: handle,
    events.CallEnded: handle,
    events.ChoiceMade: handle,
    events.MessageLeft: handle,
    events.OfferRefused: offer_refused,
}
TIMERS: TimerHandlers = {
    TimerKind.OFFER_DEADLINE: offer_deadline,
    TimerKind.HELD_BACK: release_held_back,
}
