"""An agent calls somebody by hand: his own phone rings first, then the number is dialled, with what it is for.

The claim, the states and the end are those of a callback's dial (`queues.callbacks.attempts`). Whoever is owed a
callback by this company is called back by it: then it is the obligation's own dial. While an agent dials, nothing is
offered to him; a wrap-up that he broke off goes on if he reached nobody.
"""

from __future__ import annotations

from datetime import datetime

from queues.agents import agent_states
from queues.callbacks import attempts, capacity, moves, obligations
from queues.desk import agents
from queues.desk.dial_rules import Way, way_to
from queues.messages.commands import DialCallback
from queues.messages.events import DeskCommand, DeviceState
from queues.messages.journal import OutgoingMade
from queues.state.agent import Agent, Work
from queues.state.core_state import Centre
from queues.state.obligation import Attempt, Obligation
from queues.state.timers import TimerKind
from queues.terms.desk_words import CommandKind, CommandRefusal
from queues.terms.identifiers import ObligationId
from queues.terms.outgoing import Outgoing, outgoing_id
from queues.terms.phone_numbers import DialRefusal
from sla.obligation import HUMAN, ObligationState

_MAY_BE_TAKEN = {ObligationState.PLANNED, ObligationState.RETRY, ObligationState.IN_LINE} | HUMAN
_BUSY = {Work.OFFERED, Work.TALKING}
_FOR_ENGINE_ONLY = {None, DialRefusal.SWITCHED_OFF, DialRefusal.WATCHED_ONLY}
"""Where the engine does not dial by itself, people must be able to."""


def dial(centre: Centre, event: DeskCommand, now: datetime) -> CommandRefusal | None:
    """Ring his phone for it, or say why not."""
    agent = agents.find(centre, event)
    if isinstance(agent, CommandRefusal):
        return agent
    if centre.catching_up:
        return CommandRefusal.PBX_AWAY
    if event.company is None or event.number is None or not event.reason:
        return CommandRefusal.INCOMPLETE
    refusal = _why_not_he(agent)
    if refusal is not None:
        return refusal
    way = way_to(centre.policy, event.company, event.number, agent.profile.queues)
    if isinstance(way, CommandRefusal):
        return way
    refusal = None if way.is_service else _why_not_now(centre, way, now)
    if refusal is not None:
        return refusal
    owed = None if way.is_service else _owed(centre, way)
    rests_until = centre.timers.due(TimerKind.WRAP_UP, agent.id) if agent.work is Work.WRAP_UP else None
    agent_states.interrupt_rest(centre, agent)
    if owed is not None and attempts.make(centre, owed, agent, event.at, now, by_hand=attempts.ByHand()):
        return None
    _make(centre, event, agent, way, rests_until, now)
    return None


def answers(centre: Centre, event: DeskCommand) -> ObligationId | None:
    """What was owed to whom the agent calls now: this is its callback."""
    agent = agent_states.agent_of(centre, event.agent) if event.kind is CommandKind.DIAL else None
    attempt = None if agent is None or agent.attempt is None else centre.attempts.get(agent.attempt)
    return None if attempt is None else attempt.obligation


def _why_not_he(agent: Agent) -> CommandRefusal | None:
    """On pause and in wrap-up he may: what he does then is often just this."""
    if not agent.logged_in:
        return CommandRefusal.LOGGED_OUT
    is_free = agent.work not in _BUSY and agent.device is DeviceState.IDLE and not agent.is_on_phone
    return None if is_free else CommandRefusal.AGENT_BUSY


def _why_not_now(centre: Centre, way: Way, now: datetime) -> CommandRefusal | None:
    """The guards of callbacks: one dial of a number at a time, none of who is on the line, the caps, the channels."""
    if centre.callbacks_stopped:
        return CommandRefusal.DIALLING_STOPPED
    if way.claimed in centre.numbers_in_flight:
        return CommandRefusal.IN_FLIGHT
    if way.claimed.whole in centre.live_by_number:
        return CommandRefusal.ON_THE_LINE
    policy = centre.policy.callbacks
    if centre.dial_caps.reached(way.claimed, policy, now, centre.dials_to_people) is not None:
        return CommandRefusal.CAP_REACHED
    return None if capacity.trunks_have_room(centre) else CommandRefusal.TRUNKS_BUSY


def _owed(centre: Centre, way: Way) -> Obligation | None:
    """What this company owes this number: the legal contact goes first, and this is its dial."""
    found = moves.open_for(centre, (way.line.company, way.claimed.whole))
    if found is None or found.state not in _MAY_BE_TAKEN or found.line.callback is None:
        return None
    return found if obligations.may_dial(centre, found).refusal in _FOR_ENGINE_ONLY else None


def _make(
    centre: Centre, event: DeskCommand, agent: Agent, way: Way, rests_until: datetime | None, now: datetime
) -> None:
    centre.outgoing_made += 1
    line = way.line
    outgoing = Outgoing(
        event.id, line.company, line.did, event.account, event.by, event.reason, way.is_service
    )
    attempt = Attempt(
        id=outgoing_id(centre.node, centre.epoch, centre.outgoing_made),
        obligation=None,
        agent=agent.id,
        e164=way.claimed,
        queue=centre.policy.queues[line.queue],
        made_at=now,
        trunk=way.trunk,
        outgoing=outgoing,
        rests_until=rests_until,
    )
    attempts.register(centre, attempt)
    agent.give_attempt(attempt.id)
    centre.touch(agent)
    attempts.arm_deadline(centre, attempt, now)
    centre.note(_entry(attempt, outgoing, way, agent, event.at))
    centre.order(_order(centre, attempt, way, agent))


def _entry(attempt: Attempt, outgoing: Outgoing, way: Way, agent: Agent, at: datetime) -> OutgoingMade:
    return OutgoingMade(
        at,
        attempt.id,
        outgoing.command,
        outgoing.company,
        outgoing.did,
        agent.id,
        outgoing.account,
        outgoing.by,
        outgoing.purpose,
        way.claimed,
        way.trunk,
        way.is_service,
    )


def _order(centre: Centre, attempt: Attempt, way: Way, agent: Agent) -> DialCallback:
    policy, line = centre.policy.callbacks, way.line
    return DialCallback(
        attempt=attempt.id,
        obligation=None,
        agent=agent.id,
        endpoint=agent.profile.endpoint,
        e164=way.claimed,
        number=way.written,
        trunk=way.trunk,
        caller_id=way.caller_id,
        label=centre.policy.outgoing_label.format(line=line.label),
        due_at=None,
        language=line.language,
        # Who answers at 112 must not wait for an announcement.
        notice=line.recording_notice and not way.is_service,
        record=attempt.queue.record,
        agent_ring_time=policy.agent_ring_time,
        resident_ring_time=policy.resident_ring_time,
        network_answer_time=policy.network_answer_time,
        max_talk=policy.max_talk,
    )
