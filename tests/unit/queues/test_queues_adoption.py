"""The engine died and is back: whatever it finds goes on to its right end."""

from __future__ import annotations

import pytest

from queues.messages import events
from queues.messages.events import (
    DeviceState,
    LedgerRestored,
    LiveAgent,
    LiveCall,
    LiveCallState,
    PbxSnapshot,
)
from queues.messages.journal import AgentState, CallConnected, CallFinished, OfferEnded, RecordingStarted
from queues.messages.snapshot import KnownCall, KnownRest
from queues.terms.identifiers import AgentId, CallId, ChannelName, OfferId
from queues.terms.outcomes import Choice
from queues.terms.phone import Phone
from tests.support.centre import EMERGENCY_DID, GENERAL_DID, Desk, moment, small_centre

A1 = AgentId("1001")
C1 = CallId("c1")
OLD = OfferId("c1/0.1")
NUMBER = Phone("79161234567")
IDLE = LiveAgent(A1, DeviceState.IDLE, logged_in=True)
ON_THE_PHONE = LiveAgent(A1, DeviceState.BUSY, logged_in=True)


def known(**more: object) -> KnownCall:
    return KnownCall(C1, moment(-30), GENERAL_DID, NUMBER, queued_at=moment(-29), **more)


def back(desk: Desk, known_call: KnownCall, state: LiveCallState, phone: LiveAgent, **more: object) -> None:
    desk.tell(LedgerRestored(moment(0), (known_call,)))
    found = LiveCall(C1, ChannelName("PJSIP/trunk-c1"), moment(-30), GENERAL_DID, NUMBER, state, **more)
    desk.tell(PbxSnapshot(moment(1), (found,), (phone,)))


def shown(desk: Desk) -> AgentState:
    return desk.dispatcher.view().agents[0].state


def ring_ends(desk: Desk) -> list[tuple[OfferId, str]]:
    return [(entry.offer, entry.result) for entry in desk.journal(OfferEnded)]


def test_who_was_leaving_a_message_is_rung_for_by_nobody_and_left_it() -> None:
    desk = Desk(small_centre(1))
    chosen = events.ChoiceMade(moment(-3), C1, Choice.MESSAGE)
    back(desk, known(choice=Choice.MESSAGE), LiveCallState.LEAVING, IDLE, choice=chosen)
    assert [call.state for call in desk.dispatcher.view().calls] == ["leaving"]
    assert shown(desk) is AgentState.FREE
    desk.tell(events.MessageLeft(moment(9), C1, "/r/c1-message.wav"))
    desk.tell(events.CallEnded(moment(10), C1, 16))
    assert [entry.outcome for entry in desk.journal(CallFinished)] == ["message_left"]


def test_a_consent_given_while_we_were_away_takes_him_out_of_the_line() -> None:
    desk = Desk(small_centre(1))
    chosen = events.ChoiceMade(moment(-3), C1, Choice.CALLBACK)
    back(desk, known(offer=OLD, rung=A1), LiveCallState.LEAVING, IDLE, choice=chosen)
    assert ring_ends(desk) == [(OLD, "unknown")]
    desk.tell(events.CallEnded(moment(4), C1, 16))
    assert [entry.outcome for entry in desk.journal(CallFinished)] == ["callback_requested"]


def test_wrap_up_that_began_before_the_end_has_its_rest_by_its_own_queue() -> None:
    policy = small_centre(1, wrap_up=10)
    desk = Desk(policy)
    desk.tell(LedgerRestored(moment(0), (), rests=(KnownRest(A1, moment(-4), EMERGENCY_DID),)))
    desk.tell(PbxSnapshot(moment(1), (), (IDLE,)))
    assert shown(desk) is AgentState.WRAP_UP
    assert desk.dispatcher.next_wakeup() == moment(6)
    desk.tell(events.TimePassed(moment(6)))
    assert shown(desk) is AgentState.FREE


@pytest.mark.parametrize(
    "rest", [KnownRest(A1, moment(-10)), KnownRest(AgentId("gone"), moment(-1))], ids=["over", "not employed"]
)
def test_a_wrap_up_that_is_over_or_nobodys_keeps_nobody_from_work(rest: KnownRest) -> None:
    desk = Desk(small_centre(1, wrap_up=10))
    desk.tell(LedgerRestored(moment(0), (), rests=(rest,)))
    desk.tell(PbxSnapshot(moment(1), (), (IDLE,)))
    assert shown(desk) is AgentState.FREE


def test_a_ring_that_ended_while_we_were_away_has_an_end() -> None:
    desk = Desk(small_centre(1))
    back(desk, known(offer=OLD, rung=A1), LiveCallState.HOLDING, ON_THE_PHONE)
    assert ring_ends(desk) == [(OLD, "unknown")]


