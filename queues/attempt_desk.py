"""Law 4: one dial at a time, agent first, each with a result; law 5's caps are counted here."""

from __future__ import annotations

from datetime import datetime, timedelta

from queues import agent_desk, events, obligation_desk
from queues.agent import Agent, Work
from queues.centre import Centre
from queues.commands import CancelAttempt, DialCallback, EraseAttemptTrace
from queues.events import ContactResult
from queues.identifiers import AttemptId
from queues.journal import (
    AttemptDialled,
    AttemptFinished,
    AttemptMade,
    AttemptReached,
    DialRefused,
    ObligationClosing,
)
from queues.obligation import Attempt, AttemptState, Obligation, ObligationState
from queues.phone_numbers import DialRefusal, write_for_trunk
from queues.results import RESIDENT_NOT_RUNG
from queues.snapshot import DialledNumber
from queues.timers import TimerKind

ATTEMPT_GRACE = timedelta(seconds=15)
"""Beyond the ring times: notice, set-up and the way of the news."""
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


def cap_reached(centre: Centre, obligation: Obligation, now: datetime) -> DialRefusal | None:
    """Whether one more dial would pass a cap."""
    policy = centre.policy.callbacks
    while centre.dialled and centre.dialled[0].at <= now - _DAY:
        centre.dialled.popleft()
    of_number = sum(1 for dial in centre.dialled if dial.e164 == obligation.e164)
    if of_number >= policy.max_per_number_and_day:
        return DialRefusal.CAP_PER_NUMBER
    last_hour = 0
    for dial in reversed(centre.dialled):
        if dial.at <= now - _HOUR:
            break
        last_hour += 1
    return DialRefusal.CAP_PER_HOUR if last_hour >= policy.max_per_hour else None


def make(centre: Centre, obligation: Obligation, agent: Agent, at: datetime, now: datetime) -> bool:
    """Give the callback to the agent; False when it may not be dialled now or at all."""
    centre.take_out_of_line(obligation)
    refusal = cap_reached(centre, obligation, now)
    if refusal is not None:
        centre.note(DialRefused(at, obligation.id, refusal))
        obligation_desk.hand_to_human(centre, obligation, refusal, at)
        return False
    callback, e164 = obligation.line.callback, obligation.e164
    if callback is None or e164 is None:
        obligation_desk.hand_to_human(centre, obligation, DialRefusal.NO_TRUNK, at)
        return False
    if e164 in centre.numbers_in_flight:
        # Another company's callback, or one just being cancelled, rings this very phone (law 4).
        obligation_desk.plan(centre, obligation, now + centre.policy.callbacks.retry_after_failure)
        return False
    obligation.attempts_made += 1
    attempt = Attempt(
        id=AttemptId(f"{obligation.id}.{centre.epoch}.{obligation.attempts_made}"),
        obligation=obligation.id,
        agent=agent.id,
        e164=e164,
        queue=obligation.queue,
        made_at=now,
    )
    register(centre, attempt)
    obligation.state, obligation.attempt = ObligationState.IN_FLIGHT, attempt.id
    agent.work, agent.attempt = Work.OFFERED, attempt.id
    centre.touch(agent)
    policy = centre.policy.callbacks
    centre.dialled.append(DialledNumber(e164, now))
    centre.timers.arm(
        TimerKind.ATTEMPT_DEADLINE,
        attempt.id,
        now + policy.agent_ring_time + policy.resident_ring_time + ATTEMPT_GRACE,
    )
    centre.note(AttemptMade(at, attempt.id, obligation.id, agent.id, e164, obligation.attempts_made))
    centre.order(
        DialCallback(
            attempt=attempt.id,
            obligation=obligation.id,
            agent=agent.id,
            endpoint=agent.profile.endpoint,
            e164=e164,
            number=write_for_trunk(e164, callback.number_format),
            trunk=callback.trunk,
            caller_id=callback.caller_id,
            label=_label(centre, obligation),
            due_at=obligation.due_at,
            language=obligation.line.language,
            notice=obligation.line.recording_notice,
            record=obligation.queue.record,
            agent_ring_time=policy.agent_ring_time,
            resident_ring_time=policy.resident_ring_time,
        )
    )
    return True


def _label(centre: Centre, obligation: Obligation) -> str:
    """What the agent's phone shows: that it is a callback, its legal deadline, company and line."""
    due = obligation.due_at.astimezone(centre.policy.zone).strftime("%H:%M")
    return centre.policy.callback_label.format(due=due, line=obligation.line.label)


AttemptEvent = (
    events.AttemptRefused | events.AttemptAgentReady | events.AttemptContacted | events.AttemptEnded
)


def handle(centre: Centre, event: AttemptEvent, now: datetime) -> None:
    """News of a dial; of one that is over already it is a repetition, and changes nothing."""
    match event:
        case events.AttemptRefused():
            refused(centre, event, now)
        case events.AttemptAgentReady():
            agent_ready(centre, event)
        case events.AttemptContacted():
            contacted(centre, event)
        case events.AttemptEnded():
            attempt = centre.attempts.get(event.attempt)
            if attempt is not None:
                end(centre, attempt, event.result, event.at, now)


