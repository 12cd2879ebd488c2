"""A call from one of our own numbers that ended while nobody looked: counted as refused, and nobody is owed for it."""

from __future__ import annotations

import pytest

from queues.messages import events
from queues.messages.commands import RefuseCall
from queues.messages.events import EndedCall, KnownCall
from queues.messages.journal import CallFinished, Outcome, OwnCallRefused
from queues.terms.identifiers import CallId
from queues.terms.phone import Phone
from tests.support.centre import EMERGENCY_DID, arrived, moment
from tests.support.shift import Shift

C9 = CallId("c9")
OURS = "84951234501"


def trace(ended: float | None = 3, answered: float | None = None) -> EndedCall:
    return EndedCall(
        C9,
        moment(1),
        EMERGENCY_DID,
        Phone(OURS),
        None if ended is None else moment(ended),
        answered_at=None if answered is None else moment(answered),
        by_fallback=answered is not None,
    )


def outcomes(shift: Shift) -> list[Outcome]:
    return [entry.outcome for entry in shift.journal(CallFinished) if isinstance(entry, CallFinished)]


def owes_nothing(shift: Shift) -> bool:
    centre = shift.dispatcher.centre
    return not centre.obligations and not centre.live_by_number and C9 not in centre.calls


@pytest.mark.parametrize("ended", [3, None])
def test_found_only_in_the_inbox_it_is_counted_as_refused_and_no_channel_is_hung_up(
    ended: float | None,
) -> None:
    shift = Shift()
    decision = shift.tell(events.PbxSnapshot(moment(10), (), (), ended=(trace(ended),)))
    assert not [one for one in decision.commands if isinstance(one, RefuseCall)]
    assert len(shift.journal(OwnCallRefused)) == 1
    assert outcomes(shift) == [Outcome.REJECTED]
    assert owes_nothing(shift)


def test_whom_an_agent_answered_in_the_fallback_queue_was_answered() -> None:
    shift = Shift()
    shift.tell(events.PbxSnapshot(moment(10), (), (), ended=(trace(3, answered=2),)))
    assert outcomes(shift) == [Outcome.ANSWERED]
    assert owes_nothing(shift)


@pytest.mark.parametrize("told", [True, False])
def test_one_that_an_earlier_run_left_open_owes_nothing_either(told: bool) -> None:
    shift = Shift()
    shift.tell(events.LedgerRestored(moment(5), (KnownCall(C9, moment(1), EMERGENCY_DID, Phone(OURS)),)))
    shift.tell(events.PbxSnapshot(moment(10), (), (), ended=(trace(),) if told else ()))
    assert outcomes(shift) == [Outcome.REJECTED]
    assert owes_nothing(shift)


@pytest.mark.parametrize("told", [True, False])
def test_one_that_ended_while_the_link_was_lost_owes_nothing_either(told: bool) -> None:
    shift = Shift()
    shift.tell(arrived("c9", 1, number=OURS))
    shift.tell(events.PbxLost(moment(2)))
    shift.tell(events.PbxSnapshot(moment(10), (), (), inbox_follows=True))
    shift.tell(events.InboxRead(moment(11), (trace(),) if told else (), is_last=True))
    assert len(shift.journal(OwnCallRefused)) == 1
    assert outcomes(shift) == [Outcome.REJECTED]
    assert owes_nothing(shift)
