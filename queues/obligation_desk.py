"""Law 2: whom no human answered is owed a contact; one per resident, the earliest clock, never silence."""

from __future__ import annotations

from datetime import datetime

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
    ObligationOpened,
    ObligationOverdue,
    Outcome,
)
from queues.obligation import AttemptState, Obligation, ObligationState, ResidentKey
from queues.personal_data import Phone
from queues.phone_numbers import DialRefusal, NumberVerdict, judge, normalise


def resident_key(centre: Centre, company: CompanyId, number: Phone) -> ResidentKey | None:
    """Who he is for us; None when he withheld his number."""
    if number.is_withheld:
        return None
    e164 = normalise(number, centre.policy.callbacks.region)
    return (company, (e164 or number).whole)


def resident_arrived(centre: Centre, call: Call) -> None:
    """While he calls himself he is not called back."""
    key = resident_key(centre, call.line.company, call.number)
    if key is None:
        return
    centre.live_by_resident.setdefault(key, set()).add(call.id)
    obligation = _open_for(centre, key)
    if obligation is not None and obligation.state in {ObligationState.PLANNED, ObligationState.IN_LINE}:
        centre.take_out_of_line(obligation)
        obligation.state = ObligationState.SUSPENDED


def resident_got_through(centre: Centre, call: Call, at: datetime) -> None:
    """A human answered him: whatever he was owed before is discharged."""
    key = resident_key(centre, call.line.company, call.number)
    obligation = None if key is None else _open_for(centre, key)
    if obligation is not None:
        attempt = None if obligation.attempt is None else centre.attempts.get(obligation.attempt)
        if attempt is not None and attempt.state is not AttemptState.TALKING:
            attempt.is_cancelled = True
            centre.order(CancelAttempt(attempt.id))
        close(centre, obligation, ObligationClosing.GOT_THROUGH, at)


def call_finished(centre: Centre, call: Call, outcome: Outcome, at: datetime, now: datetime) -> None:
    """His call is over. Not answered: he is owed a contact, if his line's rules owe one."""
    key = resident_key(centre, call.line.company, call.number)
    if key is not None and key in centre.live_by_resident:
        centre.live_by_resident[key].discard(call.id)
        if not centre.live_by_resident[key]:
            del centre.live_by_resident[key]
    if outcome is Outcome.ANSWERED:
        resident_got_through(centre, call, at)
        return
    open_one = None if key is None else _open_for(centre, key)
    if open_one is not None:
        _join(centre, open_one, call, at, now)
    elif call.line.owes_contact:
        _open(centre, call, key, at, now)


def timer_came(centre: Centre, obligation_id: ObligationId, at: datetime, now: datetime) -> None:
    """ObligationDue: put it in line, or note that its time is over."""
    obligation = centre.obligations.get(obligation_id)
    if obligation is None:
        return
    if now >= obligation.due_at and not obligation.is_overdue:
        obligation.is_overdue = True
        centre.note(ObligationOverdue(at, obligation.id))
    if obligation.state is ObligationState.PLANNED:
        if obligation.not_before is not None and now < obligation.not_before:
            centre.order(WakeForObligation(obligation.id, obligation.not_before))
        else:
            enter_line(centre, obligation)


def plan(centre: Centre, obligation: Obligation, when: datetime) -> None:
    """Not in line before `when`."""
    obligation.state = ObligationState.PLANNED
    obligation.not_before = when
    centre.order(WakeForObligation(obligation.id, when))


def enter_line(centre: Centre, obligation: Obligation) -> None:
    """It waits for an agent now, unless the resident is calling us himself."""
    if obligation.resident in centre.live_by_resident:
        obligation.state = ObligationState.SUSPENDED
        return
    obligation.state = ObligationState.IN_LINE
    centre.put_in_line(obligation)
    if not obligation.is_overdue:
        centre.order(WakeForObligation(obligation.id, obligation.due_at))


def hand_to_human(centre: Centre, obligation: Obligation, reason: str, at: datetime) -> None:
    """The engine may not dial him, or could not reach him: a person must see to it."""
    centre.note(HumanTaskOpened(at, obligation.id, reason))
    close(centre, obligation, ObligationClosing.HANDED_TO_HUMAN, at, reason)


def close(
    centre: Centre, obligation: Obligation, closing: ObligationClosing, at: datetime, reason: str = ""
) -> None:
    """Nothing more is owed by the engine."""
    centre.take_out_of_line(obligation)
    del centre.obligations[obligation.id]
    if centre.open_by_resident.get(obligation.resident) == obligation.id:
        del centre.open_by_resident[obligation.resident]
    centre.note(ObligationClosed(at, obligation.id, closing, reason))
    centre.order(ForgetObligationTimer(obligation.id))


def register(centre: Centre, obligation: Obligation) -> None:
    """From now on it is known by its id and by its resident."""
    centre.obligations[obligation.id] = obligation
    if obligation.number.whole:
        centre.open_by_resident[obligation.resident] = obligation.id


def _open_for(centre: Centre, key: ResidentKey) -> Obligation | None:
    obligation_id = centre.open_by_resident.get(key)
    return None if obligation_id is None else centre.obligations[obligation_id]


def _join(centre: Centre, obligation: Obligation, call: Call, at: datetime, now: datetime) -> None:
    """A further missed call of the same episode: one contact discharges both, by the earliest clock."""
    centre.note(ObligationJoined(at, obligation.id, call.id))
    if obligation.state is ObligationState.SUSPENDED and obligation.resident not in centre.live_by_resident:
        plan(centre, obligation, now + centre.policy.callbacks.settle)


def _open(centre: Centre, call: Call, key: ResidentKey | None, at: datetime, now: datetime) -> None:
    verdict = _may_dial(centre, call)
    obligation = Obligation(
        id=ObligationId(f"ob-{call.id}"),
        line=call.line,
        queue=call.queue,
        number=call.number,
        e164=verdict.e164,
        resident=key or (call.line.company, ""),
        arrived_at=call.arrived_at,
        due_at=call.arrived_at + centre.policy.limits.contact,
    )
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
    elif obligation.resident in centre.live_by_resident:
        obligation.state = ObligationState.SUSPENDED
    else:
        plan(centre, obligation, now + centre.policy.callbacks.settle)


def _may_dial(centre: Centre, call: Call) -> NumberVerdict:
    policy = centre.policy.callbacks
    verdict = judge(call.number, policy.own_numbers, policy.region)
    if verdict.refusal is not None:
        return verdict
    if not policy.enabled:
        return NumberVerdict(verdict.e164, DialRefusal.SWITCHED_OFF)
    if call.line.callback is None:
        return NumberVerdict(verdict.e164, DialRefusal.NO_TRUNK)
    return verdict
