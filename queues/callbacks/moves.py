"""The obligation's primitives: whose it is, one step of the table, and when to be woken for it."""

from __future__ import annotations

from datetime import datetime, timedelta

from queues.messages.commands import WakeForObligation
from queues.messages.journal import ObligationMoved
from queues.state.core_state import Centre
from queues.state.obligation import Obligation, ResidentKey
from queues.terms.identifiers import CompanyId
from queues.terms.phone import Phone
from queues.terms.phone_numbers import normalise
from sla.obligation import WAITING_FOR_A_MOMENT, ObligationInput

_TICK = timedelta(microseconds=1)


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


def register(centre: Centre, obligation: Obligation) -> None:
    """From now on it is known by its id and by its resident."""
    centre.obligations[obligation.id] = obligation
    if obligation.number.whole:
        centre.open_by_resident[obligation.resident] = obligation.id
        centre.open_by_number.setdefault(obligation.number_known, {})[obligation.id] = None


def forget(centre: Centre, obligation: Obligation) -> None:
    """Nothing is owed any more."""
    del centre.obligations[obligation.id]
    if centre.open_by_resident.get(obligation.resident) == obligation.id:
        del centre.open_by_resident[obligation.resident]
    of_his = centre.open_by_number.get(obligation.number_known, {})
    of_his.pop(obligation.id, None)
    if not of_his:
        centre.open_by_number.pop(obligation.number_known, None)


def is_on_the_line(centre: Centre, obligation: Obligation) -> bool:
    """Whether he is talking to us, or waiting for us, right now: on whichever company's line."""
    return obligation.number_known in centre.live_by_number


def owed_to_number(centre: Centre, number: str) -> list[Obligation]:
    """What all companies together owe him."""
    return [centre.obligations[one] for one in centre.open_by_number.get(number, ())]


def move(centre: Centre, obligation: Obligation, what: ObligationInput, at: datetime) -> bool:
    """Take the table's next state. A pair it does not know changes nothing and is counted."""
    if not obligation.move(what):
        centre.note_unexpected(at, "obligation", obligation.state, what, obligation.id)
        return False
    centre.note(ObligationMoved(at, obligation.id, obligation.state, obligation.contacted_at))
    return True


def arm(centre: Centre, obligation: Obligation) -> None:
    """Be woken for the next moment that matters to it; nothing to wait for, nothing to be woken for."""
    moments = [] if obligation.is_overdue else [obligation.due_at]
    if obligation.contacted_at is None:
        # A contact at the very limit is in time: looked at just after it.
        moments += [owed.judged_after + _TICK for owed in obligation.owed]
    if obligation.state in WAITING_FOR_A_MOMENT and obligation.not_before is not None:
        moments.append(obligation.not_before)
    if moments:
        centre.order(WakeForObligation(obligation.id, min(moments)))


def wake_at(centre: Centre, obligation: Obligation, when: datetime) -> None:
    """Not in line before `when`, nor outside its line's hours."""
    obligation.not_before = within_hours(centre, obligation, when)
    arm(centre, obligation)


def within_hours(centre: Centre, obligation: Obligation, when: datetime) -> datetime:
    """`when`, or the next moment at which its line's residents may be called back."""
    callback = obligation.line.callback
    if callback is None or callback.hours is None:
        return when
    return callback.hours.next_open(when, centre.policy.zone)
