"""The way of a call through the dispatcher, told as a resident and an agent live it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from queues.messages import events
from queues.messages.commands import EraseInboxEntry, OfferCall, PauseAgent, ReturnToHold
from queues.messages.decision import Decision
from queues.messages.events import DeviceState, LiveAgent, LiveCall, LiveCallState, OfferResult, PbxSnapshot
from queues.messages.journal import (
    AgentState,
    AgentStateChanged,
    CallConnected,
    CallFinished,
    CallMovedToFallback,
    CallOffered,
    OfferEnded,
    OfferMade,
    Outcome,
    ServedBy,
    Unexpected,
)
from queues.terms.identifiers import AgentId, CallId, ChannelName, Did, Endpoint, OfferId
from queues.terms.phone import Phone
from tests.support.centre import EMERGENCY_DID, GENERAL_DID, Desk, arrived, holding, moment, small_centre

A1, A2 = AgentId("1001"), AgentId("1002")
C1, C2, C3 = CallId("c1"), CallId("c2"), CallId("c3")
LEG = ChannelName("PJSIP/1001-00000001")


def ring_and_answer(desk: Desk, call: CallId, agent: AgentId, at: float) -> None:
    leg = ChannelName(f"PJSIP/{agent}-{call}")
    desk.tell(events.AgentRang(moment(at), call, agent, leg))
    desk.tell(events.AgentDeviceChanged(moment(at), agent, DeviceState.RINGING))
    desk.tell(events.CallAnswered(moment(at + 1), call, agent))
    desk.tell(events.AgentDeviceChanged(moment(at + 1), agent, DeviceState.BUSY))


def hang_up(desk: Desk, call: CallId, agent: AgentId, at: float) -> None:
    desk.tell(events.CallEnded(moment(at), call, 16))
    desk.tell(events.AgentLegEnded(moment(at), agent, ChannelName(f"PJSIP/{agent}-{call}"), call))
    desk.tell(events.AgentDeviceChanged(moment(at), agent, DeviceState.IDLE))


def offers_in(desk: Desk) -> list[tuple[str, str]]:
    return [
        (command.call, command.agent)
        for decision in desk.decisions
        for command in decision.commands
        if isinstance(command, OfferCall)
    ]


def test_a_resident_is_offered_at_once_to_the_longest_idle_agent_and_answered() -> None:
    desk = Desk(small_centre())
    desk.open()
    assert desk.tell(arrived("c1", 1)).commands == ()
    decision = desk.tell(holding("c1", 1.2))
    assert decision.commands == (
        OfferCall(
            offer=OfferId("c1/1.1"),
            call=C1,
            channel=ChannelName("PJSIP/trunk-c1"),
            agent=A1,
            endpoint=desk.policy.agents[A1].endpoint,
            ring_time=timedelta(seconds=20),
            label="Север: общая",
        ),
    )
    ring_and_answer(desk, C1, A1, 1.3)
    hang_up(desk, C1, A1, 60)
    assert desk.journal(CallConnected) == [
        CallConnected(moment(2.3), C1, A1, OfferId("c1/1.1"), ServedBy.ENGINE)
    ]
    assert desk.journal(CallFinished) == [CallFinished(moment(60), C1, Outcome.ANSWERED, ServedBy.ENGINE, 16)]
    assert desk.decisions[-3].commands == (EraseInboxEntry(C1),)


def test_wrap_up_ends_by_time_and_the_waiting_resident_is_offered_then() -> None:
    desk = Desk(small_centre(1))
    desk.open()
    desk.tell(arrived("c1", 1))
    desk.tell(holding("c1", 1))
    ring_and_answer(desk, C1, A1, 1)
    desk.tell(arrived("c2", 5))
    assert desk.tell(holding("c2", 5)).commands == ()
    hang_up(desk, C1, A1, 30)
    assert desk.dispatcher.next_wakeup() == moment(40)
    assert offers_in(desk) == [("c1", "1001")]
    desk.tell(events.TimePassed(moment(40)))
    assert offers_in(desk) == [("c1", "1001"), ("c2", "1001")]


def test_wrap_up_ended_by_hand() -> None:
    desk = Desk(small_centre(1))
    desk.open()
    desk.tell(arrived("c1", 1))
    desk.tell(holding("c1", 1))
    ring_and_answer(desk, C1, A1, 1)
    hang_up(desk, C1, A1, 30)
    desk.tell(events.AgentWrapUpEnded(moment(31), A1))
    assert desk.dispatcher.view().agents[0].state is AgentState.FREE
    assert desk.dispatcher.next_wakeup() is None


def test_without_wrap_up_he_is_offered_the_next_call_when_his_phone_is_free() -> None:
    desk = Desk(small_centre(1, wrap_up=0))
    desk.open()
    for name in ("c1", "c2"):
        desk.tell(arrived(name, 1))
        desk.tell(holding(name, 1))
    ring_and_answer(desk, C1, A1, 1)
    desk.tell(events.CallEnded(moment(9), C1, 16))
    assert offers_in(desk) == [("c1", "1001")]
    desk.tell(events.AgentDeviceChanged(moment(9), A1, DeviceState.IDLE))
    assert offers_in(desk) == [("c1", "1001"), ("c2", "1001")]


def test_declined_the_next_agent_rings_and_the_resident_keeps_his_place() -> None:
    desk = Desk(small_centre(2))
    desk.open()
    desk.tell(events.AgentDeviceChanged(moment(0), A2, DeviceState.BUSY))
    for at, name in enumerate(("c1", "c2", "c3")):
        desk.tell(arrived(name, at))
        desk.tell(holding(name, at))
    assert offers_in(desk) == [("c1", "1001")]
    desk.tell(events.CallHolding(moment(5), C1, OfferId("c1/1.1"), OfferResult.DECLINED))
    assert offers_in(desk) == [("c1", "1001")]
    desk.tell(events.AgentDeviceChanged(moment(6), A2, DeviceState.IDLE))
    assert offers_in(desk)[-1] == ("c1", "1002")
    # The decline pause over, the one who declined is offered the next in line.
    desk.tell(events.TimePassed(moment(10)))
    assert offers_in(desk)[-1] == ("c2", "1001")
    assert desk.journal(OfferEnded) == [OfferEnded(moment(5), OfferId("c1/1.1"), OfferResult.DECLINED)]


def rings_in_vain(desk: Desk, n: int, at: float, result: OfferResult) -> Decision:
    """The n-th offer of the one waiting caller to the one agent comes back; his decline pause (5 s) passes."""
    decision = desk.tell(events.CallHolding(moment(at), C1, OfferId(f"c1/1.{n}"), result))
    desk.tell(events.TimePassed(moment(at + 5)))
    return decision


def test_two_offers_missed_in_a_row_pause_the_agent_until_he_is_back() -> None:
    desk = Desk(small_centre(1))
    desk.open()
    desk.tell(arrived("c1", 0))
    desk.tell(holding("c1", 0))
    first = rings_in_vain(desk, 1, 20, OfferResult.NO_ANSWER)
    assert not [command for command in first.commands if isinstance(command, PauseAgent)]
    second = rings_in_vain(desk, 2, 45, OfferResult.NO_ANSWER)
    assert PauseAgent(A1, Endpoint("PJSIP/1001"), "no answer") in second.commands
    agent = desk.dispatcher.view().agents[0]
    assert (agent.state, agent.pause_reason) == (AgentState.PAUSED, "no answer")
    assert len(offers_in(desk)) == 2
    desk.tell(events.AgentUnpaused(moment(60), A1))
    assert len(offers_in(desk)) == 3


def test_a_declined_offer_shows_that_somebody_is_there() -> None:
    desk = Desk(small_centre(1))
    desk.open()
    desk.tell(arrived("c1", 0))
    desk.tell(holding("c1", 0))
    rings_in_vain(desk, 1, 20, OfferResult.NO_ANSWER)
    rings_in_vain(desk, 2, 30, OfferResult.DECLINED)
    rings_in_vain(desk, 3, 55, OfferResult.NO_ANSWER)
    assert desk.dispatcher.view().agents[0].state is AgentState.OFFERED


def test_zero_never_pauses_an_agent() -> None:
    desk = Desk(replace(small_centre(1), missed_offers_before_pause=0))
    desk.open()
    desk.tell(arrived("c1", 0))
    desk.tell(holding("c1", 0))
    for n in range(1, 6):
        rings_in_vain(desk, n, 25 * n, OfferResult.NO_ANSWER)
    assert len(offers_in(desk)) == 6


def test_a_caller_gone_while_the_phone_rings_frees_the_agent_without_a_pause() -> None:
    desk = Desk(small_centre(1))
    desk.open()
    for name in ("c1", "c2"):
        desk.tell(arrived(name, 1))
        desk.tell(holding(name, 1))
    desk.tell(events.AgentRang(moment(1), C1, A1, LEG))
    desk.tell(events.AgentDeviceChanged(moment(1), A1, DeviceState.RINGING))
    desk.tell(events.CallEnded(moment(3), C1, 16))
    desk.tell(events.AgentDeviceChanged(moment(3), A1, DeviceState.IDLE))
    assert offers_in(desk) == [("c1", "1001"), ("c2", "1001")]
    assert [entry.outcome for entry in desk.journal(CallFinished) if isinstance(entry, CallFinished)] == [
        Outcome.ABANDONED
    ]
    assert desk.journal(OfferEnded) == [OfferEnded(moment(3), OfferId("c1/1.1"), OfferResult.CALLER_GONE)]


def test_an_agent_whose_phone_is_not_registered_or_who_is_logged_out_or_paused_is_never_offered_a_call() -> (
    None
):
    desk = Desk(small_centre(1))
    desk.open()
    desk.tell(events.AgentDeviceChanged(moment(0), A1, DeviceState.UNAVAILABLE))
    desk.tell(arrived("c1", 1))
    desk.tell(holding("c1", 1))
    assert offers_in(desk) == []
    desk.tell(events.AgentPaused(moment(2), A1, "lunch"))
    desk.tell(events.AgentDeviceChanged(moment(3), A1, DeviceState.IDLE))
    assert offers_in(desk) == []
    desk.tell(events.AgentLoggedOut(moment(4), A1))
    desk.tell(events.AgentUnpaused(moment(5), A1))
    assert offers_in(desk) == []
    desk.tell(events.AgentLoggedIn(moment(6), A1))
    assert offers_in(desk) == [("c1", "1001")]


def test_the_more_urgent_queue_goes_first_and_within_it_the_earlier_arrival() -> None:
    desk = Desk(small_centre(1))
    desk.open()
    desk.tell(events.AgentDeviceChanged(moment(0), A1, DeviceState.BUSY))
    desk.tell(arrived("c1", 1))
    desk.tell(arrived("c2", 2, did=EMERGENCY_DID))
    desk.tell(arrived("c3", 3, did=EMERGENCY_DID))
    for name in ("c3", "c2", "c1"):
        desk.tell(holding(name, 4))
    desk.tell(events.AgentDeviceChanged(moment(5), A1, DeviceState.IDLE))
    assert offers_in(desk) == [("c2", "1001")]


def test_a_refused_redirect_is_tried_again_and_given_up_after_three() -> None:
    desk = Desk(small_centre(1))
    desk.open()
    desk.tell(arrived("c1", 1))
    desk.tell(holding("c1", 1))
    for n in (1, 2, 3):
        desk.tell(events.OfferRefused(moment(2 * n), OfferId(f"c1/1.{n}"), "Channel does not exist"))
        desk.tell(events.TimePassed(moment(2 * n + 1)))
    assert desk.journal(CallFinished) == [CallFinished(moment(6), C1, Outcome.LOST, ServedBy.ENGINE)]
    assert desk.dispatcher.view().agents[0].state is AgentState.FREE


def test_a_refusal_told_after_the_answer_does_not_take_the_resident_from_his_agent() -> None:
    desk = Desk(small_centre(1))
    desk.open()
    desk.tell(arrived("c1", 1))
    desk.tell(holding("c1", 1))
    desk.tell(events.CallAnswered(moment(3), C1, A1))
    desk.tell(events.OfferRefused(moment(4), OfferId("c1/1.1"), "Channel does not exist"))
    view = desk.dispatcher.view()
    assert (view.calls[0].state, view.agents[0].state) == ("talking", AgentState.TALKING)


def test_no_word_about_a_ringing_phone_the_resident_is_taken_back_and_offered_again() -> None:
    desk = Desk(small_centre(1))
    desk.open()
    desk.tell(arrived("c1", 1))
    desk.tell(holding("c1", 1))
    assert desk.dispatcher.next_wakeup() == moment(26)
    decision = desk.tell(events.TimePassed(moment(26)))
    assert decision.commands == (ReturnToHold(C1, ChannelName("PJSIP/trunk-c1"), OfferId("c1/1.1")),)
    desk.tell(events.TimePassed(moment(27)))
    assert offers_in(desk) == [("c1", "1001"), ("c1", "1001")]


def test_an_answer_told_before_the_ring_and_told_twice_counts_once() -> None:
    desk = Desk(small_centre(1))
    desk.open()
    desk.tell(arrived("c1", 1))
    desk.tell(arrived("c1", 1))
    desk.tell(holding("c1", 1))
    desk.tell(holding("c1", 1))
    for _ in range(2):
        desk.tell(events.CallAnswered(moment(3), C1, A1))
    desk.tell(events.AgentRang(moment(3), C1, A1, LEG))
    desk.tell(events.CallEnded(moment(9), C1, 16))
    desk.tell(events.CallEnded(moment(9), C1, 16))
    assert (
        len(desk.journal(CallOffered))
        == len(desk.journal(CallConnected))
        == len(desk.journal(CallFinished))
        == 1
    )
    assert len(desk.journal(Unexpected)) == 1  # The second Hangup, of a call nobody knows any more.


def test_fallback_takes_the_resident_and_his_answer_there_is_counted_as_such() -> None:
    desk = Desk(small_centre(1))
    desk.open()
    desk.tell(arrived("c1", 1))
    desk.tell(holding("c1", 1))
    desk.tell(events.CallFellBack(moment(8), C1))
    desk.tell(events.CallAnswered(moment(9), C1, A1, by_fallback=True))
    desk.tell(events.CallEnded(moment(20), C1, 16))
    assert desk.journal(CallMovedToFallback) == [CallMovedToFallback(moment(8), C1)]
    assert desk.journal(CallFinished) == [
        CallFinished(moment(20), C1, Outcome.ANSWERED, ServedBy.FALLBACK, 16)
    ]


def test_nothing_is_offered_while_the_link_is_down_and_the_snapshot_settles_what_was_missed() -> None:
    desk = Desk(small_centre(2))
    desk.open()
    for at, name in enumerate(("c1", "c2", "c3")):
        desk.tell(arrived(name, at))
        desk.tell(holding(name, at))
    desk.tell(events.PbxLost(moment(10)))
    desk.tell(arrived("c4", 11))
    assert desk.tell(holding("c4", 11)).commands == ()
    live = LiveCall(
        CallId("c5"),
        ChannelName("PJSIP/trunk-c5"),
        moment(12),
        GENERAL_DID,
        Phone("1"),
        LiveCallState.HOLDING,
    )
    ended = events.EndedCall(CallId("c3"), moment(2), GENERAL_DID, Phone("2"), moment(14))
    missed = events.EndedCall(CallId("c6"), moment(13), GENERAL_DID, Phone("3"), moment(14), moment(13.5))
    phones = tuple(LiveAgent(agent, DeviceState.IDLE, logged_in=True) for agent in (A1, A2))
    decision = desk.tell(PbxSnapshot(moment(20), (live,), phones, (ended, missed)))
    outcomes = {
        entry.call: entry.outcome for entry in desk.journal(CallFinished) if isinstance(entry, CallFinished)
    }
    assert outcomes == {
        C1: Outcome.LOST,
        C2: Outcome.LOST,
        C3: Outcome.ABANDONED,
        CallId("c4"): Outcome.LOST,
        CallId("c6"): Outcome.ANSWERED,
    }
    assert [c.call for c in decision.commands if isinstance(c, OfferCall)] == [CallId("c5")]


def test_a_restarted_engine_takes_over_the_open_calls_of_the_ledger_without_counting_them_twice() -> None:
    desk = Desk(small_centre(1))
    known = events.KnownCall(C1, moment(-50), GENERAL_DID, Phone("1"), queued_at=moment(-50))
    talking = events.KnownCall(C2, moment(-90), GENERAL_DID, Phone("2"), answered_at=moment(-80), agent=A1)
    desk.tell(events.LedgerRestored(moment(0), (known, talking)))
    live = [
        LiveCall(C1, ChannelName("t1"), moment(-50), GENERAL_DID, Phone("1"), LiveCallState.HOLDING),
        LiveCall(
            C2, ChannelName("t2"), moment(-90), GENERAL_DID, Phone("2"), LiveCallState.TALKING, agent=A1
        ),
    ]
    phones = (LiveAgent(A1, DeviceState.BUSY, logged_in=True),)
    desk.tell(PbxSnapshot(moment(1), tuple(live), phones))
    assert desk.journal(CallOffered) == []
    assert desk.journal(CallConnected) == []
    assert desk.dispatcher.view().agents[0].state is AgentState.TALKING
    desk.tell(events.CallEnded(moment(5), C2, 16))
    desk.tell(events.AgentDeviceChanged(moment(5), A1, DeviceState.IDLE))
    desk.tell(events.TimePassed(moment(15)))
    assert offers_in(desk) == [("c1", "1001")]


def test_occupancy_is_told_by_the_states_in_order() -> None:
    desk = Desk(small_centre(1))
    desk.open()
    desk.tell(arrived("c1", 1))
    desk.tell(holding("c1", 1))
    ring_and_answer(desk, C1, A1, 1)
    hang_up(desk, C1, A1, 30)
    desk.tell(events.TimePassed(moment(40)))
    states = [
        entry.state for entry in desk.journal(AgentStateChanged) if isinstance(entry, AgentStateChanged)
    ]
    assert states == [
        AgentState.FREE,
        AgentState.OFFERED,
        AgentState.TALKING,
        AgentState.WRAP_UP,
        AgentState.FREE,
    ]
    assert len(desk.journal(OfferMade)) == 1


def test_an_unknown_did_is_served_all_the_same() -> None:
    desk = Desk(small_centre(1))
    desk.open()
    desk.tell(arrived("c1", 1, did=Did("12345")))
    desk.tell(holding("c1", 1))
    assert offers_in(desk) == [("c1", "1001")]
