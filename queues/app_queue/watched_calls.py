"""Calls that Asterisk's own queue gives to agents: watched and measured, never moved.

The same for a watched app_queue and for the fallback queue; whom it rings is journalled as an offer like ours, so
that every figure, obligation and report is made of the same entries. Several agents may ring at a time.
"""

from __future__ import annotations

from datetime import datetime

from queues.agents import agent_states
from queues.messages import events
from queues.messages.journal import (
    CallLeftQueue,
    CallQueued,
    ChoiceTaken,
    OfferEnded,
    OfferMade,
    OfferRang,
    Outcome,
    ServedBy,
)
from queues.policy import KeyExit, LinePolicy
from queues.state import facts, own_calls
from queues.state.agent import Work
from queues.state.call import Call, CallInput, CallState
from queues.state.core_state import Centre
from queues.terms.identifiers import AgentId, Did, OfferId
from queues.terms.outcomes import TURNED_AWAY, Choice, OfferResult, QueueExit

_MAY_BE_RUNG = {Work.NONE, Work.WRAP_UP, Work.DECLINE_PAUSE}


def unlisted_did(centre: Centre, event: events.CallWatched) -> Did | None:
    """The number he dialled, where whose call it is was guessed: no line has it, and none is named for the queue.

    Who dialled the queue itself, from a phone of the house, dialled no number of a line at all.
    """
    queue = centre.policy.queues.get(event.queue)
    watch = None if queue is None else queue.watch
    if not event.did or event.did in centre.policy.lines or watch is None:
        return None
    return None if watch.line in centre.policy.lines or event.did in watch.pbx_queues else event.did


def watched_line(centre: Centre, event: events.CallWatched) -> LinePolicy:
    """By the number he dialled, where it belongs to this queue; else the line the queue stands for."""
    dialled = centre.policy.lines.get(event.did)
    if dialled is not None and dialled.queue == event.queue:
        return dialled
    queue = centre.policy.queues.get(event.queue)
    watch = None if queue is None else queue.watch
    if watch is not None and watch.line is not None and watch.line in centre.policy.lines:
        return centre.policy.lines[watch.line]
    for line in centre.policy.lines.values():
        if line.queue == event.queue:
            return line
    return centre.line_of(event.did)


def arrive(centre: Centre, event: events.CallWatched) -> Call:
    """A resident is at a watched queue: from now on he counts."""
    line = watched_line(centre, event)
    call = Call(
        id=event.call,
        channel=event.channel,
        arrived_at=event.arrived_at,
        line=line,
        queue=centre.policy.queues[line.queue],
        number=event.number,
        caller_name=event.caller_name,
        state=CallState.LEFT_QUEUE,
        served_by=ServedBy.ASTERISK,
        answer_limit=centre.answer_limit(line, event.arrived_at),
        has_trace=False,
    )
    centre.calls[call.id] = call
    entry = call.offered(event.at, line.did, unlisted_did(centre, event), watched=True)
    if own_calls.offered(centre, call, entry):
        centre.tell(facts.ResidentArrived(call, event.at))
    return call


def join(centre: Centre, call: Call, at: datetime) -> None:
    """Asterisk's queue has him. Whatever we had begun with him is over."""
    centre.take_out_of_line(call)
    call.move(CallInput.JOINED_PBX_QUEUE)
    call.served_by = ServedBy.ASTERISK
    call.queue_exit = None
    if call.queued_at is None:
        call.queued_at = at
        centre.note(CallQueued(at, call.id))


def leave(centre: Centre, call: Call, event: events.QueueLeft) -> None:
    """No agent of that queue will answer him; the dialplan may yet bring him to a human."""
    end_rings(centre, call, OfferResult.CALLER_GONE, event.at)
    call.move(CallInput.LEFT_PBX_QUEUE)
    call.queue_exit = event.exit
    centre.note(CallLeftQueue(event.at, call.id, event.exit))
    watch = call.queue.watch
    if event.exit is QueueExit.KEY and watch is not None and watch.key_exit is KeyExit.CALLBACK:
        call.choice = Choice.CALLBACK
        centre.note(ChoiceTaken(event.at, call.id, Choice.CALLBACK, None))


def outcome_of(call: Call) -> Outcome:
    """His call is over and no human answered it."""
    return Outcome.REJECTED if call.queue_exit in TURNED_AWAY else Outcome.ABANDONED


def note_ring(centre: Centre, call: Call, event: events.AgentRang) -> None:
    """Asterisk's queue rings this agent for him."""
    agent = agent_states.agent_of(centre, event.agent)
    if agent is None or agent.id in call.rings:
        return
    call.offers_made += 1
    offer = OfferId(f"{call.id}/{centre.epoch}.{call.offers_made}")
    call.rings[agent.id] = offer
    centre.note(OfferMade(event.at, offer, call.id, agent.id))
    centre.note(OfferRang(event.at, offer, event.leg))
    if agent.work in _MAY_BE_RUNG and agent.attempt is None:
        agent_states.interrupt_rest(centre, agent)
        agent.give_offer(offer, call.id, event.channel)
        centre.touch(agent)


def end_ring(centre: Centre, call: Call, agent_id: AgentId, result: OfferResult, at: datetime) -> None:
    """It rings him no more for this resident."""
    offer = call.rings.pop(agent_id, None)
    if offer is None:
        return
    centre.note(OfferEnded(at, offer, result))
    agent = agent_states.agent_of(centre, agent_id)
    if agent is not None and agent.offer == offer:
        agent_states.release(centre, agent)


def end_rings(centre: Centre, call: Call, result: OfferResult, at: datetime) -> None:
    """It rings nobody any more for this resident."""
    for agent_id in tuple(call.rings):
        end_ring(centre, call, agent_id, result, at)


def caller_left(centre: Centre, fact: facts.AppQueueLeft) -> None:
    """It rings nobody any more for whoever is not in it."""
    end_rings(centre, fact.call, OfferResult.CALLER_GONE, fact.at)


def take_answer(centre: Centre, call: Call, agent_id: AgentId | None, at: datetime) -> OfferId | None:
    """One of those it rang answered: his offer, which he keeps; the others' are over."""
    offer = call.rings.pop(agent_id, None) if agent_id is not None else None
    end_rings(centre, call, OfferResult.CALLER_GONE, at)
    return offer
