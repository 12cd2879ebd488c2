"""A call from one of our own numbers: refused, in no figure, and nobody is owed for it; seen, missed, watched."""

from __future__ import annotations

from dataclasses import replace

import pytest

from queues.messages import events
from queues.messages.commands import RefuseCall
from queues.messages.events import EndedCall, KnownCall
from queues.messages.journal import (
    CallConnected,
    CallFinished,
    CallOffered,
    CallQueued,
    MessageRecorded,
    ObligationOpened,
    OfferMade,
    Outcome,
    OwnCallRefused,
    Unexpected,
)
from queues.messages.snapshot import DeviceState
from queues.terms.identifiers import AgentId, CallId, ChannelName, Did
from queues.terms.outcomes import OfferResult, QueueExit
from queues.terms.phone import Phone
from tests.support.centre import EMERGENCY_DID, GENERAL, Desk, arrived, moment
from tests.support.shift import Shift
from tests.unit.queues.test_queues_pbx_queue import watching

TRUNK = ChannelName("PJSIP/trunk-9")
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


def enters_no_figure(shift: Shift) -> bool:
    return not any(shift.journal(kind) for kind in (CallOffered, CallQueued, CallConnected, CallFinished))


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
    assert enters_no_figure(shift)
    assert owes_nothing(shift)


def test_two_of_us_who_spoke_with_each_other_in_the_fallback_queue_are_no_answered_call() -> None:
    shift = Shift()
    shift.tell(events.PbxSnapshot(moment(10), (), (), ended=(trace(3, answered=2),)))
    assert enters_no_figure(shift)
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
    assert enters_no_figure(shift)
    assert owes_nothing(shift)


def test_an_agent_who_took_one_all_the_same_talks_and_rests_and_no_figure_has_it() -> None:
    shift = Shift()
    shift.devices(0, DeviceState.IDLE)
    shift.tell(arrived("c9", 1, number=OURS))
    shift.tell(events.CallAnswered(moment(2), C9, AgentId("1001"), by_fallback=True))
    assert [agent.state.value for agent in shift.dispatcher.view().agents if agent.agent == "1001"] == [
        "talking"
    ]
    shift.tell(events.CallEnded(moment(30), C9, 16))
    assert [agent.state.value for agent in shift.dispatcher.view().agents if agent.agent == "1001"] == [
        "wrap_up"
    ]
    assert enters_no_figure(shift)
    assert owes_nothing(shift)


def test_who_left_a_message_wants_something_of_us_whoever_he_is() -> None:
    shift = Shift()
    left = replace(trace(), message_at=moment(2), message_path="/m.wav")
    shift.tell(events.PbxSnapshot(moment(10), (), (), ended=(left,)))
    assert len(shift.journal(CallOffered)) == len(shift.journal(MessageRecorded)) == 1
    assert outcomes(shift) == [Outcome.MESSAGE_LEFT]


def test_one_that_the_dialplan_turned_away_is_journalled_with_its_company() -> None:
    shift = Shift()
    shift.tell(events.OwnCallTurnedAway(moment(1), C9, EMERGENCY_DID, Phone("")))
    company = shift.dispatcher.centre.line_of(EMERGENCY_DID).company
    assert shift.journal(OwnCallRefused) == [OwnCallRefused(moment(1), C9, company, EMERGENCY_DID, Phone(""))]
    assert enters_no_figure(shift)


@pytest.mark.parametrize("dial", [True, False])
@pytest.mark.parametrize("found", [True, False])
def test_in_a_watched_queue_it_does_not_count_and_is_hung_up_only_where_the_engine_may_dial(
    dial: bool, found: bool
) -> None:
    policy = watching(dial=dial)
    own = replace(policy.callbacks, own_numbers=frozenset({Phone("+74951234501")}))
    desk = Desk(replace(policy, callbacks=own))
    desk.open()
    if found:
        live = events.LiveCall(
            C9, TRUNK, moment(1), Did(""), Phone(OURS), events.LiveCallState.WATCHED, watched=GENERAL
        )
        desk.tell(events.PbxSnapshot(moment(2), (live,), ()))
    else:
        desk.tell(events.CallWatched(moment(1), C9, TRUNK, moment(1), GENERAL, Did(""), Phone(OURS)))
        desk.tell(events.QueueJoined(moment(1), C9))
    desk.tell(events.AgentRang(moment(3), C9, AgentId("1001"), ChannelName("PJSIP/1001-1")))
    desk.tell(events.AgentRingEnded(moment(4), C9, AgentId("1001"), OfferResult.NO_ANSWER))
    desk.tell(events.QueueLeft(moment(5), C9, QueueExit.TIMED_OUT))
    desk.tell(events.CallEnded(moment(6), C9, 16))
    orders = [order for decision in desk.decisions for order in decision.commands]
    assert [order for order in orders if isinstance(order, RefuseCall)] == (
        [RefuseCall(C9, TRUNK)] if dial else []
    )
    assert len(desk.journal(OwnCallRefused)) == 1
    none_of = (CallOffered, CallQueued, OfferMade, CallFinished, ObligationOpened, Unexpected)
    assert not any(desk.journal(kind) for kind in none_of)
