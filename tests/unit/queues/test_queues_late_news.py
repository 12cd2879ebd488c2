"""News that come late, twice, or about what nobody knows: nothing changes, and what fits nothing is counted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from queues.messages import events
from queues.messages.commands import OfferCall, ReturnToHold
from queues.messages.events import ContactResult, DeviceState, Disposition, OfferResult
from queues.messages.journal import (
    CallFinished,
    CallOffered,
    OfferEnded,
    OfferRang,
    RecordingMissed,
    RecordingStarted,
    Unexpected,
    VoiceNoted,
)
from queues.messages.snapshot import EndedCall, LiveAgent, LiveCall, LiveCallState, PbxSnapshot
from queues.terms.identifiers import AgentId, AttemptId, CallId, ChannelName, ObligationId, OfferId
from queues.terms.outcomes import Choice
from queues.terms.phone import Phone
from sla.obligation import ObligationState
from tests.support.centre import GENERAL_DID, Desk, arrived, holding, moment, small_centre
from tests.support.shift import OB1, dialled

A1, A2, NOBODY = AgentId("1001"), AgentId("1002"), AgentId("9999")
C1, C2 = CallId("c1"), CallId("c2")
FIRST = AttemptId("ob-c1.1.1")
LEG = ChannelName("PJSIP/1001-1")
NUMBER = Phone("+79161234567")


def open_desk(agents: int = 1, **rests: float) -> Desk:
    desk = Desk(small_centre(agents, **rests))
    desk.open()
    return desk


def offered(agents: int = 1, **rests: float) -> Desk:
    """c1 rings at 1001's phone since 1."""
    desk = open_desk(agents, **rests)
    desk.tell(arrived("c1", 1))
    desk.tell(holding("c1", 1))
    assert [one.agent for one in desk.decisions[-1].commands if isinstance(one, OfferCall)] == [A1]
    return desk


def talking() -> Desk:
    desk = offered()
    desk.tell(events.CallAnswered(moment(5), C1, A1))
    return desk


def tells_nothing(desk: Desk, event: events.Event) -> bool:
    before = desk.dispatcher.view()
    decision = desk.tell(event)
    return (decision.commands, decision.journal) == ((), ()) and desk.dispatcher.view() == before


def is_counted(desk: Desk, event: events.Event, machine: str, state: str) -> bool:
    """Nothing changes, and it is written down as what fits nothing."""
    before = desk.dispatcher.view()
    (entry,) = desk.tell(event).journal
    told = isinstance(entry, Unexpected) and (entry.machine, entry.state, entry.input)
    return told == (machine, state, type(event).__name__) and desk.dispatcher.view() == before


# ---- Of calls ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "event",
    [
        holding("c9", 5),
        events.CallEnded(moment(5), CallId("c9"), 16),
        events.CallAnswered(moment(5), CallId("c9"), A1),
        events.RecordingBegan(moment(5), CallId("c9"), None, "/a.wav"),
    ],
    ids=lambda event: type(event).__name__,
)
def test_a_call_that_nobody_knows_is_counted_and_nothing_else(event: events.Event) -> None:
    desk = open_desk()
    assert is_counted(desk, event, "call", "unknown")
    assert [entry.subject for entry in desk.journal(Unexpected)] == ["c9"]


def test_a_recording_of_a_dial_that_nobody_knows_is_counted_too() -> None:
    event, desk = events.RecordingBegan(moment(5), None, FIRST, "/a.wav"), open_desk()
    assert is_counted(desk, event, "call", "unknown")
    assert [entry.subject for entry in desk.journal(Unexpected)] == [FIRST]


def test_what_fits_nothing_in_the_state_of_a_call_is_counted() -> None:
    desk = open_desk()
    desk.tell(arrived("c1", 1))
    assert is_counted(desk, events.AgentRang(moment(2), C1, A1, LEG), "call", "arrived")
    assert is_counted(desk, events.CallTransferred(moment(2), C1, A1), "call", "arrived")


def test_he_comes_to_a_watched_queue_from_a_line_of_ours_twice_and_is_one_call() -> None:
    desk = open_desk()
    desk.tell(arrived("c1", 1))
    desk.tell(arrived("c1", 1))
    assert len(desk.journal(CallOffered)) == 1


def test_a_ring_of_a_phone_that_nobody_was_given_to_is_counted() -> None:
    desk = offered(2)
    assert is_counted(desk, events.AgentRang(moment(2), C1, A2, LEG), "call", "offered")
    assert is_counted(desk, events.AgentRang(moment(2), C1, NOBODY, LEG), "call", "offered")


