"""Law 2: whom no human answered is owed a contact; one per resident, the earliest clock, never silence.

One function per transition of `sla.obligation.TRANSITIONS`; each goes through `_move`, which asks the table.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from queues import verdicts
from queues.call import Call
from queues.centre import Centre
from queues.commands import CancelAttempt, ForgetObligationTimer, WakeForObligation
from queues.identifiers import CompanyId, ObligationId
from queues.journal import (
    DialRefused,
    HumanTaskOpened,
    ObligationClosed,
    ObligationClosing,
    ObligationJoined,
    ObligationMoved,
    ObligationOpened,
    ObligationOverdue,
    Outcome,
)
from queues.obligation import AttemptState, Obligation, OwedCall, ResidentKey
from queues.personal_data import Phone
from queues.phone_numbers import NUMBER_REFUSALS, DialRefusal, NumberVerdict, judge, normalise
from sla.compliance import owes_contact
from sla.obligation import HUMAN, ObligationInput, ObligationState, next_state

_TICK = timedelta(microseconds=1)
_WAITING_FOR_A_MOMENT = {ObligationState.PLANNED, ObligationState.RETRY}
_STANDING_ASIDE_FOR_HIM = {ObligationState.PLANNED, ObligationState.RETRY, ObligationState.IN_LINE}


def resident_key(centre: Centre, company: CompanyId, number: Phone) -> ResidentKey | None:
    """Who he is for us; None when he withheld his number."""
    if number.is_withheld:
        return None
    e164 = normalise(number, centre.policy.callbacks.region)
    return (company, (e164 or number).whole)


def open_for(centre: Centre, key: ResidentKey | None) -> Obligation | None:
    """What this resident is owed now."""
    obligation_id = None if key is None else centre.open_by_resident.get(key)
    return None if obligation_id is None else centre.obligations[obligation_id]


# ---- What the resident does ------------------------------------------------------------------------------


def resident_arrived(centre: Centre, call: Call, at: datetime) -> None:
    """While he calls himself he is not called back; a dial that has not reached him is given up for his call."""
    key = resident_key(centre, call.line.company, call.number)
    if key is None:
        return
    centre.live_by_resident.setdefault(key, set()).add(call.id)
    obligation = open_for(centre, key)
    if obligation is None:
        return
    if obligation.state in _STANDING_ASIDE_FOR_HIM:
        centre.take_out_of_line(obligation)
        _move(centre, obligation, ObligationInput.RESIDENT_CALLS, at)
    elif obligation.is_in_flight:
        _cancel_attempt(centre, obligation)


def resident_got_through(centre: Centre, call: Call, at: datetime) -> None:
    """A human answered him: whatever he was owed before is discharged."""
    obligation = open_for(centre, resident_key(centre, call.line.company, call.number))
    if obligation is not None:
        _cancel_attempt(centre, obligation)
        contacted_at = obligation.contacted_at or at
        _close(
            centre, obligation, ObligationInput.GOT_THROUGH, ObligationClosing.GOT_THROUGH, at, contacted_at
        )


def call_finished(centre: Centre, call: Call, outcome: Outcome, at: datetime, now: datetime) -> None:
    """His call is over. Not answered: he is owed a contact, if his line's rules owe one."""
    key = resident_key(centre, call.line.company, call.number)
    if key is not None and key in centre.live_by_resident:
        centre.live_by_resident[key].discard(call.id)
        if not centre.live_by_resident[key]:
            del centre.live_by_resident[key]
    if outcome is Outcome.ANSWERED:
        verdicts.judge_answered(centre, call, at)
        resident_got_through(centre, call, at)
        return
    owed = verdicts.owed_call(centre, call, at)
    # Found by its own id only if the PBX told us twice that the same call ended.
    open_one = open_for(centre, key) or centre.obligations.get(_id_for(call))
    if open_one is not None and open_one.state is ObligationState.UNCONFIRMED:
        # He calls again after the contact: what is owed now is another one.
        confirm(centre, open_one, at)
        open_one = None
    if owed is not None and not owes_contact(owed.care, owed.rules):
        verdicts.judge_owed(centre, owed, at)
        owed = None
    if open_one is not None:
        missed_again(centre, open_one, call, owed, at, now)
    elif owed is not None:
        _open(centre, call, key, owed, at, now)


def missed_again(
    centre: Centre, obligation: Obligation, call: Call, owed: OwedCall | None, at: datetime, now: datetime
) -> None:
    """A further missed call of the same episode: one contact discharges both, by the earliest clock."""
    centre.note(ObligationJoined(at, obligation.id, call.id))
    if owed is not None:
        obligation.owed.append(owed)
    if obligation.resident in centre.live_by_resident or obligation.is_in_flight:
        return
    if obligation.state in HUMAN:
        if may_dial(centre, obligation).refusal is not None:
            return
        obligation.dials = obligation.network_failures = 0
    if _move(centre, obligation, ObligationInput.MISSED_AGAIN, at):
        _wake_at(centre, obligation, now + centre.policy.callbacks.settle)


