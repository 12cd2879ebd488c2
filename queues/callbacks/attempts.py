"""Law 4: one dial at a time, agent first, each with a result; law 5's caps are asked here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from queues.agents import agent_states, missed_offers
from queues.callbacks import capacity, dispositions, entries, moves, obligations, outage, schedule
from queues.messages import events
from queues.messages.commands import CancelAttempt, DialCallback, EraseAttemptTrace
from queues.messages.events import ContactResult, OfferResult
from queues.messages.journal import (
    AttemptHeard,
    AttemptMade,
    DialPostponed,
    DialRefused,
)
from queues.policy import LineCallback
from queues.state import facts
from queues.state.agent import Agent
from queues.state.attempt_limits import CapReached
from queues.state.core_state import Centre
from queues.state.handlers import Handlers, TimerHandlers
from queues.state.obligation import Attempt, AttemptInput, AttemptState, Obligation, attempt_of, obligation_of
from queues.state.timers import TimerKind
from queues.terms.identifiers import AttemptId, ChannelName
from queues.terms.outcomes import (
    AGENT_GONE,
    may_have_rung,
    spends_an_attempt,
    whether_it_rang,
)
from queues.terms.phone import Phone
from queues.terms.phone_numbers import DialRefusal, write_for_trunk
from sla.obligation import ObligationInput

ATTEMPT_GRACE = timedelta(seconds=15)
"""Beyond the ring times: notice, set-up and the way of the news."""


@dataclass(frozen=True, slots=True)
class ByHand:
    """An agent dials by himself: on this channel, or at a screen, then his phone is rung."""

    channel: ChannelName | None = None
    channel_id: str = ""


def give(centre: Centre, obligation: Obligation, agent: Agent, at: datetime, now: datetime) -> None:
    """The engine's own callback, for which there must be a channel."""
    if capacity.may_dial_now(centre):
        make(centre, obligation, agent, at, now)
    else:
        capacity.park(centre, obligation)


def make(
    centre: Centre,
    obligation: Obligation,
    agent: Agent,
    at: datetime,
    now: datetime,
    *,
    by_hand: ByHand | None = None,
) -> bool:
    """Have the agent ring him; False when he may not be dialled now or at all."""
    callback, e164 = obligation.line.callback, obligation.e164
    if callback is None or e164 is None:
        return _refuse(centre, obligation, DialRefusal.NO_TRUNK, at)
    cap = centre.dial_caps.reached(e164, centre.policy.callbacks, now, centre.dials_to_people)
    if cap is not None:
        return _capped(centre, obligation, cap, at, now, by_hand=by_hand is not None)
    if e164 in centre.numbers_in_flight:
        # Another company's callback, or one just being cancelled, rings this very phone (law 4).
        when = now + centre.policy.callbacks.retry_after_failure
        centre.take_out_of_line(obligation)
        schedule.plan(centre, obligation, ObligationInput.NOT_REACHED, when, at)
        return False
    if not obligations.take(centre, obligation, at):
        return False
    obligation.attempts_made += 1
    attempt = Attempt(
        id=attempt_of(obligation.id, centre.epoch, obligation.attempts_made),
        obligation=obligation.id,
        agent=agent.id,
        e164=e164,
        queue=obligation.queue,
        made_at=now,
        trunk=callback.trunk_after(obligation.network_failures),
    )
    register(centre, attempt)
    obligation.attempt = attempt.id
    agent.give_attempt(attempt.id)
    centre.touch(agent)
    arm_deadline(centre, attempt, now)
    centre.note(
        AttemptMade(at, attempt.id, obligation.id, agent.id, e164, obligation.attempts_made, attempt.trunk)
    )
    dial = _dial(centre, obligation, attempt, agent, callback, e164)
    if by_hand is not None:
        dial = replace(dial, channel=by_hand.channel, channel_id=by_hand.channel_id)
    centre.order(dial)
    return True


def _refuse(centre: Centre, obligation: Obligation, refusal: DialRefusal, at: datetime) -> bool:
    centre.note(DialRefused(at, obligation.id, refusal))
    schedule.hand_to_human(centre, obligation, refusal, at)
    return False


def _capped(
    centre: Centre, obligation: Obligation, reached: CapReached, at: datetime, now: datetime, *, by_hand: bool
) -> bool:
    """Later, if the cap is free again within the duty; only else a task. An agent who dials by hand is told."""
    if by_hand:
        centre.note(DialRefused(at, obligation.id, reached.cap))
        return False
    until = max(reached.until or now, now + centre.policy.callbacks.retry_after_failure)
    if not schedule.is_within_duty(centre, obligation, until, now):
        return _refuse(centre, obligation, reached.cap, at)
    centre.note(DialPostponed(at, obligation.id, reached.cap, until))
    centre.take_out_of_line(obligation)
    schedule.plan(centre, obligation, ObligationInput.NOT_REACHED, until, at)
    return False


