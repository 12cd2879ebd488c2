"""After a (re)connect: make the live state agree with what the PBX says is so."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from queues.agents import agent_states, missed_offers
from queues.app_queue import fallback_members, fallback_return, watched_calls
from queues.calls import call_states, wait_menu, withdrawals
from queues.calls.offers import OFFER_GRACE
from queues.messages import events
from queues.messages.events import KnownCall, LiveCall, LiveCallState, OfferResult, PbxSnapshot
from queues.messages.journal import LinkLost, LinkRestored, RecordingStarted, ServedBy
from queues.messages.snapshot import KnownRest
from queues.recovery import callbacks, inbox, policy_change
from queues.state import facts, own_calls
from queues.state.agent import Agent, Work
from queues.state.call import Call, CallInput, CallState
from queues.state.core_state import Centre
from queues.state.handlers import Handlers
from queues.state.timers import TimerKind
from queues.terms.identifiers import CallId, OfferId


def restore(centre: Centre, event: events.LedgerRestored, _now: datetime) -> None:
    """Take up the calls an earlier run left open; they were journalled as offered already."""
    for known in event.calls:
        if known.call not in centre.calls:
            call = _restored_call(centre, known)
            centre.calls[known.call] = call
            if call.state is CallState.RESTORED and call.has_trace and own_calls.is_ours(centre, call.number):
                call.move(CallInput.IS_OURS)
            else:
                centre.tell(facts.ResidentArrived(call, event.at))
    for rest in event.rests:
        _restore_rest(centre, rest, event.at)
    callbacks.restore(centre, event)


def lose_link(centre: Centre, event: events.PbxLost, _now: datetime) -> None:
    """Nothing is decided until the next snapshot; calls and agents are kept as last known."""
    if centre.synced:
        centre.synced = centre.catching_up = False
        centre.returning.clear()
        centre.note(LinkLost(event.at))


def apply_snapshot(centre: Centre, snapshot: PbxSnapshot, now: datetime) -> None:
    """Adopt what is alive, settle what is over, and allow matching again."""
    live = {call.call: call for call in snapshot.calls}
    ended = {call.call: call for call in snapshot.ended if call.call not in live}
    callbacks.settle_attempts(centre, snapshot, now)
    for call in centre.calls.values():
        # Whom Asterisk's own queues ring is not listed; who answers is heard.
        watched_calls.end_rings(centre, call, OfferResult.UNKNOWN, snapshot.at)
    for call in list(centre.calls.values()):
        if call.id in live:
            centre.unaccounted.discard(call.id)
        elif snapshot.inbox_follows and call.has_trace and call.id not in ended:
            inbox.await_trace(centre, call, snapshot.at, now)
        else:
            inbox.settle_known(centre, call, ended.pop(call.id, None), snapshot.at, now)
    for trace in ended.values():
        inbox.settle_unknown(centre, trace, snapshot.at, now)
    for one in centre.agents.values():
        _release_from_ended_work(centre, one, live, now)
    # First those whom their agent has left already: his phone may ring for another by now.
    for found in sorted(snapshot.calls, key=lambda one: one.answered_by is None):
        _adopt(centre, found, snapshot.at, now)
    for phone in snapshot.agents:
        agent = centre.agents.get(phone.agent)
        if agent is not None:
            _adopt_phone(centre, agent, phone, now)
    policy_change.forget_who_left(centre)
    centre.synced = True
    centre.catching_up = snapshot.catching_up
    fallback_return.fetch_all(centre, now)
    centre.unmatched.update(centre.policy.queues)
    centre.note(LinkRestored(snapshot.at))


def _restored_call(centre: Centre, known: KnownCall) -> Call:
    line = centre.line_of(known.did)
    return Call(
        id=known.call,
        channel=inbox.NOT_YET_NAMED,
        arrived_at=known.arrived_at,
        line=line,
        queue=centre.policy.queues.get(known.moved_to or line.queue) or centre.policy.queues[line.queue],
        is_raised=known.is_raised,
        number=known.number,
        caller_name=known.caller_name,
        state=_state_of(known),
        queued_at=known.queued_at,
        answered_at=known.answered_at,
        served_by=_server_of(known),
        agent=known.agent or known.rung,
        offer=known.offer,
        recording=known.recording,
        answer_limit=centre.answer_limit(line, known.arrived_at),
        choice=known.choice,
        choice_offered=known.choice_offered,
        typed_number=known.typed_number,
        message_at=known.message_at,
        has_trace=not known.watched,
        queue_exit=known.exit,
    )


def _restore_rest(centre: Centre, rest: KnownRest, at: datetime) -> None:
    """What is left of a wrap-up that began before the engine ended."""
    agent = centre.agents.get(rest.agent)
    if agent is not None:
        queue = min(agent.profile.queues) if rest.did is None else centre.line_of(rest.did).queue
        agent_states.rest_until(centre, agent, rest.began_at + centre.policy.queues[queue].wrap_up, at)


def _state_of(known: KnownCall) -> CallState:
    if known.answered_at is not None:
        return CallState.TALKING
    return CallState.LEFT_QUEUE if known.watched else CallState.RESTORED


def _server_of(known: KnownCall) -> ServedBy:
    if known.watched:
        return ServedBy.ASTERISK
    return ServedBy.FALLBACK if known.by_fallback else ServedBy.ENGINE


def _adopt(centre: Centre, found: LiveCall, at: datetime, now: datetime) -> None:
    call = centre.calls.get(found.call) or _arrived_meanwhile(centre, found, at)
    call.channel = found.channel
    if found.state is not LiveCallState.TALKING and _needs_no_adoption(centre, call, at):
        return
    match found.state:
        case LiveCallState.ARRIVING:
            wait_menu.chosen_meanwhile(centre, call, found.choice)
        case LiveCallState.LEAVING:
            agent_states.end_offer(centre, call, OfferResult.UNKNOWN, at, now)
            wait_menu.found_leaving(centre, call, found.choice)
        case LiveCallState.HOLDING:
            _adopt_waiting(centre, call, at, now)
        case LiveCallState.OFFERED:
            _adopt_offered(centre, call, found, at, now)
        case LiveCallState.FALLBACK:
            _adopt_in_fallback(centre, call, found, at, now)
        case LiveCallState.WATCHED:
            if call.state is not CallState.WATCHED:
                call_states.join_pbx_queue(centre, call, found.queued_at or at, now)
        case LiveCallState.LEFT_QUEUE:
            if call.state is CallState.WATCHED:
                call.move(CallInput.LEFT_PBX_QUEUE)
        case LiveCallState.TALKING:
            _adopt_talking(centre, call, found, at, now)
            _adopt_recording(centre, call, found, at)
        case _:
            assert_never(found.state)


def _needs_no_adoption(centre: Centre, call: Call, at: datetime) -> bool:
    """Who was answered is answered, the list caught him between two bridges; and nobody serves our own calls."""
    if call.state is CallState.TALKING:
        return True
    if not own_calls.is_ours(centre, call.number):
        own_calls.count_after_all(centre, call)
        return False
    own_calls.refuse(centre, call, at)
    return True


def _arrived_meanwhile(centre: Centre, found: LiveCall, at: datetime) -> Call:
    """He called while we were away."""
    if found.watched is None:
        arrival = events.CallArrived(
            at, found.call, found.channel, found.arrived_at, found.did, found.number, found.caller_name
        )
        return call_states.arrive(centre, arrival)
    watched = events.CallWatched(
        at,
        found.call,
        found.channel,
        found.arrived_at,
        found.watched,
        found.did,
        found.number,
        found.caller_name,
    )
    return watched_calls.arrive(centre, watched)


def _adopt_waiting(centre: Centre, call: Call, at: datetime, now: datetime) -> None:
    agent_states.end_offer(centre, call, OfferResult.UNKNOWN, at, now)
    if call.state is not CallState.WAITING:
        centre.timers.disarm(TimerKind.HELD_BACK, call.id)
        call_states.queue(centre, call, at)


def _adopt_offered(centre: Centre, call: Call, found: LiveCall, at: datetime, now: datetime) -> None:
    if call.state is CallState.OFFERED and call.offer == found.offer:
        centre.timers.arm(TimerKind.OFFER_DEADLINE, str(call.offer), now + call.queue.ring_time + OFFER_GRACE)
        return
    if call.state is CallState.RESTORED and call.offer == found.offer:
        call.offer = call.agent = None  # An earlier run's, and it rings still.
    agent_states.end_offer(centre, call, OfferResult.UNKNOWN, at, now)
    centre.take_out_of_line(call)
    centre.timers.disarm(TimerKind.HELD_BACK, call.id)
    call.move(CallInput.OFFERED)
    call.offer = found.offer or OfferId(f"{call.id}/{centre.epoch}.0")
    agent = agent_states.agent_of(centre, found.agent)
    if agent is not None and agent.work not in {Work.TALKING, Work.OFFERED}:
        call.agent = agent.id
        agent.give_offer(call.offer, call.id)
        centre.touch(agent)
    centre.timers.arm(TimerKind.OFFER_DEADLINE, call.offer, now + call.queue.ring_time + OFFER_GRACE)


def _adopt_in_fallback(centre: Centre, call: Call, found: LiveCall, at: datetime, now: datetime) -> None:
    if call.state is not CallState.FALLBACK:
        call_states.fall_back(centre, call, at, now)
    if found.agent is not None:
        call_states.rings_in_pbx_queue(centre, call, events.AgentRang(at, call.id, found.agent, None), now)


def _adopt_talking(centre: Centre, call: Call, found: LiveCall, at: datetime, now: datetime) -> None:
    if call.state is not CallState.TALKING:
        agent_id = found.agent or found.answered_by or call.agent
        answered = events.CallAnswered(found.answered_at or at, call.id, agent_id, found.by_fallback)
        call_states.connect(centre, call, answered, now)
        agent = agent_states.agent_of(centre, call.agent)
        if found.answered_by is not None and agent is not None and agent.call == call.id:
            agent_states.end_talking(centre, agent, call.queue.wrap_up, now)
        return
    agent = agent_states.agent_of(centre, found.agent or call.agent)
    if agent is not None and found.answered_by is not None:
        agent_states.rest_until(centre, agent, now + call.queue.wrap_up, now)
    elif agent is not None and agent.work is not Work.TALKING:
        call.agent = agent.id
        withdrawals.free_from_other_offer(centre, call, agent.call, at, now)
        agent_states.start_talking(centre, agent, call)


def _adopt_recording(centre: Centre, call: Call, found: LiveCall, at: datetime) -> None:
    if found.recording and found.recording != call.recording:
        call.recording = found.recording
        centre.note(RecordingStarted(found.answered_at or at, call.id, None, found.recording))


def _release_from_ended_work(
    centre: Centre, agent: Agent, live: dict[CallId, LiveCall], now: datetime
) -> None:
    """Free an agent whose call is no longer his."""
    if agent.attempt in centre.attempts:
        return
    found = live.get(agent.call) if agent.call is not None else None
    is_his = found is not None and found.answered_by is None and found.agent in {None, agent.id}
    if agent.work is Work.TALKING and not is_his:
        call = centre.calls.get(agent.call) if agent.call is not None else None
        wrap_up = (
            centre.policy.queues[min(agent.profile.queues)].wrap_up if call is None else call.queue.wrap_up
        )
        agent_states.end_talking(centre, agent, wrap_up, now)


def _adopt_phone(centre: Centre, agent: Agent, phone: events.LiveAgent, now: datetime) -> None:
    agent.device = phone.device
    if phone.logged_in is not None and phone.logged_in != agent.logged_in:
        agent.logged_in = phone.logged_in
        agent.idle_since = now
    agent.pause_reason = phone.paused if agent.logged_in else None
    agent.is_on_phone = phone.on_phone
    missed_offers.found(centre, agent, now)
    fallback_members.found(centre, agent, phone)
    centre.touch(agent)


def caught_up(centre: Centre, _event: events.PbxCaughtUp, _now: datetime) -> None:
    """What happened while the snapshot was taken has been told."""
    centre.catching_up = False


HANDLES: Handlers = {
    events.PbxCaughtUp: caught_up,
    events.PbxLost: lose_link,
    events.PbxSnapshot: apply_snapshot,
    events.LedgerRestored: restore,
}
