"""Law 2: whom no human answered is owed a contact; one per resident, the earliest clock, never silence.

One function per transition of `sla.obligation.TRANSITIONS`, here and in `schedule`; each goes through
`moves.move`, which asks the table.
"""

from __future__ import annotations

from datetime import datetime

from queues.agents import agent_states
from queues.callbacks import moves, schedule, verdicts
from queues.messages.commands import CancelAttempt, ForgetObligationTimer
from queues.messages.journal import (
    DialRefused,
    ObligationClosed,
    ObligationClosing,
    ObligationJoined,
    ObligationOpened,
    Outcome,
)
from queues.state.agent import Agent
from queues.state.call import Call, CallState
from queues.state.core_state import Centre
from queues.state.facts import CallOver, ResidentAnswered, ResidentArrived
from queues.state.obligation import Attempt, AttemptState, Obligation, OwedCall, ResidentKey
from queues.terms.identifiers import ObligationId
from queues.terms.outcomes import CONTACTS, Choice
from queues.terms.phone_numbers import DialRefusal, NumberVerdict, judge
from sla.compliance import owes_contact
from sla.obligation import HUMAN, ObligationInput, ObligationState

_STANDING_ASIDE_FOR_HIM = {ObligationState.PLANNED, ObligationState.RETRY, ObligationState.IN_LINE}


def resident_arrived(centre: Centre, fact: ResidentArrived) -> None:
    """While he calls himself, any of our companies, he is not called back; a dial under way is given up for his call.

    One for which the agent's phone is up already goes on until he waits: then that phone takes his call.
    """
    call, at = fact.call, fact.at
    key = moves.resident_key(centre, call.line.company, call.number)
    if key is None:
        return
    call.resident = key
    centre.live_by_number.setdefault(key[1], set()).add(call.id)
    for obligation in moves.owed_to_number(centre, key[1]):
        if obligation.state in _STANDING_ASIDE_FOR_HIM:
            centre.take_out_of_line(obligation)
            moves.move(centre, obligation, ObligationInput.RESIDENT_CALLS, at)
        elif obligation.is_in_flight and (obligation.resident != key or dial_of(centre, call) is None):
            _cancel_attempt(centre, obligation)


def dial_of(centre: Centre, call: Call) -> tuple[Attempt, Agent] | None:
    """The dial that looks for this very resident now, and its agent: his phone is up, and he serves the queue."""
    obligation = moves.open_for(centre, moves.resident_key(centre, call.line.company, call.number))
    if obligation is None or obligation.attempt is None:
        return None
    attempt = centre.attempts.get(obligation.attempt)
    if attempt is None or attempt.state is not AttemptState.DIALLING or attempt.is_cancelled:
        return None
    agent = agent_states.agent_of(centre, attempt.agent)
    serves = agent is not None and agent.attempt == attempt.id and call.queue.name in agent.profile.queues
    return (attempt, agent) if agent is not None and serves else None


def resident_got_through(centre: Centre, fact: ResidentAnswered) -> None:
    """A human answered him: whatever he was owed before is discharged."""
    _got_through(centre, fact.call, fact.at)


def _got_through(centre: Centre, call: Call, at: datetime) -> None:
    obligation = moves.open_for(centre, moves.resident_key(centre, call.line.company, call.number))
    if obligation is not None:
        _cancel_attempt(centre, obligation)
        contacted_at = obligation.contacted_at or at
        _close(
            centre, obligation, ObligationInput.GOT_THROUGH, ObligationClosing.GOT_THROUGH, at, contacted_at
        )


def call_over(centre: Centre, fact: CallOver) -> None:
    """His call is over. Not answered: he is owed a contact, if his line's rules owe one."""
    call, outcome, at, now = fact.call, fact.outcome, fact.at, fact.now
    if call.state is CallState.OWN or call.uncounted is not None:
        return
    _left_the_line(centre, call, at, now)
    if outcome is Outcome.ANSWERED:
        verdicts.judge_answered(centre, call, at)
        _got_through(centre, call, at)
        return
    owed = verdicts.owed_call(centre, call, at)
    # Found by its own id only if the PBX told us twice that the same call ended.
    reach = moves.resident_key(centre, call.line.company, call.reach_by)
    open_one = moves.open_for(centre, reach) or centre.obligations.get(_id_for(centre, call))
    if open_one is not None and open_one.state is ObligationState.UNCONFIRMED:
        open_one = _called_again_unconfirmed(centre, open_one, at)
    if owed is not None and not owes_contact(owed.care, owed.rules):
        verdicts.judge_owed(centre, owed, at)
        owed = None
    if open_one is not None:
        missed_again(centre, open_one, call, owed, at, now)
    elif owed is not None:
        _open(centre, call, outcome, reach, owed, at, now)


def _left_the_line(centre: Centre, call: Call, at: datetime, now: datetime) -> None:
    """He is on no line of ours any more: what other companies owe him is planned anew."""
    if call.resident is None or call.resident[1] not in centre.live_by_number:
        return
    number = call.resident[1]
    centre.live_by_number[number].discard(call.id)
    if centre.live_by_number[number]:
        return
    del centre.live_by_number[number]
    for obligation in moves.owed_to_number(centre, number):
        if obligation.resident != call.resident and obligation.state is ObligationState.SUSPENDED:
            moves.move(centre, obligation, ObligationInput.MISSED_AGAIN, at)
            moves.wake_at(centre, obligation, now + centre.policy.callbacks.settle)


