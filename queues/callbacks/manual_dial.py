"""An agent dials an owed resident by hand: the same claim, the same record, the same end as the engine's callback."""

from __future__ import annotations

from datetime import datetime

from queues.agents import agent_states
from queues.callbacks import attempts, moves, obligations
from queues.messages import events
from queues.messages.commands import TellAgent
from queues.state.agent import Agent, Work
from queues.state.core_state import Centre
from queues.state.handlers import Handlers
from queues.state.obligation import Obligation
from queues.terms.outcomes import Told
from queues.terms.phone import Phone
from queues.terms.phone_numbers import DialRefusal, normalise
from sla.obligation import HUMAN, ObligationState

_MAY_BE_TAKEN = {ObligationState.PLANNED, ObligationState.RETRY, ObligationState.IN_LINE} | HUMAN
_BUSY = {Work.OFFERED, Work.TALKING}


def wanted(centre: Centre, event: events.RedialWanted, now: datetime) -> None:
    """Dial him if he is owed a contact and nobody dials him already; else tell the agent why not."""
    agent = agent_states.agent_of(centre, event.agent)
    if agent is None or agent.work in _BUSY:
        return
    obligation = _owed(centre, event.number)
    refusal = _refusal(centre, obligation, event.number)
    if obligation is None or refusal is not None:
        centre.order(TellAgent(event.channel, refusal or Told.NOT_OWED))
        return
    _take(centre, obligation, agent, event, now)


def _take(
    centre: Centre, obligation: Obligation, agent: Agent, event: events.RedialWanted, now: datetime
) -> None:
    agent_states.interrupt_rest(centre, agent)
    by_hand = attempts.ByHand(event.channel, event.channel_id)
    if not attempts.make(centre, obligation, agent, event.at, now, by_hand=by_hand):
        centre.order(TellAgent(event.channel, Told.NOT_ALLOWED))


def _owed(centre: Centre, number: Phone) -> Obligation | None:
    """Of all companies that owe this number a contact, the one with the nearest deadline."""
    e164 = normalise(number, centre.policy.callbacks.region)
    if e164 is None:
        return None
    companies = {line.company for line in centre.policy.lines.values()}
    found = [
        centre.obligations[obligation]
        for company in companies
        if (obligation := centre.open_by_resident.get((company, e164.whole))) is not None
    ]
    return min(found, key=lambda one: one.due_at, default=None)


def _refusal(centre: Centre, obligation: Obligation | None, number: Phone) -> Told | None:
    if normalise(number, centre.policy.callbacks.region) in centre.numbers_in_flight:
        return Told.IN_FLIGHT
    if obligation is None:
        return Told.NOT_OWED
    if moves.is_on_the_line(centre, obligation) or obligation.is_in_flight:
        return Told.IN_FLIGHT
    if obligation.state not in _MAY_BE_TAKEN:
        return Told.NOT_OWED
    # Where the engine does not dial by itself, people must be able to.
    harmless = {None, DialRefusal.SWITCHED_OFF, DialRefusal.WATCHED_ONLY}
    allowed = obligations.may_dial(centre, obligation).refusal in harmless
    return None if allowed and not centre.callbacks_stopped else Told.NOT_ALLOWED


HANDLES: Handlers = {
    events.RedialWanted: wanted,
}
