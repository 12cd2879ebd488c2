"""A conversation that passes from one agent to another."""

from __future__ import annotations

from dataclasses import replace

from queues.messages import events
from queues.messages.commands import MarkHeld
from queues.messages.journal import AttemptPassedOn, CallFinished, CallHeld, CallPassedOn
from queues.terms.identifiers import AgentId, AttemptId, CallId, ChannelName, ObligationId
from queues.terms.outcomes import ContactResult, Disposition
from tests.support.centre import Desk, arrived, holding, moment, small_centre
from tests.support.shift import dialled

A1, A2, C1 = AgentId("1001"), AgentId("1002"), CallId("c1")


def talking() -> Desk:
    """c1 speaks with 1001; 1002 is free."""
    desk = Desk(small_centre(2))
    desk.open()
    desk.tell(arrived("c1", 1))
    desk.tell(holding("c1", 1))
    desk.tell(events.CallAnswered(moment(2), C1, A1))
    return desk


def states(desk: Desk) -> dict[str, str]:
    return {agent.agent: agent.state.value for agent in desk.dispatcher.view().agents}


def test_the_colleague_talks_and_whoever_left_wraps_up() -> None:
    desk = talking()
    desk.tell(events.CallTransferred(moment(10), C1, A2))
    assert states(desk) == {"1001": "wrap_up", "1002": "talking"}
    assert desk.journal(CallPassedOn) == [CallPassedOn(moment(10), C1, A2)]
    desk.tell(events.CallEnded(moment(20), C1, 16))
    assert states(desk) == {"1001": "wrap_up", "1002": "wrap_up"}
    (finished,) = desk.journal(CallFinished)
    assert isinstance(finished, CallFinished)
    assert finished.outcome.value == "answered"


def test_told_twice_or_of_a_stranger_it_changes_nothing() -> None:
    desk = talking()
    for agent in (A1, AgentId("9999")):
        desk.tell(events.CallTransferred(moment(10), C1, agent))
    desk.tell(events.CallTransferred(moment(11), C1, A2))
    desk.tell(events.CallTransferred(moment(12), C1, A2))
    assert len(desk.journal(CallPassedOn)) == 1


def test_who_gets_his_own_transfer_back_talks_again_and_rests_after_it() -> None:
    desk = talking()
    desk.tell(events.AgentLegEnded(moment(9), A1, ChannelName("x"), C1))
    desk.tell(events.CallFellBack(moment(10), C1))
    assert states(desk)["1001"] == "wrap_up"
    desk.tell(events.CallTransferred(moment(15), C1, A1))
    assert states(desk)["1001"] == "talking"
    # The rest that his talk cut short does not end while he talks, and is not offered to over it.
    desk.tell(arrived("c2", 16, number="+79160000002"))
    desk.tell(holding("c2", 16))
    assert states(desk) == {"1001": "talking", "1002": "offered"}
    desk.tell(events.TimePassed(moment(60)))
    assert states(desk)["1001"] == "talking"
    desk.tell(events.CallEnded(moment(70), C1, 16))
    assert states(desk)["1001"] == "wrap_up"
    desk.tell(events.TimePassed(moment(200)))
    assert states(desk)["1001"] == "free"


def test_a_colleague_who_was_just_offered_another_resident_gives_him_back() -> None:
    desk = talking()
    desk.tell(arrived("c2", 5, number="+79160000002"))
    desk.tell(holding("c2", 5))
    assert states(desk)["1002"] == "offered"
    desk.tell(events.CallTransferred(moment(6), C1, A2))
    assert states(desk)["1002"] == "talking"
    assert {call.call: call.state.value for call in desk.dispatcher.view().calls}[CallId("c2")] == "held_back"


def test_a_transfer_that_nobody_took_leaves_an_answered_call_to_the_plain_queue() -> None:
    desk = talking()
    desk.tell(events.AgentLegEnded(moment(9), A1, ChannelName("x"), C1))
    desk.tell(events.CallFellBack(moment(10), C1))
    desk.tell(events.CallEnded(moment(30), C1, 16))
    (finished,) = desk.journal(CallFinished)
    assert isinstance(finished, CallFinished)
    assert (finished.outcome.value, desk.dispatcher.centre.obligations) == ("answered", {})


def test_music_is_marked_on_the_residents_channel() -> None:
    desk = talking()
    channel = ChannelName("PJSIP/trunk-c1")
    for held in (True, False):
        decision = desk.tell(events.ConversationHeld(moment(10), channel, held))
        assert decision.commands == (MarkHeld(channel, held),)


