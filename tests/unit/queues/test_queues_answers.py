"""What counts as an answer, and whose it is."""

from __future__ import annotations

from queues.messages import events
from queues.messages.events import OfferResult
from queues.messages.journal import (
    AgentState,
    CallConnected,
    CallFinished,
    ObligationOpened,
    OfferEnded,
    Outcome,
    Unexpected,
)
from queues.terms.identifiers import AgentId, CallId, ChannelName, OfferId
from tests.support.centre import Desk, arrived, holding, moment, small_centre

A1, A2 = AgentId("1001"), AgentId("1002")
C1 = CallId("c1")
LEG = ChannelName("PJSIP/1001-00000001")


def test_a_bridge_without_a_known_agent_is_no_answer_of_an_offer_and_who_is_cut_off_is_owed() -> None:
    """The phone sent the call on, a phrase 'answered', three seconds later the resident was cut off."""
    desk = Desk(small_centre(1))
    desk.open()
    desk.tell(arrived("c1", 1))
    desk.tell(holding("c1", 1))
    desk.tell(events.AgentRang(moment(1), C1, A1, LEG))
    for stranger in (None, AgentId("9999")):
        desk.tell(events.CallAnswered(moment(2), C1, stranger))
    assert not desk.journal(CallConnected)
    assert len(desk.journal(Unexpected)) == 2
    desk.tell(events.CallEnded(moment(5), C1, 16))
    assert [one.outcome for one in desk.journal(CallFinished) if isinstance(one, CallFinished)] == [
        Outcome.ABANDONED
    ]
    assert len(desk.journal(ObligationOpened)) == 1


def test_a_colleague_who_picks_up_is_who_answered_and_the_phone_that_rang_is_free() -> None:
    desk = Desk(small_centre(2))
    desk.open()
    desk.tell(events.AgentPaused(moment(0), A2, "lunch"))
    desk.tell(arrived("c1", 1))
    desk.tell(holding("c1", 1))
    desk.tell(events.AgentRang(moment(1), C1, A1, LEG))
    desk.tell(events.AgentLegEnded(moment(3), A1, LEG, C1))
    desk.tell(events.CallAnswered(moment(3), C1, A2))
    assert [
        (one.agent, one.offer) for one in desk.journal(CallConnected) if isinstance(one, CallConnected)
    ] == [(A2, None)]
    assert desk.journal(OfferEnded) == [OfferEnded(moment(3), OfferId("c1/1.1"), OfferResult.PICKED_UP)]
    assert [agent.state for agent in desk.dispatcher.view().agents] == [AgentState.FREE, AgentState.TALKING]
    desk.tell(events.AgentLegEnded(moment(9), A2, ChannelName("PJSIP/1002-00000009"), C1))
    assert desk.dispatcher.view().agents[1].state is AgentState.WRAP_UP