def _dial(
    centre: Centre,
    obligation: Obligation,
    attempt: Attempt,
    agent: Agent,
    callback: LineCallback,
    e164: Phone,
) -> DialCallback:
    policy = centre.policy.callbacks
    return DialCallback(
        attempt=attempt.id,
        obligation=obligation.id,
        agent=agent.id,
        endpoint=agent.profile.endpoint,
        e164=e164,
        number=write_for_trunk(e164, callback.number_format),
        trunk=attempt.trunk,
        caller_id=callback.caller_id,
        label=_label(centre, obligation),
        due_at=obligation.due_at,
        language=obligation.line.language,
        notice=obligation.line.recording_notice,
        record=obligation.queue.record,
        agent_ring_time=policy.agent_ring_time,
        resident_ring_time=policy.resident_ring_time,
        network_answer_time=policy.network_answer_time,
        max_talk=policy.max_talk,
        listen=policy.listen_for_machines,
    )


def _label(centre: Centre, obligation: Obligation) -> str:
    """What the agent's phone shows: that it is a callback, its legal deadline, company and line."""
    due = obligation.due_at.astimezone(centre.policy.zone).strftime("%H:%M")
    return centre.policy.callback_label.format(due=due, line=obligation.line.label)


def arm_deadline(centre: Centre, attempt: Attempt, now: datetime) -> None:
    """Nothing may be silent for longer than everything together may last."""
    policy = centre.policy.callbacks
    whole = policy.agent_ring_time + policy.resident_ring_time + ATTEMPT_GRACE
    centre.timers.arm(TimerKind.ATTEMPT_DEADLINE, attempt.id, now + whole)


def register(centre: Centre, attempt: Attempt) -> None:
    """From now on this dial is in flight."""
    centre.attempts[attempt.id] = attempt
    if not attempt.is_service:
        centre.numbers_in_flight[attempt.e164] = attempt.id


def agent_ready(centre: Centre, event: events.AttemptAgentReady, _now: datetime) -> None:
    """The agent took it; the resident's phone is dialled."""
    attempt = centre.attempts.get(event.attempt)
    if attempt is None or attempt.state is not AttemptState.RINGING_AGENT:
        return
    attempt.move(AttemptInput.AGENT_TOOK)
    centre.note(entries.dialled(attempt, event.at))
    obligation = centre.owed_by(attempt)
    if obligation is not None:
        obligation.first_dial_at = obligation.first_dial_at or event.at
        obligations.agent_took_it(centre, obligation, event.at)
    agent = agent_states.agent_of(centre, attempt.agent)
    if agent is not None and agent.attempt == attempt.id:
        agent.take_attempt(attempt.id)
        missed_offers.taken(centre, agent)
        centre.touch(agent)


def contacted(centre: Centre, event: events.AttemptContacted, now: datetime) -> None:
    """Agent and resident, or whoever picked up there, hear each other."""
    attempt = centre.attempts.get(event.attempt)
    if attempt is None or attempt.state is AttemptState.TALKING:
        return
    agent_ready(centre, events.AttemptAgentReady(event.at, event.attempt), now)
    attempt.move(AttemptInput.REACHED)
    centre.timers.disarm(TimerKind.ATTEMPT_DEADLINE, attempt.id)
    centre.note(entries.reached(attempt, event.at))
    if attempt.outgoing is None:
        dispositions.reached(centre, attempt, event.at)


def heard(centre: Centre, event: events.AttemptHeard, _now: datetime) -> None:
    """A detector's hint, which may come after the end: kept beside the dial, and nothing else."""
    if event.attempt in centre.attempts or obligation_of(event.attempt) in centre.obligations:
        centre.note(AttemptHeard(event.at, event.attempt, event.sounds_like))


def refused(centre: Centre, event: events.AttemptRefused, now: datetime) -> None:
    """Not claimed, or Asterisk refused the Originate: not dialled. Outcome unknown: a snapshot will tell."""
    attempt = centre.attempts.get(event.attempt)
    if attempt is not None and event.outcome_known:
        end(centre, attempt, events.AttemptEnded(event.at, attempt.id, ContactResult.NOT_DIALLED), now)


def deadline_passed(centre: Centre, attempt_id: str, now: datetime) -> None:
    """Nothing was heard for longer than anything may last: nobody dials again before a human looked."""
    attempt = centre.attempts.get(AttemptId(attempt_id))
    if attempt is None or not centre.synced:
        return
    centre.order(CancelAttempt(attempt.id))
    end(centre, attempt, events.AttemptEnded(now, attempt.id, ContactResult.UNKNOWN), now)