def register(centre: Centre, attempt: Attempt) -> None:
    """From now on this dial is in flight."""
    centre.attempts[attempt.id] = attempt
    if attempt.e164 is not None:
        centre.numbers_in_flight[attempt.e164] = attempt.id


def agent_ready(centre: Centre, event: events.AttemptAgentReady) -> None:
    """The agent took it; the resident's phone is dialled."""
    attempt = centre.attempts.get(event.attempt)
    if attempt is None or attempt.state is not AttemptState.RINGING_AGENT:
        return
    attempt.state = AttemptState.DIALLING
    centre.note(AttemptDialled(event.at, attempt.id))
    agent = agent_desk.agent_of(centre, attempt.agent)
    if agent is not None and agent.attempt == attempt.id:
        agent.work = Work.TALKING
        agent.missed_in_a_row = 0
        centre.touch(agent)


def contacted(centre: Centre, event: events.AttemptContacted) -> None:
    """Agent and resident hear each other: the obligation is kept at this moment."""
    attempt = centre.attempts.get(event.attempt)
    if attempt is None or attempt.state is AttemptState.TALKING:
        return
    agent_ready(centre, events.AttemptAgentReady(event.at, event.attempt))
    attempt.state = AttemptState.TALKING
    centre.timers.disarm(TimerKind.ATTEMPT_DEADLINE, attempt.id)
    centre.note(AttemptReached(event.at, attempt.id))
    obligation = centre.obligations.get(attempt.obligation)
    if obligation is not None:
        obligation_desk.close(centre, obligation, ObligationClosing.CONTACTED, event.at)


def refused(centre: Centre, event: events.AttemptRefused, now: datetime) -> None:
    """Not claimed, or Asterisk refused the Originate: not dialled. Outcome unknown: a snapshot will tell."""
    attempt = centre.attempts.get(event.attempt)
    if attempt is not None and event.outcome_known:
        end(centre, attempt, ContactResult.NOT_DIALLED, event.at, now)


def deadline_passed(centre: Centre, attempt_id: str, now: datetime) -> None:
    """Nothing was heard for longer than anything may last: nobody dials again before a human looked."""
    attempt = centre.attempts.get(AttemptId(attempt_id))
    if attempt is None or not centre.synced:
        return
    centre.order(CancelAttempt(attempt.id))
    end(centre, attempt, ContactResult.UNKNOWN, now, now)


def end(centre: Centre, attempt: Attempt, result: ContactResult, at: datetime, now: datetime) -> None:
    """The dial is over: free the agent, and settle or plan again."""
    was_talking = attempt.state is AttemptState.TALKING
    if was_talking:
        result = ContactResult.CONTACTED
    elif attempt.is_cancelled:
        result = ContactResult.CANCELLED
    del centre.attempts[attempt.id]
    if attempt.e164 is not None and centre.numbers_in_flight.get(attempt.e164) == attempt.id:
        del centre.numbers_in_flight[attempt.e164]
    centre.timers.disarm(TimerKind.ATTEMPT_DEADLINE, attempt.id)
    centre.note(AttemptFinished(at, attempt.id, result))
    centre.order(EraseAttemptTrace(attempt.id))
    _free_agent(centre, attempt, result, now)
    obligation = centre.obligations.get(attempt.obligation)
    if obligation is None:
        return
    obligation.attempt = None
    if result is ContactResult.CONTACTED:
        obligation_desk.close(centre, obligation, ObligationClosing.CONTACTED, at)
    elif result is ContactResult.UNKNOWN:
        obligation_desk.hand_to_human(centre, obligation, "attempt_outcome_unknown", at)
    else:
        _plan_next(centre, obligation, result, at, now)


def _free_agent(centre: Centre, attempt: Attempt, result: ContactResult, now: datetime) -> None:
    agent = agent_desk.agent_of(centre, attempt.agent)
    if agent is None or agent.attempt != attempt.id:
        return
    if result is ContactResult.CONTACTED:
        agent_desk.end_talking(centre, agent, attempt.queue.wrap_up, now)
        return
    agent_desk.release(centre, agent)
    if result is ContactResult.AGENT_DID_NOT_ANSWER:
        agent_desk.start_decline_pause(centre, agent, attempt.queue.decline_pause, now)
        agent_desk.miss(centre, agent)


def _plan_next(
    centre: Centre, obligation: Obligation, result: ContactResult, at: datetime, now: datetime
) -> None:
    """Again inside the deadline, or a human's task: never silence."""
    policy = centre.policy.callbacks
    if result is ContactResult.AGENT_DID_NOT_ANSWER:
        obligation_desk.enter_line(centre, obligation)
        return
    pause = {
        ContactResult.BUSY: policy.retry_after_busy,
        ContactResult.NO_ANSWER: policy.retry_after_no_answer,
    }.get(result, policy.retry_after_failure)
    if result not in RESIDENT_NOT_RUNG:
        obligation.dials += 1
    if obligation.dials >= policy.max_attempts:
        obligation_desk.hand_to_human(centre, obligation, "not_reached", at)
    elif obligation.dials and now + pause > obligation.due_at:
        obligation_desk.hand_to_human(centre, obligation, "no_time_left", at)
    else:
        obligation_desk.plan(centre, obligation, now + pause)