# ---- Its clock -------------------------------------------------------------------------------------------


def timer_came(centre: Centre, obligation_id: ObligationId, at: datetime, now: datetime) -> None:
    """ObligationDue: put it in line, or note that its time is over."""
    obligation = centre.obligations.get(obligation_id)
    if obligation is None:
        return
    if now >= obligation.due_at and not obligation.is_overdue:
        obligation.is_overdue = True
        centre.note(ObligationOverdue(at, obligation.id))
    verdicts.judge_overdue(centre, obligation, at, now)
    waits = obligation.state in _WAITING_FOR_A_MOMENT
    if waits and (obligation.not_before is None or now >= obligation.not_before):
        enter_line(centre, obligation, at, now)
    arm(centre, obligation)


def plan(centre: Centre, obligation: Obligation, what: ObligationInput, when: datetime, at: datetime) -> None:
    """Not in line before `when`."""
    if _move(centre, obligation, what, at):
        _wake_at(centre, obligation, when)


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


def enter_line(centre: Centre, obligation: Obligation, at: datetime, now: datetime) -> None:
    """It waits for an agent now, unless the resident is calling us himself or it is night on his line."""
    if obligation.resident in centre.live_by_resident:
        _move(centre, obligation, ObligationInput.RESIDENT_CALLS, at)
        return
    opening = _within_hours(centre, obligation, now)
    if opening > now:
        _wake_at(centre, obligation, opening)
    elif _move(centre, obligation, ObligationInput.TIME_CAME, at):
        centre.put_in_line(obligation)


def back_into_line(centre: Centre, obligation: Obligation, at: datetime) -> None:
    """The agent did not take it: another may, at once."""
    if obligation.resident in centre.live_by_resident:
        _move(centre, obligation, ObligationInput.RESIDENT_CALLS, at)
    elif _move(centre, obligation, ObligationInput.AGENT_NOT_READY, at):
        centre.put_in_line(obligation)


def arm(centre: Centre, obligation: Obligation) -> None:
    """Be woken for the next moment that matters to it; nothing to wait for, nothing to be woken for."""
    moments = [] if obligation.is_overdue else [obligation.due_at]
    if obligation.contacted_at is None:
        # A contact at the very limit is in time: looked at just after it.
        moments += [owed.contact_limit + _TICK for owed in obligation.owed]
    if obligation.state in _WAITING_FOR_A_MOMENT and obligation.not_before is not None:
        moments.append(obligation.not_before)
    if moments:
        centre.order(WakeForObligation(obligation.id, min(moments)))


# ---- Its ends --------------------------------------------------------------------------------------------


def reached(centre: Centre, obligation: Obligation, at: datetime) -> None:
    """Somebody answered the agent; who it was is still to be said."""
    before, obligation.contacted_at = obligation.contacted_at, at
    if _move(centre, obligation, ObligationInput.REACHED, at):
        centre.take_out_of_line(obligation)
    else:
        obligation.contacted_at = before


def confirm(centre: Centre, obligation: Obligation, at: datetime) -> None:
    """It was the resident."""
    _close(
        centre,
        obligation,
        ObligationInput.CONFIRMED,
        ObligationClosing.CONTACTED,
        at,
        obligation.contacted_at or at,
    )


def hand_to_human(centre: Centre, obligation: Obligation, reason: str, at: datetime) -> None:
    """The engine may not dial him, or could not reach him: a person must see to it. It stays owed."""
    what = ObligationInput.NO_NUMBER if reason in NUMBER_REFUSALS else ObligationInput.EXHAUSTED
    centre.take_out_of_line(obligation)
    if _move(centre, obligation, what, at):
        centre.note(HumanTaskOpened(at, obligation.id, reason))


def close_by_hand(
    centre: Centre, obligation: Obligation, by: str, why: str, contacted_at: datetime | None, at: datetime
) -> None:
    """A person closes it, with a reason; `contacted_at` is when he spoke with the resident."""
    _cancel_attempt(centre, obligation)
    contacted_at = contacted_at or obligation.contacted_at
    _close(
        centre,
        obligation,
        ObligationInput.CLOSE,
        ObligationClosing.BY_HAND,
        at,
        contacted_at,
        reason=why,
        by=by,
    )


def _close(
    centre: Centre,
    obligation: Obligation,
    what: ObligationInput,
    closing: ObligationClosing,
    at: datetime,
    contacted_at: datetime | None,
    *,
    reason: str = "",
    by: str = "",
) -> None:
    """Nothing more is owed."""
    if not _move(centre, obligation, what, at):
        return
    centre.take_out_of_line(obligation)
    del centre.obligations[obligation.id]
    if centre.open_by_resident.get(obligation.resident) == obligation.id:
        del centre.open_by_resident[obligation.resident]
    verdicts.judge_closed(centre, obligation, contacted_at, at)
    centre.note(ObligationClosed(at, obligation.id, closing, reason, contacted_at, by))
    centre.order(ForgetObligationTimer(obligation.id))