def ended(centre: Centre, event: events.AttemptEnded, now: datetime) -> None:
    """The PBX tells the end of a dial; of one that is over already it is a repetition, and changes nothing."""
    attempt = centre.attempts.get(event.attempt)
    if attempt is not None:
        end(centre, attempt, event, now)


def end(centre: Centre, attempt: Attempt, event: events.AttemptEnded, now: datetime) -> None:
    """The dial is over: free the agent, and settle or plan again."""
    result = event.result
    if attempt.state is AttemptState.TALKING:
        result = ContactResult.CONTACTED
    elif attempt.is_cancelled and result is not ContactResult.CONTACTED:
        result = ContactResult.CANCELLED
    if result is ContactResult.CONTACTED and attempt.state is not AttemptState.TALKING:
        contacted(centre, events.AttemptContacted(event.at, attempt.id), now)
    del centre.attempts[attempt.id]
    if centre.numbers_in_flight.get(attempt.e164) == attempt.id:
        del centre.numbers_in_flight[attempt.e164]
    centre.timers.disarm(TimerKind.ATTEMPT_DEADLINE, attempt.id)
    rang = whether_it_rang(result, event.rang)
    if rang is None and result is ContactResult.CANCELLED and attempt.state is AttemptState.RINGING_AGENT:
        rang = False
    if not attempt.is_service and may_have_rung(result, rang):
        centre.dial_caps.rang(attempt.e164, attempt.made_at)
    centre.note(entries.finished(attempt, event, result, rang))
    centre.order(EraseAttemptTrace(attempt.id))
    _free_agent(centre, attempt, result, event.agent_result, now)
    centre.tell(facts.AttemptOver(attempt, result, rang, event.at, now))
    obligation = centre.owed_by(attempt)
    if obligation is None:
        return
    obligation.attempt = None
    # Of a conversation the disposition tells whether it is spent.
    obligation.dials += result is not ContactResult.CONTACTED and spends_an_attempt(result, rang)
    match result:
        case ContactResult.CONTACTED:
            dispositions.talk_ended(centre, obligation, now, cut_off=event.dial_status == AGENT_GONE)
        case ContactResult.UNKNOWN:
            schedule.hand_to_human(centre, obligation, "attempt_outcome_unknown", event.at)
        case ContactResult.INVALID_NUMBER:
            schedule.hand_to_human(centre, obligation, DialRefusal.INVALID, event.at)
        case _:
            _plan_next(centre, obligation, result, event.at, now)


def _free_agent(
    centre: Centre, attempt: Attempt, result: ContactResult, agent_result: OfferResult, now: datetime
) -> None:
    agent = agent_states.agent_of(centre, attempt.agent)
    if agent is None or agent.attempt != attempt.id:
        return
    if result is ContactResult.CONTACTED:
        agent_states.end_talking(centre, agent, attempt.queue.wrap_up, now)
        return
    agent_states.release(centre, agent)
    if attempt.outgoing is not None:
        # His own wish: a phone that he did not take up is no call missed.
        agent_states.rest_until(centre, agent, attempt.rests_until or now, now)
    elif result is ContactResult.AGENT_DID_NOT_ANSWER:
        why = missed_offers.why(agent_result, now - attempt.made_at)
        agent_states.not_taken(centre, agent, why, attempt.queue.decline_pause, now)


def _plan_next(
    centre: Centre,
    obligation: Obligation,
    result: ContactResult,
    at: datetime,
    now: datetime,
) -> None:
    """Again inside the deadline, or a human's task: never silence."""
    policy = centre.policy.callbacks
    if result is ContactResult.CANCELLED and moves.is_on_the_line(centre, obligation):
        obligations.stand_aside(centre, obligation, at)
        return
    if result is ContactResult.AGENT_DID_NOT_ANSWER:
        schedule.back_into_line(centre, obligation, at)
        return
    pause = {
        ContactResult.BUSY: policy.retry_after_busy,
        ContactResult.REFUSED: policy.retry_after_busy,
        ContactResult.NO_ANSWER: policy.retry_after_no_answer,
    }.get(result, policy.retry_after_failure)
    if result is ContactResult.UNREACHABLE:
        # The network's fault: the next dial takes another trunk.
        obligation.network_failures += 1
        if obligation.network_failures >= policy.max_network_failures:
            outage.gave_up(centre, obligation, at, now)
            return
    schedule.retry(centre, obligation, pause, at, now)


HANDLES: Handlers = {
    events.AttemptHeard: heard,
    events.AttemptRefused: refused,
    events.AttemptAgentReady: agent_ready,
    events.AttemptContacted: contacted,
    events.AttemptEnded: ended,
}
TIMERS: TimerHandlers = {
    TimerKind.ATTEMPT_DEADLINE: deadline_passed,
}
