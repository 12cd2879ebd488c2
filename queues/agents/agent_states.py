"""What befalls an agent: offers, conversations, wrap-up, his phone and his log-in."""

from __future__ import annotations

from datetime import datetime, timedelta

from queues.agents import missed_offers
from queues.messages import events
from queues.messages.events import OfferResult
from queues.messages.journal import OfferEnded
from queues.state.agent import Agent, Work
from queues.state.call import Call
from queues.state.core_state import Centre
from queues.state.handlers import Handlers, TimerHandlers
from queues.state.timers import TimerKind
from queues.terms.identifiers import AgentId


def agent_of(centre: Centre, agent_id: AgentId | None) -> Agent | None:
    """The agent, None for an id that is not (or no more) configured."""
    return None if agent_id is None else centre.agents.get(agent_id)


def end_offer(centre: Centre, call: Call, result: OfferResult, at: datetime, now: datetime) -> None:
    """The present offer of the call was not taken: journal it and free its agent.

    Whoever declined, did not answer or could not be rung is left alone for the queue's decline
    pause and goes to the end of the idle; in every other case the agent did nothing wrong.
    """
    if call.offer is None:
        return
    agent = agent_of(centre, call.agent)
    is_his = agent is not None and agent.offer == call.offer
    if agent is not None and is_his:
        result = missed_offers.why(result, None if agent.rang_at is None else at - agent.rang_at)
    centre.note(OfferEnded(at, call.offer, result))
    centre.timers.disarm(TimerKind.OFFER_DEADLINE, call.offer)
    if agent is not None and is_his:
        release(centre, agent)
        if result in missed_offers.NOT_TAKEN:
            not_taken(centre, agent, result, call.queue.decline_pause, now)
    call.offer = None
    call.agent = None


def interrupt_rest(centre: Centre, agent: Agent) -> None:
    """He goes to work by himself before his rest is over."""
    _disarm_rests(centre, agent)
    if agent.work in {Work.WRAP_UP, Work.DECLINE_PAUSE}:
        agent.end_rest()
        centre.touch(agent)


def release(centre: Centre, agent: Agent) -> None:
    """Nothing is given to the agent any more."""
    agent.release()
    centre.touch(agent)


def not_taken(centre: Centre, agent: Agent, result: OfferResult, pause: timedelta, now: datetime) -> None:
    """His phone did not take what he was given."""
    start_decline_pause(centre, agent, pause, now)
    missed_offers.not_taken(centre, agent, result, now)


def start_decline_pause(centre: Centre, agent: Agent, pause: timedelta, now: datetime) -> None:
    """He did not take what he was offered: leave him alone for a moment, last among the idle."""
    agent.idle_since = now
    if pause > timedelta(0):
        agent.leave_alone()
        centre.timers.arm(TimerKind.DECLINE_PAUSE, agent.id, now + pause)


def start_talking(centre: Centre, agent: Agent, call: Call | None) -> None:
    """The agent and the resident hear each other; no call: a callback that a colleague made."""
    _disarm_rests(centre, agent)
    missed_offers.taken(centre, agent)
    agent.talk(None if call is None else call.id)
    centre.touch(agent)


def end_talking(centre: Centre, agent: Agent, wrap_up: timedelta, now: datetime) -> None:
    """The conversation is over for the agent: wrap-up begins, if the queue has one."""
    agent.release()
    agent.idle_since = now
    if wrap_up > timedelta(0):
        agent.wrap_up()
        centre.timers.arm(TimerKind.WRAP_UP, agent.id, now + wrap_up)
    centre.touch(agent)


def rest_until(centre: Centre, agent: Agent, until: datetime, now: datetime) -> None:
    """His conversation ended while we were away: what is left of his wrap-up."""
    if agent.work is Work.NONE and until > now:
        agent.wrap_up()
        centre.timers.arm(TimerKind.WRAP_UP, agent.id, until)
        centre.touch(agent)


def wrap_up_is_over(centre: Centre, agent_id: str, now: datetime) -> None:
    """His time after the conversation has passed."""
    _end_rest(centre, agent_id, Work.WRAP_UP, now)


def decline_pause_is_over(centre: Centre, agent_id: str, now: datetime) -> None:
    """The pause after an offer that his phone did not take has passed."""
    _end_rest(centre, agent_id, Work.DECLINE_PAUSE, now)


def _end_rest(centre: Centre, agent_id: str, resting: Work, now: datetime) -> None:
    agent = agent_of(centre, AgentId(agent_id))
    if agent is not None and agent.work is resting:
        agent.end_rest()
        agent.idle_since = now
        centre.touch(agent)