# ---- Its beginning ---------------------------------------------------------------------------------------


def register(centre: Centre, obligation: Obligation) -> None:
    """From now on it is known by its id and by its resident."""
    centre.obligations[obligation.id] = obligation
    if obligation.number.whole:
        centre.open_by_resident[obligation.resident] = obligation.id


def may_dial(centre: Centre, obligation: Obligation) -> NumberVerdict:
    """Whether his number, his line and the settings let the engine dial him at all (law 5)."""
    policy = centre.policy.callbacks
    verdict = judge(obligation.number, policy.own_numbers, policy.region)
    if verdict.refusal is not None:
        return verdict
    if verdict.e164 in policy.do_not_call:
        return NumberVerdict(verdict.e164, DialRefusal.DO_NOT_CALL)
    if not policy.enabled:
        return NumberVerdict(verdict.e164, DialRefusal.SWITCHED_OFF)
    if obligation.line.callback is None:
        return NumberVerdict(verdict.e164, DialRefusal.NO_TRUNK)
    return verdict


def _open(
    centre: Centre, call: Call, key: ResidentKey | None, owed: OwedCall, at: datetime, now: datetime
) -> None:
    obligation = Obligation(
        id=_id_for(call),
        line=call.line,
        queue=call.queue,
        number=call.number,
        e164=None,
        resident=key or (call.line.company, ""),
        arrived_at=call.arrived_at,
        due_at=owed.contact_limit,
        owed=[owed],
    )
    verdict = may_dial(centre, obligation)
    obligation.e164 = verdict.e164
    register(centre, obligation)
    centre.note(
        ObligationOpened(
            at,
            obligation.id,
            call.id,
            call.line.company,
            call.line.did,
            call.queue.name,
            call.number,
            verdict.e164,
            obligation.arrived_at,
            obligation.due_at,
        )
    )
    if verdict.refusal is not None:
        centre.note(DialRefused(at, obligation.id, verdict.refusal))
        hand_to_human(centre, obligation, verdict.refusal, at)
        arm(centre, obligation)
    elif obligation.resident in centre.live_by_resident:
        _move(centre, obligation, ObligationInput.RESIDENT_CALLS, at)
        arm(centre, obligation)
    else:
        _wake_at(centre, obligation, now + centre.policy.callbacks.settle)


def _id_for(call: Call) -> ObligationId:
    return ObligationId(f"ob-{call.id}")


def _wake_at(centre: Centre, obligation: Obligation, when: datetime) -> None:
    obligation.not_before = _within_hours(centre, obligation, when)
    arm(centre, obligation)


def _within_hours(centre: Centre, obligation: Obligation, when: datetime) -> datetime:
    callback = obligation.line.callback
    if callback is None or callback.hours is None:
        return when
    return callback.hours.next_open(when, centre.policy.zone)


def _cancel_attempt(centre: Centre, obligation: Obligation) -> None:
    attempt = None if obligation.attempt is None else centre.attempts.get(obligation.attempt)
    if attempt is not None and attempt.state is not AttemptState.TALKING and not attempt.is_cancelled:
        attempt.is_cancelled = True
        centre.order(CancelAttempt(attempt.id))


def _move(centre: Centre, obligation: Obligation, what: ObligationInput, at: datetime) -> bool:
    """Take the table's next state. A pair it does not know changes nothing and is counted."""
    state = next_state(obligation.state, what)
    if state is None:
        centre.note_unexpected(at, "obligation", obligation.state, what, obligation.id)
        return False
    obligation.state = state
    centre.note(ObligationMoved(at, obligation.id, state, obligation.contacted_at))
    return True


def _retry_moment(centre: Centre, obligation: Obligation, pause: timedelta, now: datetime) -> datetime:
    """When to dial again: after `pause`, but inside the deadline if that can be; else at the low rate of the late."""
    policy = centre.policy.callbacks
    last_start = obligation.due_at - policy.last_start_before_due
    if now + pause <= last_start:
        return now + pause
    if now + policy.retry_after_failure <= last_start:
        return last_start
    return now + policy.retry_when_late


def _dials_allowed(centre: Centre, obligation: Obligation, when: datetime) -> int:
    """How often the resident's phone may have rung before a dial at `when`."""
    policy = centre.policy.callbacks
    return policy.max_attempts + (policy.late_attempts if when > obligation.due_at else 0)


def take(centre: Centre, obligation: Obligation, at: datetime) -> bool:
    """An agent is free for it: claimed."""
    centre.take_out_of_line(obligation)
    return _move(centre, obligation, ObligationInput.CLAIM, at)


def agent_took_it(centre: Centre, obligation: Obligation, at: datetime) -> None:
    """The resident is being dialled."""
    _move(centre, obligation, ObligationInput.AGENT_READY, at)


def stand_aside(centre: Centre, obligation: Obligation, at: datetime) -> None:
    """Its dial was given up because the resident calls himself."""
    _move(centre, obligation, ObligationInput.RESIDENT_CALLS, at)