def test_a_ring_that_is_told_twice_is_one_ring() -> None:
    desk = offered()
    for channel in (LEG, ChannelName("PJSIP/1001-2")):
        desk.tell(events.AgentRang(moment(2), C1, A1, channel))
    assert desk.dispatcher.centre.agents[A1].leg == LEG
    assert len(desk.journal(OfferRang)) == 1


def test_the_end_of_an_older_offer_does_not_end_the_present_one() -> None:
    desk = offered()
    late = events.CallHolding(moment(3), C1, OfferId("c1/1.0"), OfferResult.NO_ANSWER)
    assert tells_nothing(desk, late)
    assert tells_nothing(desk, events.CallHolding(moment(3), C1))
    assert desk.journal(OfferEnded) == []


def test_a_redirect_that_was_not_answered_may_have_been_done_so_the_ring_time_decides() -> None:
    desk = offered()
    refused = events.OfferRefused(moment(2), OfferId("c1/1.1"), "timeout", outcome_known=False)
    assert tells_nothing(desk, refused)
    older = events.OfferRefused(moment(2), OfferId("c1/1.0"), "no such channel")
    assert tells_nothing(desk, older)
    gone = events.OfferRefused(moment(2), OfferId("c9/1.1"), "no such channel")
    assert tells_nothing(desk, gone)


def test_the_ring_time_of_an_offer_is_over_while_the_pbx_is_not_seen_and_nobody_is_taken_back() -> None:
    desk = offered()
    desk.tell(events.PbxLost(moment(2)))
    assert tells_nothing(desk, events.TimePassed(moment(600)))


def test_who_is_held_back_and_hangs_up_is_not_offered_when_his_moment_has_come() -> None:
    desk = offered()
    desk.tell(events.OfferRefused(moment(2), OfferId("c1/1.1"), "no such channel"))
    assert [call.state.value for call in desk.dispatcher.view().calls] == ["held_back"]
    desk.tell(events.CallEnded(moment(2.5), C1, 16))
    desk.tell(events.TimePassed(moment(9)))
    assert desk.dispatcher.view().calls == ()
    assert len(desk.journal(CallFinished)) == 1


# ---- Of agents -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "event",
    [
        events.AgentDeviceChanged(moment(5), NOBODY, DeviceState.IDLE),
        events.AgentDeviceChanged(moment(5), A1, DeviceState.IDLE),
        events.AgentPhoneUsed(moment(5), NOBODY, in_use=True),
        events.AgentPhoneUsed(moment(5), A1, in_use=False),
        events.AgentLoggedIn(moment(5), A1),
        events.AgentUnpaused(moment(5), NOBODY),
        events.AgentUnpaused(moment(5), A1),
        events.AgentWrapUpEnded(moment(5), NOBODY),
        events.AgentWrapUpEnded(moment(5), A1),
        events.AgentLegEnded(moment(5), NOBODY, LEG, None),
        events.AgentLegEnded(moment(5), A1, LEG, C1),
        events.FallbackMemberChanged(moment(5), NOBODY, is_member=True),
        events.MessageWanted(moment(5), NOBODY, LEG),
        events.RedialWanted(moment(5), NOBODY, LEG, "1.1", NUMBER),
    ],
    ids=lambda event: f"{type(event).__name__} {event.agent}",
)
def test_what_is_so_already_or_of_nobody_changes_nothing(event: events.Event) -> None:
    assert tells_nothing(open_desk(), event)


@pytest.mark.parametrize(
    ("event", "state"),
    [
        (events.AgentLoggedIn(moment(5), NOBODY), "unknown"),
        (events.AgentLoggedOut(moment(5), NOBODY), "unknown"),
        (events.AgentPaused(moment(5), NOBODY, "lunch"), "logged_out"),
        (events.AgentDisposed(moment(5), NOBODY, Disposition.REACHED), "nothing to dispose of"),
        (events.AgentDisposed(moment(5), A1, Disposition.REACHED), "nothing to dispose of"),
    ],
    ids=lambda one: type(one).__name__ if not isinstance(one, str) else one,
)
def test_what_an_unknown_agent_does_is_counted(event: events.Event, state: str) -> None:
    assert is_counted(open_desk(), event, "agent", state)


def test_who_is_out_cannot_go_out_or_pause_once_more() -> None:
    desk = open_desk()
    desk.tell(events.AgentLoggedOut(moment(1), A1))
    assert tells_nothing(desk, events.AgentLoggedOut(moment(2), A1))
    assert is_counted(desk, events.AgentPaused(moment(3), A1, "lunch"), "agent", "logged_out")