def leg_ended(centre: Centre, event: events.AgentLegEnded, now: datetime) -> None:
    """A channel of the agent's phone is gone: the end of his conversation, if it was that one."""
    agent = agent_of(centre, event.agent)
    if agent is None:
        return
    if agent.attempt is not None or (agent.leg is not None and agent.leg != event.channel):
        return  # A callback tells its own end; or it is an older leg, told late.
    if agent.work is Work.TALKING and (event.call is None or event.call == agent.call):
        call = centre.calls.get(agent.call) if agent.call is not None else None
        queue = centre.policy.queues[min(agent.profile.queues)] if call is None else call.queue
        end_talking(centre, agent, queue.wrap_up, now)
    elif agent.work is Work.OFFERED:
        # The dialplan tells next why (CallHolding with its result); only the leg is forgotten here.
        agent.leg = None


def device_changed(centre: Centre, event: events.AgentDeviceChanged, _now: datetime) -> None:
    """The phone registered, rang, became busy, free, or vanished."""
    agent = agent_of(centre, event.agent)
    if agent is not None and agent.device is not event.state:
        before, agent.device = agent.device, event.state
        missed_offers.device_changed(centre, agent, before)
        centre.touch(agent)


def phone_used(centre: Centre, event: events.AgentPhoneUsed, _now: datetime) -> None:
    """The first channel of his phone is there, or the last is gone."""
    agent = agent_of(centre, event.agent)
    if agent is not None and agent.is_on_phone is not event.in_use:
        agent.is_on_phone = event.in_use
        centre.touch(agent)


def logged_in(centre: Centre, event: events.AgentLoggedIn, now: datetime) -> None:
    """The agent works from now on, unpaused, last among the idle."""
    agent = agent_of(centre, event.agent)
    if agent is None:
        centre.note_unexpected(event.at, "agent", "unknown", event, event.agent)
    elif not agent.logged_in:
        agent.logged_in = True
        agent.missed_in_a_row = 0
        agent.pause_reason = None
        missed_offers.forget(centre, agent)
        agent.idle_since = now
        centre.touch(agent)


def logged_out(centre: Centre, event: events.AgentLoggedOut, _now: datetime) -> None:
    """The agent is offered nothing more; what rings or is spoken goes on to its end."""
    agent = agent_of(centre, event.agent)
    if agent is None:
        centre.note_unexpected(event.at, "agent", "unknown", event, event.agent)
    elif agent.logged_in:
        agent.logged_in = False
        agent.pause_reason = None
        missed_offers.forget(centre, agent)
        centre.touch(agent)


def paused(centre: Centre, event: events.AgentPaused, _now: datetime) -> None:
    """The agent is offered nothing until he is back."""
    agent = agent_of(centre, event.agent)
    if agent is None or not agent.logged_in:
        centre.note_unexpected(event.at, "agent", "logged_out", event, event.agent)
        return
    agent.pause_reason = event.reason
    missed_offers.forget(centre, agent)
    centre.touch(agent)


def unpaused(centre: Centre, event: events.AgentUnpaused, now: datetime) -> None:
    """The agent is back, last among the idle."""
    agent = agent_of(centre, event.agent)
    if agent is not None and agent.pause_reason is not None:
        agent.pause_reason = None
        agent.missed_in_a_row = 0
        missed_offers.forget(centre, agent)
        agent.idle_since = now
        centre.touch(agent)


def wrap_up_ended(centre: Centre, event: events.AgentWrapUpEnded, now: datetime) -> None:
    """The agent is ready before his wrap-up time is over."""
    agent = agent_of(centre, event.agent)
    if agent is not None and agent.work is Work.WRAP_UP:
        centre.timers.disarm(TimerKind.WRAP_UP, agent.id)
        wrap_up_is_over(centre, agent.id, now)


def _disarm_rests(centre: Centre, agent: Agent) -> None:
    centre.timers.disarm(TimerKind.WRAP_UP, agent.id)
    centre.timers.disarm(TimerKind.DECLINE_PAUSE, agent.id)


HANDLES: Handlers = {
    events.AgentDeviceChanged: device_changed,
    events.AgentPhoneUsed: phone_used,
    events.AgentLoggedIn: logged_in,
    events.AgentLoggedOut: logged_out,
    events.AgentPaused: paused,
    events.AgentUnpaused: unpaused,
    events.AgentWrapUpEnded: wrap_up_ended,
}
TIMERS: TimerHandlers = {
    TimerKind.WRAP_UP: wrap_up_is_over,
    TimerKind.DECLINE_PAUSE: decline_pause_is_over,
}