def test_a_ring_that_goes_on_is_the_same_offer_until_it_is_answered() -> None:
    desk = Desk(small_centre(1))
    ringing = LiveAgent(A1, DeviceState.RINGING, logged_in=True)
    back(desk, known(offer=OLD, rung=A1), LiveCallState.OFFERED, ringing, agent=A1, offer=OLD)
    assert shown(desk) is AgentState.OFFERED
    desk.tell(events.CallAnswered(moment(3), C1, A1))
    (connected,) = desk.journal(CallConnected)
    assert (connected.offer, connected.agent) == (OLD, A1)
    assert ring_ends(desk) == []


def test_a_ring_that_was_answered_while_we_were_away_was_that_offer() -> None:
    desk = Desk(small_centre(1))
    back(
        desk,
        known(offer=OLD, rung=A1),
        LiveCallState.TALKING,
        ON_THE_PHONE,
        agent=A1,
        answered_at=moment(-2),
        recording="/r/c1.wav",
    )
    (connected,) = desk.journal(CallConnected)
    assert (connected.at, connected.offer, connected.agent) == (moment(-2), OLD, A1)
    assert [(one.call, one.path) for one in desk.journal(RecordingStarted)] == [(C1, "/r/c1.wav")]
    assert (shown(desk), ring_ends(desk)) == (AgentState.TALKING, [])


def test_a_recording_that_is_known_is_not_told_again() -> None:
    desk = Desk(small_centre(1))
    talking = known(answered_at=moment(-2), agent=A1, recording="/r/c1.wav")
    back(desk, talking, LiveCallState.TALKING, ON_THE_PHONE, agent=A1, recording="/r/c1.wav")
    assert desk.journal(RecordingStarted) == []


def test_who_was_answered_in_the_fallback_and_talks_still_was_served_by_it() -> None:
    desk = Desk(small_centre(1))
    back(
        desk,
        known(),
        LiveCallState.TALKING,
        ON_THE_PHONE,
        agent=A1,
        answered_at=moment(-2),
        by_fallback=True,
    )
    desk.tell(events.CallEnded(moment(10), C1, 16))
    assert [entry.served_by for entry in desk.journal(CallFinished)] == ["fallback"]


@pytest.mark.parametrize("is_known", [True, False], ids=["known to the ledger", "called meanwhile"])
def test_whom_the_agents_phone_has_left_already_was_answered_by_him_and_he_rests(is_known: bool) -> None:
    """As seen: his channel outlived the agent's by a moment, and the ledger did not know who had answered him."""
    desk = Desk(small_centre(1, wrap_up=10))
    desk.tell(LedgerRestored(moment(0), (known(),) if is_known else ()))
    left = LiveCall(
        C1,
        ChannelName("PJSIP/trunk-c1"),
        moment(-30),
        GENERAL_DID,
        NUMBER,
        LiveCallState.TALKING,
        answered_at=moment(-2),
        by_fallback=True,
        answered_by=A1,
    )
    desk.tell(PbxSnapshot(moment(1), (left,), (IDLE,)))
    assert [entry.agent for entry in desk.journal(CallConnected)] == [A1]
    assert shown(desk) is AgentState.WRAP_UP
    desk.tell(events.CallEnded(moment(2), C1, 16))
    assert [entry.outcome for entry in desk.journal(CallFinished)] == ["answered"]
    assert desk.dispatcher.next_wakeup() == moment(11)


def test_who_left_one_resident_and_is_with_the_next_is_not_taken_from_him() -> None:
    desk = Desk(small_centre(1, wrap_up=10))
    desk.tell(LedgerRestored(moment(0), ()))
    place = (GENERAL_DID, NUMBER, LiveCallState.TALKING)
    left = LiveCall(C1, ChannelName("PJSIP/trunk-c1"), moment(-30), *place, answered_by=A1)
    ringing = LiveCall(
        CallId("c2"),
        ChannelName("PJSIP/trunk-c2"),
        moment(-20),
        GENERAL_DID,
        Phone("79161234568"),
        LiveCallState.OFFERED,
        agent=A1,
        offer=OfferId("c2/0.1"),
    )
    desk.tell(PbxSnapshot(moment(1), (ringing, left), (ON_THE_PHONE,)))
    assert shown(desk) is AgentState.OFFERED
    desk.tell(events.CallAnswered(moment(2), CallId("c2"), A1))
    desk.tell(events.CallEnded(moment(3), C1, 16))
    assert shown(desk) is AgentState.TALKING
    assert [entry.agent for entry in desk.journal(CallConnected)] == [A1, A1]


def test_a_conversation_that_ended_for_the_agent_in_a_gap_of_the_link_is_over_for_him() -> None:
    """Of the ledger's own: the resident's channel is there for a moment yet, the agent's is gone."""
    desk = Desk(small_centre(1, wrap_up=10))
    back(desk, known(answered_at=moment(-2), agent=A1), LiveCallState.TALKING, IDLE, answered_by=A1)
    assert shown(desk) is AgentState.WRAP_UP
    desk.tell(events.CallEnded(moment(2), C1, 16))
    assert desk.journal(CallConnected) == []