def test_an_older_leg_of_his_phone_that_ends_does_not_end_his_conversation() -> None:
    desk = offered()
    desk.tell(events.AgentRang(moment(2), C1, A1, LEG))
    desk.tell(events.CallAnswered(moment(5), C1, A1))
    assert tells_nothing(desk, events.AgentLegEnded(moment(6), A1, ChannelName("PJSIP/1001-0"), C1))
    desk.tell(events.AgentLegEnded(moment(7), A1, LEG, C1))
    assert desk.dispatcher.view().agents[0].state.value == "wrap_up"


def test_a_leg_of_another_call_of_his_does_not_end_his_conversation() -> None:
    desk = talking()
    assert tells_nothing(desk, events.AgentLegEnded(moment(6), A1, LEG, C2))


def test_his_leg_ends_before_it_is_told_why_and_the_next_one_is_his_too() -> None:
    desk = offered()
    desk.tell(events.AgentRang(moment(2), C1, A1, LEG))
    assert desk.dispatcher.centre.agents[A1].leg == LEG
    desk.tell(events.AgentLegEnded(moment(3), A1, LEG, C1))
    assert desk.dispatcher.centre.agents[A1].leg is None
    assert desk.dispatcher.view().agents[0].state.value == "offered"


def test_without_a_decline_pause_he_is_only_the_last_of_the_idle() -> None:
    desk = offered(2, decline_pause=0)
    declined = desk.tell(events.CallHolding(moment(3), C1, OfferId("c1/1.1"), OfferResult.DECLINED))
    assert [one.agent for one in declined.commands if isinstance(one, OfferCall)] == [A2]
    declined = desk.tell(events.CallHolding(moment(5), C1, OfferId("c1/1.2"), OfferResult.DECLINED))
    assert [one.agent for one in declined.commands if isinstance(one, OfferCall)] == [A1]


def test_a_wrap_up_that_is_over_takes_nothing_from_him_that_he_was_found_ringing_for() -> None:
    """The engine was away while his phone was rung again: his old rest's end comes in the middle of it."""
    desk = talking()
    desk.tell(events.CallEnded(moment(10), C1, 16))
    live = LiveCall(C2, LEG, moment(11), GENERAL_DID, NUMBER, LiveCallState.OFFERED, agent=A1)
    phone = LiveAgent(A1, DeviceState.RINGING, logged_in=True)
    desk.tell(PbxSnapshot(moment(12), (live,), (phone,)))
    assert desk.dispatcher.view().agents[0].state.value == "offered"
    desk.tell(events.TimePassed(moment(21)))
    assert desk.dispatcher.view().agents[0].state.value == "offered"
    assert desk.dispatcher.centre.agents[A1].call == C2


def test_the_wrap_up_of_an_agent_whom_the_settings_name_no_more_ends_for_nobody() -> None:
    desk = talking()
    desk.tell(events.CallEnded(moment(10), C1, 16))
    desk.tell(events.PolicyChanged(moment(11), replace(small_centre(1), agents={})))
    assert desk.dispatcher.view().agents == ()
    assert tells_nothing(desk, events.TimePassed(moment(30)))


def test_an_agent_who_is_gone_is_not_put_right_in_the_fallback_queue() -> None:
    desk = open_desk()
    desk.tell(events.FallbackMemberChanged(moment(1), A1, is_member=False))
    desk.tell(events.PolicyChanged(moment(2), replace(small_centre(1), agents={})))
    assert tells_nothing(desk, events.TimePassed(moment(9)))


# ---- Of recordings -------------------------------------------------------------------------------------


def test_the_recording_of_a_conversation_is_known_with_its_call() -> None:
    desk = talking()
    desk.tell(events.RecordingBegan(moment(6), C1, None, "/rec/c1.wav"))
    assert desk.journal(RecordingStarted) == [RecordingStarted(moment(6), C1, None, "/rec/c1.wav")]
    assert desk.dispatcher.centre.calls[C1].recording == "/rec/c1.wav"


@pytest.mark.parametrize(("seconds", "left"), [(None, ""), (3, "/rec/c1.wav")])
def test_a_recording_that_is_not_there_is_told_and_a_part_of_it_is_kept(
    seconds: int | None, left: str
) -> None:
    desk = talking()
    desk.tell(events.RecordingBegan(moment(6), C1, None, "/rec/c1.wav"))
    desk.tell(events.RecordingLost(moment(9), C1, None, "/rec/c1.wav", seconds))
    assert desk.journal(RecordingMissed) == [RecordingMissed(moment(9), C1, None, "/rec/c1.wav", seconds)]
    assert desk.dispatcher.centre.calls[C1].recording == left


def test_a_recording_that_is_not_there_is_told_also_when_its_conversation_is_over() -> None:
    desk = open_desk()
    for call, attempt in ((C1, None), (None, FIRST)):
        desk.tell(events.RecordingLost(moment(9), call, attempt, "/rec/a.wav", None))
    assert [one.call for one in desk.journal(RecordingMissed)] == [C1, None]


