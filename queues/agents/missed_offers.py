"""An agent whose phone takes no call: seen, paused with the reason, and tried again by itself where that costs nobody.

A phone on do-not-disturb, one that sends its calls on or that cannot take them refuses at once, so trying it again
takes a resident some thousandths of a second. One that rings in vain takes his ring time: such an agent comes back by
himself (*44, a supervisor), and one that is out of reach when Asterisk reaches it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from queues.messages.commands import PauseAgent
from queues.policy import Dispatch
from queues.state.agent import Agent, Work
from queues.state.core_state import Centre
from queues.state.handlers import TimerHandlers
from queues.state.timers import TimerKind
from queues.terms.identifiers import AgentId
from queues.terms.outcomes import DeviceState, OfferResult

UNHEARD = timedelta(seconds=1)
"""Nobody hears a phone, decides and presses a key within this: the phone said no by itself."""
LONGEST_REST = timedelta(minutes=15)

REASONS: Mapping[OfferResult, str] = {
    OfferResult.NO_ANSWER: "no answer",
    OfferResult.DECLINED: "declined",
    OfferResult.DO_NOT_DISTURB: "do not disturb",
    OfferResult.FORWARDED: "phone forwards",
    OfferResult.NOT_ACCEPTED: "phone refuses",
    OfferResult.UNREACHABLE: "unreachable",
}
"""The pauses that an agent did not ask for, by why he took no call."""
NOT_TAKEN = frozenset(REASONS)
_TRIED_AGAIN = frozenset(REASONS.values()) - {
    REASONS[OfferResult.NO_ANSWER],
    REASONS[OfferResult.UNREACHABLE],
}


def why(result: OfferResult, rang_for: timedelta | None) -> OfferResult:
    """What the phone's answer means, given how long it had been rung."""
    is_too_soon = rang_for is not None and rang_for < UNHEARD
    if is_too_soon and result in {OfferResult.DECLINED, OfferResult.NO_ANSWER}:
        return OfferResult.DO_NOT_DISTURB
    return result


def not_taken(centre: Centre, agent: Agent, result: OfferResult, now: datetime) -> None:
    """So many in a row, and he is paused: residents must not wait for his phone.

    A declined call shows that somebody is there: it is not one more that rang in vain, nor the other way round.
    """
    if all(centre.policy.queues[queue].dispatch is Dispatch.ASTERISK for queue in agent.profile.queues):
        return  # He works for Asterisk's own queues: his pauses are theirs.
    is_declined = result is OfferResult.DECLINED
    if is_declined != agent.has_declined:
        agent.missed_in_a_row, agent.has_declined = 0, is_declined
    agent.missed_in_a_row += 1
    limit = centre.policy.missed_offers_before_pause
    if agent.is_tried:
        _rest(centre, agent, now)
    elif limit and agent.missed_in_a_row >= limit and agent.logged_in and agent.pause_reason is None:
        agent.missed_in_a_row = 0
        agent.pause_reason = REASONS[result]
        centre.order(PauseAgent(agent.id, agent.profile.endpoint, REASONS[result]))
        _rest(centre, agent, now)


def taken(centre: Centre, agent: Agent) -> None:
    """He answered: whatever kept his phone from it is over."""
    agent.missed_in_a_row = 0
    if agent.is_tried:
        agent.pause_reason = None
    forget(centre, agent)


def forget(centre: Centre, agent: Agent) -> None:
    """He said himself what he is: present, on pause, out."""
    agent.is_tried, agent.tries = False, 0
    centre.timers.disarm(TimerKind.PHONE_REST, agent.id)


def rest_is_over(centre: Centre, agent_id: str, now: datetime) -> None:
    """The next resident may try his phone, if nobody is idle longer. He stays on pause until it takes a call."""
    agent = centre.agents.get(AgentId(agent_id))
    if agent is not None and agent.pause_reason in _TRIED_AGAIN:
        agent.is_tried = True
        if agent.work is Work.NONE:
            agent.idle_since = now
        centre.touch(agent)


def found(centre: Centre, agent: Agent, now: datetime) -> None:
    """A snapshot told his pause: one of ours goes on resting."""
    if agent.pause_reason == REASONS[OfferResult.UNREACHABLE] and agent.device is DeviceState.IDLE:
        agent.pause_reason = None
    if agent.pause_reason not in _TRIED_AGAIN:
        forget(centre, agent)
    elif not agent.is_tried and (TimerKind.PHONE_REST, agent.id) not in centre.timers:
        _rest(centre, agent, now)


def device_changed(centre: Centre, agent: Agent, before: DeviceState) -> None:
    """A phone that could not be reached is there again."""
    is_back = before is DeviceState.UNAVAILABLE and agent.device is not DeviceState.UNAVAILABLE
    if is_back and agent.pause_reason == REASONS[OfferResult.UNREACHABLE]:
        agent.pause_reason = None
        forget(centre, agent)


def _rest(centre: Centre, agent: Agent, now: datetime) -> None:
    """Twice as long each time it was tried in vain."""
    agent.is_tried = False
    first = centre.policy.refused_phone_retry
    if first > timedelta(0) and agent.pause_reason in _TRIED_AGAIN:
        rest = min(first * 2 ** min(agent.tries, 10), max(LONGEST_REST, first))
        agent.tries += 1
        centre.timers.arm(TimerKind.PHONE_REST, agent.id, now + rest)


TIMERS: TimerHandlers = {
    TimerKind.PHONE_REST: rest_is_over,
}