def test_a_callback_that_passes_on_is_the_colleagues_talk_and_his_word_counts() -> None:
    desk = Desk(small_centre(2))
    desk.open()
    desk.tell(arrived("c1", 1))
    desk.tell(events.CallEnded(moment(2), C1, 16))
    desk.tell(events.ObligationDue(moment(20), ObligationId("ob-c1")))
    attempt = AttemptId("ob-c1.1.1")
    desk.tell(events.AttemptAgentReady(moment(21), attempt))
    desk.tell(events.AttemptContacted(moment(25), attempt))
    telephone = ChannelName("PJSIP/trunk-9")
    desk.tell(events.AttemptPassedOn(moment(30), attempt, A2, telephone))
    desk.tell(events.AttemptEnded(moment(30), attempt, ContactResult.CONTACTED))
    assert states(desk) == {"1001": "wrap_up", "1002": "talking"}
    assert desk.journal(AttemptPassedOn) == [AttemptPassedOn(moment(30), attempt, A2)]
    desk.tell(events.AgentDisposed(moment(35), A2, Disposition.REACHED))
    assert not desk.dispatcher.centre.obligations
    desk.tell(events.AgentLegEnded(moment(40), A2, ChannelName("PJSIP/1002-8")))
    assert states(desk)["1002"] == "wrap_up"


def test_who_takes_him_over_may_be_talking_to_him_already() -> None:
    """Three of them were in one bridge."""
    desk = talking()
    desk.tell(arrived("c2", 3, number="+79160000002"))
    desk.tell(holding("c2", 3))
    desk.tell(events.CallAnswered(moment(4), CallId("c2"), A2))
    desk.tell(events.CallTransferred(moment(10), C1, A2))
    assert states(desk) == {"1001": "wrap_up", "1002": "talking"}
    assert desk.dispatcher.centre.agents[A2].call == "c2"
    assert {call.call: call.agent for call in desk.dispatcher.view().calls} == {"c1": A2, "c2": A2}


def test_who_makes_a_callback_himself_or_is_nobody_takes_none_over() -> None:
    shift = dialled()
    attempt, telephone = AttemptId("ob-c1.1.1"), ChannelName("PJSIP/trunk-9")
    shift.tell(events.AttemptContacted(moment(25), attempt))
    for agent in (A1, AgentId("9999")):
        assert shift.tell(events.AttemptPassedOn(moment(30), attempt, agent, telephone)).journal == ()


def test_who_talks_already_and_takes_a_callback_over_goes_on_talking() -> None:
    shift = dialled()
    attempt, telephone = AttemptId("ob-c1.1.1"), ChannelName("PJSIP/trunk-9")
    shift.tell(events.AttemptContacted(moment(25), attempt))
    shift.tell(events.AttemptEnded(moment(28), attempt, ContactResult.CONTACTED, "AGENTGONE"))
    shift.tell(arrived("c2", 29, number="+79160000002"))
    shift.tell(holding("c2", 29))
    shift.tell(events.TimePassed(moment(40)))
    shift.tell(events.CallAnswered(moment(41), CallId("c2"), A1))
    shift.tell(events.AttemptPassedOn(moment(45), attempt, A1, telephone))
    assert shift.dispatcher.centre.agents[A1].call == "c2"
    shift.tell(events.AgentDisposed(moment(50), A1, Disposition.REACHED))
    assert shift.closed == [("contacted", moment(25))]


def test_music_that_is_told_twice_or_of_no_conversation_is_one_music() -> None:
    desk = talking()
    channel = ChannelName("PJSIP/trunk-c1")
    for held in (True, True, False):
        desk.tell(events.ConversationHeld(moment(10), channel, held))
    assert [entry.held for entry in desk.journal(CallHeld)] == [True, False]
    desk.tell(events.ConversationHeld(moment(11), ChannelName("PJSIP/other"), True))
    assert len(desk.journal(CallHeld)) == 2


def test_who_left_him_long_ago_and_talks_with_another_is_not_taken_from_that_talk() -> None:
    desk = talking()
    desk.tell(events.AgentLegEnded(moment(9), A1, ChannelName("x"), C1))
    desk.tell(events.AgentWrapUpEnded(moment(10), A1))
    desk.tell(arrived("c2", 11, number="+79160000002"))
    desk.tell(events.CallFellBack(moment(11), CallId("c2")))
    desk.tell(events.CallAnswered(moment(12), CallId("c2"), A1, by_fallback=True))
    desk.tell(events.CallTransferred(moment(15), C1, A2))
    assert states(desk) == {"1001": "talking", "1002": "talking"}


def test_while_a_colleague_talks_on_with_him_silence_says_nothing_yet() -> None:
    shift = dialled()
    attempt, telephone = AttemptId("ob-c1.1.1"), ChannelName("PJSIP/trunk-9")
    policy = shift.dispatcher.centre.policy
    shift.tell(events.PolicyChanged(moment(19), replace(policy, agents=small_centre(2).agents)))
    shift.tell(events.AttemptContacted(moment(25), attempt))
    shift.tell(events.AttemptPassedOn(moment(30), attempt, A2, telephone))
    shift.tell(events.TimePassed(moment(900)))
    assert shift.closed == []