def _called_again_unconfirmed(centre: Centre, obligation: Obligation, at: datetime) -> Obligation | None:
    """He calls again before anybody said whom the callback reached: taken as the settings take silence.

    A contact: what is owed now is another one. None: this one is still owed.
    """
    is_contact = obligation.heard is not False and not obligation.is_cut_off
    if is_contact and centre.policy.callbacks.disposition_default in CONTACTS:
        confirm(centre, obligation, at)
        return None
    obligation.contacted_at = None
    return obligation


def missed_again(
    centre: Centre, obligation: Obligation, call: Call, owed: OwedCall | None, at: datetime, now: datetime
) -> None:
    """A further missed call of the same episode: one contact discharges both, by the earliest clock."""
    centre.note(ObligationJoined(at, obligation.id, call.id))
    centre.link_message(call.id, obligation.id)
    if owed is not None:
        obligation.owed.append(owed)
    if moves.is_on_the_line(centre, obligation) or obligation.is_in_flight:
        return
    if obligation.state in HUMAN:
        if may_dial(centre, obligation).refusal is not None:
            return
        obligation.dials = obligation.network_failures = 0
    if moves.move(centre, obligation, ObligationInput.MISSED_AGAIN, at):
        centre.take_out_of_line(obligation)
        moves.wake_at(centre, obligation, _first_dial(centre, call, obligation, now))


def reached(centre: Centre, obligation: Obligation, at: datetime) -> None:
    """Somebody answered the agent; who it was is still to be said."""
    before, obligation.contacted_at = obligation.contacted_at, at
    obligation.heard, obligation.is_cut_off = None, False
    if not moves.move(centre, obligation, ObligationInput.REACHED, at):
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


def message_reviewed(centre: Centre, obligation: Obligation, at: datetime) -> None:
    """His message was reviewed in time: the law's third way, no contact is owed besides."""
    _cancel_attempt(centre, obligation)
    _close(centre, obligation, ObligationInput.REVIEWED, ObligationClosing.MESSAGE_REVIEWED, at, None)


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
    if not moves.move(centre, obligation, what, at):
        return
    centre.take_out_of_line(obligation)
    moves.forget(centre, obligation)
    verdicts.judge_closed(centre, obligation, contacted_at, at)
    centre.note(ObligationClosed(at, obligation.id, closing, reason, contacted_at, by))
    centre.order(ForgetObligationTimer(obligation.id))


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
    if not obligation.queue.dials_callbacks:
        return NumberVerdict(verdict.e164, DialRefusal.WATCHED_ONLY)
    if obligation.line.callback is None:
        return NumberVerdict(verdict.e164, DialRefusal.NO_TRUNK)
    return verdict


def _open(
    centre: Centre,
    call: Call,
    outcome: Outcome,
    key: ResidentKey | None,
    owed: OwedCall,
    at: datetime,
    now: datetime,
) -> None:
    obligation = Obligation(
        id=_id_for(centre, call),
        line=call.line,
        queue=call.queue,
        number=call.reach_by,
        e164=None,
        resident=key or (call.line.company, ""),
        arrived_at=call.arrived_at,
        due_at=owed.contact_limit,
        why=outcome.value,
        owed=[owed],
    )
    verdict = may_dial(centre, obligation)
    obligation.e164 = verdict.e164
    moves.register(centre, obligation)
    centre.link_message(call.id, obligation.id)
    centre.note(
        ObligationOpened(
            at,
            obligation.id,
            call.id,
            call.line.company,
            call.line.did,
            call.queue.name,
            call.reach_by,
            verdict.e164,
            obligation.arrived_at,
            obligation.due_at,
        )
    )
    if verdict.refusal is not None:
        centre.note(DialRefused(at, obligation.id, verdict.refusal))
        schedule.hand_to_human(centre, obligation, verdict.refusal, at)
        moves.arm(centre, obligation)
    elif moves.is_on_the_line(centre, obligation):
        moves.move(centre, obligation, ObligationInput.RESIDENT_CALLS, at)
        moves.arm(centre, obligation)
    else:
        moves.wake_at(centre, obligation, _first_dial(centre, call, obligation, now))


def _first_dial(centre: Centre, call: Call, obligation: Obligation, now: datetime) -> datetime:
    """Who asked for it is called at once; who left a message, when its review would be late; others may call again."""
    if call.message_at is not None:
        return max(now, obligation.due_at - centre.policy.choice.callback_before_due)
    return now if call.choice is Choice.CALLBACK else now + centre.policy.callbacks.settle


def _id_for(centre: Centre, call: Call) -> ObligationId:
    return ObligationId(f"ob-{centre.node}-{call.id}" if centre.node else f"ob-{call.id}")


def _cancel_attempt(centre: Centre, obligation: Obligation) -> None:
    attempt = None if obligation.attempt is None else centre.attempts.get(obligation.attempt)
    if attempt is not None and attempt.state is not AttemptState.TALKING and not attempt.is_cancelled:
        attempt.is_cancelled = True
        centre.order(CancelAttempt(attempt.id))


def take(centre: Centre, obligation: Obligation, at: datetime) -> bool:
    """An agent is free for it: claimed."""
    centre.take_out_of_line(obligation)
    return moves.move(centre, obligation, ObligationInput.CLAIM, at)


def agent_took_it(centre: Centre, obligation: Obligation, at: datetime) -> None:
    """The resident is being dialled."""
    moves.move(centre, obligation, ObligationInput.AGENT_READY, at)


def stand_aside(centre: Centre, obligation: Obligation, at: datetime) -> None:
    """Its dial was given up because the resident calls himself."""
    moves.move(centre, obligation, ObligationInput.RESIDENT_CALLS, at)