# ---- Of what is owed -----------------------------------------------------------------------------------


def test_what_is_said_of_an_obligation_that_is_closed_changes_nothing() -> None:
    shift = dialled()
    shift.tell(arrived("c2", 20, number="+79160000002"))
    for event in (
        events.ObligationDue(moment(21), ObligationId("ob-c9")),
        events.DispositionGiven(moment(21), ObligationId("ob-c9"), Disposition.REACHED, "7"),
        events.ObligationCloseRequested(moment(21), ObligationId("ob-c9"), "7", "done"),
        events.AttemptVoice(moment(21), AttemptId("ob-c9.1.1"), heard=True),
    ):
        assert tells_nothing(shift, event), event


def test_what_was_reached_is_said_once_nobody_was_is_not_said_at_all() -> None:
    shift = dialled()
    assert tells_nothing(shift, events.DispositionGiven(moment(20), OB1, Disposition.REACHED, "7"))
    assert shift.state() is ObligationState.CLAIMED
    shift.fail(30, ContactResult.NO_ANSWER)
    shift.tell(events.AttemptVoice(moment(31), FIRST, heard=True))
    assert shift.journal(VoiceNoted) == [VoiceNoted(moment(31), FIRST, True)]
    assert shift.dispatcher.centre.obligations[OB1].heard is None


def test_he_gets_through_while_the_agent_has_yet_to_say_whom_he_reached_and_nothing_waits_for_it() -> None:
    shift = dialled()
    shift.reach(30)
    shift.tell(arrived("c2", 45))
    shift.tell(holding("c2", 45))
    shift.tell(events.TimePassed(moment(51)))
    shift.tell(events.CallAnswered(moment(52), C2, A1))
    assert shift.closed == [("got_through", moment(30))]
    assert [one for one in shift.tell(events.TimePassed(moment(400))).journal if one] == []


def test_who_is_offered_the_menu_only_once_and_is_answered_before_it_is_not_disturbed() -> None:
    policy = small_centre(1)
    lines = {did: replace(line, choice=True) for did, line in policy.lines.items()}
    choice = replace(policy.choice, after=moment(240) - moment(0))
    desk = Desk(replace(policy, lines=lines, choice=choice))
    desk.open()
    desk.tell(arrived("c1", 1))
    desk.tell(holding("c1", 1))
    desk.tell(events.CallAnswered(moment(5), C1, A1))
    assert tells_nothing(desk, events.TimePassed(moment(300)))


def test_a_consent_told_by_the_trace_of_a_call_that_was_answered_is_no_choice_any_more() -> None:
    desk = talking()
    choice = events.ChoiceMade(moment(3), C1, Choice.CALLBACK)
    ended = EndedCall(C1, moment(1), GENERAL_DID, NUMBER, moment(60), answered_at=moment(5), choice=choice)
    desk.tell(events.PbxLost(moment(20)))
    desk.tell(PbxSnapshot(moment(61), (), (), ended=(ended,)))
    (finished,) = desk.journal(CallFinished)
    assert isinstance(finished, CallFinished)
    assert finished.outcome.value == "answered"


def test_two_phones_ring_for_one_resident_in_the_fallback_queue_and_the_end_of_one_leaves_him_to_the_other() -> (
    None
):
    desk = open_desk(2)
    desk.tell(arrived("c1", 1))
    desk.tell(events.CallFellBack(moment(2), C1))
    for agent in (A1, A2):
        desk.tell(events.AgentRang(moment(3), C1, agent, ChannelName(f"PJSIP/{agent}-1")))
    centre = desk.dispatcher.centre
    assert centre.returning == {}
    desk.tell(events.AgentRingEnded(moment(9), C1, A1, OfferResult.NO_ANSWER))
    assert (centre.returning, set(centre.calls[C1].rings)) == ({}, {A2})
    desk.tell(events.AgentRingEnded(moment(10), C1, A2, OfferResult.NO_ANSWER))
    assert set(centre.returning) == {C1}


def test_he_is_fetched_back_from_a_colleague_who_speaks_with_another_but_not_twice() -> None:
    """1001 answers c2 in Asterisk's own queue while we ring him for c1."""
    desk = offered()
    desk.tell(arrived("c2", 2, number="+79160000002"))
    desk.tell(events.CallFellBack(moment(3), C2))
    decision = desk.tell(events.CallAnswered(moment(4), C2, A1))
    assert [one.call for one in decision.commands if isinstance(one, ReturnToHold)] == [C1]
    assert [one.state.value for one in desk.dispatcher.view().calls] == ["held_back", "talking"]
