"""The law's verdict on each call, given once, with the version of the rules it was given under."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from queues.messages.journal import CallJudged
from queues.state.call import Call
from queues.state.core_state import Centre
from queues.state.obligation import Obligation, OwedCall
from queues.terms.identifiers import CallId
from sla.compliance import Care, Verdict, verdict


def judge_answered(centre: Centre, call: Call, at: datetime) -> None:
    """A human answered it: in time, late but in time for a contact, or too late."""
    rules = call.line.rules_at(call.arrived_at, centre.policy.zone)
    if rules is not None:
        care = Care(
            call.arrived_at, answered_at=call.answered_at or at, queued_at=call.queued_at, ended_at=at
        )
        centre.note(CallJudged(at, call.id, call.line.company, verdict(care, rules, at), rules.version))


def owed_call(centre: Centre, call: Call, at: datetime) -> OwedCall | None:
    """A call that no human answered, to be judged; None on a line without rules."""
    rules = call.line.rules_at(call.arrived_at, centre.policy.zone)
    if rules is None:
        return None
    care = Care(call.arrived_at, queued_at=call.queued_at, ended_at=at, message_at=call.message_at)
    return OwedCall(call.id, call.line.company, care, rules)


def judge_owed(centre: Centre, owed: OwedCall, at: datetime) -> None:
    """Nothing more will be done about it: judge it as it stands."""
    found = verdict(owed.care, owed.rules, at)
    _note(centre, owed, Verdict.BROKEN if found is Verdict.PENDING else found, at)


def judge_overdue(centre: Centre, obligation: Obligation, at: datetime, now: datetime) -> None:
    """Those of its calls whose time is over are broken, whatever comes."""
    if obligation.contacted_at is not None:
        return  # Somebody was reached: the disposition will tell whether it counts.
    still: list[OwedCall] = []
    for owed in obligation.owed:
        found = verdict(_care(obligation, owed, None), owed.rules, now)
        if found is Verdict.PENDING:
            still.append(owed)
        else:
            _note(centre, owed, found, at)
    obligation.owed = still


def judge_reviewed(centre: Centre, obligation: Obligation, call: CallId, at: datetime) -> bool:
    """The call's message was reviewed: whether that kept the law for it."""
    for owed in obligation.owed:
        found = verdict(_care(obligation, owed, None), owed.rules, at)
        if owed.call == call and found is Verdict.MESSAGE_REVIEWED_IN_TIME:
            obligation.owed.remove(owed)
            _note(centre, owed, found, at)
            return True
    return False


def judge_closed(centre: Centre, obligation: Obligation, contacted_at: datetime | None, at: datetime) -> None:
    """Nothing is owed any more: each call of the episode by its own arrival."""
    for owed in obligation.owed:
        judge_owed(centre, replace(owed, care=_care(obligation, owed, contacted_at)), at)


def _care(obligation: Obligation, owed: OwedCall, contacted_at: datetime | None) -> Care:
    return replace(owed.care, contacted_at=contacted_at, attempted_at=obligation.first_dial_at)


def _note(centre: Centre, owed: OwedCall, found: Verdict, at: datetime) -> None:
    centre.note(CallJudged(at, owed.call, owed.company, found, owed.rules.version))
