"""When an obligation stands in line, when it is tried again, and when a human must take over."""

from __future__ import annotations

from datetime import datetime, timedelta

from queues.callbacks import moves, verdicts
from queues.messages import events
from queues.messages.journal import HumanTaskOpened, ObligationOverdue
from queues.state.core_state import Centre
from queues.state.handlers import Handlers
from queues.state.obligation import Obligation
from queues.terms.phone_numbers import NUMBER_REFUSALS
from sla.obligation import WAITING_FOR_A_MOMENT, ObligationInput


def timer_came(centre: Centre, event: events.ObligationDue, now: datetime) -> None:
    """ObligationDue: put it in line, or note that its time is over."""
    obligation, at = centre.obligations.get(event.obligation), event.at
    if obligation is None:
        return
    if now >= obligation.due_at and not obligation.is_overdue:
        obligation.is_overdue = True
        centre.note(ObligationOverdue(at, obligation.id))
    verdicts.judge_overdue(centre, obligation, at, now)
    waits = obligation.state in WAITING_FOR_A_MOMENT
    if waits and (obligation.not_before is None or now >= obligation.not_before):
        enter_line(centre, obligation, at, now)
    moves.arm(centre, obligation)


def plan(centre: Centre, obligation: Obligation, what: ObligationInput, when: datetime, at: datetime) -> None:
    """Not in line before `when`."""
    if moves.move(centre, obligation, what, at):
        moves.wake_at(centre, obligation, when)


def retry(centre: Centre, obligation: Obligation, pause: timedelta, at: datetime, now: datetime) -> None:
    """Plan the next dial, or hand over when all that the engine may do is done."""
    when = _retry_moment(centre, obligation, pause, now)
    if obligation.dials >= _dials_allowed(centre, obligation, when):
        hand_to_human(centre, obligation, "not_reached", at)
        return
    denied = obligation.contacted_at is not None
    obligation.contacted_at = None
    what = ObligationInput.DENIED if denied else ObligationInput.NOT_REACHED
    plan(centre, obligation, what, when, at)


def _retry_moment(centre: Centre, obligation: Obligation, pause: timedelta, now: datetime) -> datetime:
    """When to dial again: after `pause`, but inside the deadline if that can be; else at the low rate of the late."""
    policy = centre.policy.callbacks
    last_start = obligation.due_at - policy.last_start_before_due
    if now + pause <= last_start:
        return now + pause
    if now + policy.retry_after_failure <= last_start:
        return last_start
    return now + policy.retry_when_late


def is_within_duty(centre: Centre, obligation: Obligation, when: datetime, now: datetime) -> bool:
    """Whether a dial at `when` may still keep the deadline; of one that is late, whether it is among the late ones."""
    policy = centre.policy.callbacks
    last_start = obligation.due_at - policy.last_start_before_due
    if now <= last_start:
        return when <= last_start
    return when <= obligation.due_at + policy.late_attempts * policy.retry_when_late


def _dials_allowed(centre: Centre, obligation: Obligation, when: datetime) -> int:
    """How often the resident's phone may have rung before a dial at `when`."""
    policy = centre.policy.callbacks
    return policy.max_attempts + (policy.late_attempts if when > obligation.due_at else 0)


def enter_line(centre: Centre, obligation: Obligation, at: datetime, now: datetime) -> None:
    """It waits for an agent now, unless the resident is calling us himself or it is night on his line."""
    if moves.is_on_the_line(centre, obligation):
        moves.move(centre, obligation, ObligationInput.RESIDENT_CALLS, at)
        return
    opening = moves.within_hours(centre, obligation, now)
    if opening > now:
        moves.wake_at(centre, obligation, opening)
    elif moves.move(centre, obligation, ObligationInput.TIME_CAME, at):
        centre.put_in_line(obligation)


def back_into_line(centre: Centre, obligation: Obligation, at: datetime) -> None:
    """The agent did not take it: another may, at once."""
    if moves.is_on_the_line(centre, obligation):
        moves.move(centre, obligation, ObligationInput.RESIDENT_CALLS, at)
    elif moves.move(centre, obligation, ObligationInput.AGENT_NOT_READY, at):
        centre.put_in_line(obligation)


def call_now(centre: Centre, obligation: Obligation, at: datetime, now: datetime) -> None:
    """Whoever heard his message says that he must be called: do not wait any longer."""
    if obligation.state in WAITING_FOR_A_MOMENT:
        enter_line(centre, obligation, at, now)


def hand_to_human(centre: Centre, obligation: Obligation, reason: str, at: datetime) -> None:
    """The engine may not dial him, or could not reach him: a person must see to it. It stays owed."""
    what = ObligationInput.NO_NUMBER if reason in NUMBER_REFUSALS else ObligationInput.EXHAUSTED
    centre.take_out_of_line(obligation)
    if moves.move(centre, obligation, what, at):
        obligation.task = reason
        centre.note(HumanTaskOpened(at, obligation.id, reason))


HANDLES: Handlers = {
    events.ObligationDue: timer_came,
}
