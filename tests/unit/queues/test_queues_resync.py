"""The link was lost and is back: what the look at the PBX finds, against what we believed of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from queues.messages import events
from queues.messages.commands import EraseInboxEntry, FetchFromFallback, OfferCall, RefuseCall
from queues.messages.decision import Decision
from queues.messages.events import DeviceState, LiveAgent, LiveCall, LiveCallState, OfferResult, PbxSnapshot
from queues.messages.journal import (
    CallConnected,
    CallMovedToFallback,
    CallOffered,
    CallQueued,
    ChoiceTaken,
    LinkLost,
    LinkRestored,
    OfferEnded,
    OwnCallRefused,
)
from queues.messages.snapshot import KnownCall
from queues.terms.identifiers import AgentId, CallId, ChannelName, OfferId
from queues.terms.outcomes import Choice
from queues.terms.phone import Phone
from tests.support.centre import GENERAL, GENERAL_DID, Desk, arrived, holding, moment, small_centre
from tests.unit.queues.test_queues_pbx_queue import seen, watching

A1, A2, NOBODY = AgentId("1001"), AgentId("1002"), AgentId("9999")
C1, C2 = CallId("c1"), CallId("c2")
TRUNK = ChannelName("PJSIP/trunk-c1")
NUMBER = Phone("+79161234567")
FIRST = OfferId("c1/1.1")


def phone(agent: AgentId = A1, device: DeviceState = DeviceState.IDLE, **more: object) -> LiveAgent:
    return LiveAgent(agent, device, **{"logged_in": True, **more})


def found(state: LiveCallState, call: CallId = C1, **more: object) -> LiveCall:
    return LiveCall(call, TRUNK, moment(1), GENERAL_DID, NUMBER, state, **more)


def open_desk(agents: int = 1) -> Desk:
    desk = Desk(small_centre(agents))
    desk.open()
    return desk


def offered(agents: int = 1) -> Desk:
    """c1 rings at 1001's phone."""
    desk = open_desk(agents)
    desk.tell(arrived("c1", 1))
    desk.tell(holding("c1", 1))
    return desk


def talking(agents: int = 1) -> Desk:
    desk = offered(agents)
    desk.tell(events.CallAnswered(moment(5), C1, A1))
    return desk


def look(
    desk: Desk, *calls: LiveCall, phones: tuple[LiveAgent, ...] = (), at: float = 20, **more: object
) -> Decision:
    desk.tell(events.PbxLost(moment(at - 5)))
    return desk.tell(PbxSnapshot(moment(at), calls, phones, **more))


def states(desk: Desk) -> dict[str, str]:
    return {call.call: call.state.value for call in desk.dispatcher.view().calls}


def agents(desk: Desk) -> dict[str, str]:
    return {agent.agent: agent.state.value for agent in desk.dispatcher.view().agents}


def offers(decision: Decision) -> list[tuple[str, str]]:
    return [(one.call, one.agent) for one in decision.commands if isinstance(one, OfferCall)]


# ---- The link ------------------------------------------------------------------------------------------


def test_that_the_link_is_lost_and_back_is_told_once_each() -> None:
    desk = open_desk()
    desk.tell(events.PbxLost(moment(1)))
    desk.tell(events.PbxLost(moment(2)))
    assert desk.journal(LinkLost) == [LinkLost(moment(1))]
    desk.tell(PbxSnapshot(moment(9), (), ()))
    assert desk.journal(LinkRestored) == [LinkRestored(moment(0)), LinkRestored(moment(9))]


def test_while_what_happened_during_the_look_is_told_nobody_is_offered() -> None:
    desk = open_desk()
    waits = look(desk, found(LiveCallState.HOLDING), phones=(phone(),), catching_up=True)
    assert offers(waits) == []
    assert offers(desk.tell(events.PbxCaughtUp(moment(21)))) == [(C1, A1)]


def test_a_phone_that_the_settings_do_not_know_is_nobodys() -> None:
    desk = open_desk()
    look(desk, phones=(phone(NOBODY), phone()))
    assert agents(desk) == {A1: "free"}


# ---- Residents on the line -------------------------------------------------------------------------------


def test_who_came_while_we_were_away_counts_from_his_arrival_and_is_served() -> None:
    desk = open_desk()
    decision = look(desk, found(LiveCallState.HOLDING), phones=(phone(),))
    (entry,) = desk.journal(CallOffered)
    assert isinstance(entry, CallOffered)
    assert (entry.at, entry.arrived_at, entry.number) == (moment(20), moment(1), NUMBER)
    assert desk.journal(CallQueued) == [CallQueued(moment(20), C1)]
    assert offers(decision) == [(C1, A1)]


def test_who_came_to_a_watched_queue_while_we_were_away_is_seen_there_since_he_joined_it() -> None:
    desk = Desk(watching())
    desk.open()
    look(desk, found(LiveCallState.WATCHED, watched=GENERAL, queued_at=moment(3)))
    assert states(desk) == {C1: "watched"}
    assert desk.journal(CallQueued) == [CallQueued(moment(3), C1)]
    look(desk, found(LiveCallState.WATCHED, watched=GENERAL, queued_at=moment(3)), at=40)
    assert len(desk.journal(CallQueued)) == 1


def test_whose_time_in_a_watched_queue_nobody_tells_waits_there_since_he_was_found() -> None:
    desk = Desk(watching())
    desk.open()
    look(desk, found(LiveCallState.WATCHED, watched=GENERAL))
    assert desk.journal(CallQueued) == [CallQueued(moment(20), C1)]


def test_who_left_a_watched_queue_while_we_were_away_is_in_it_no_more() -> None:
    desk = Desk(watching())
    desk.open()
    desk.tell(seen(4))
    look(desk, found(LiveCallState.LEFT_QUEUE, watched=GENERAL))
    assert states(desk) == {C1: "left_queue"}
    desk.tell(events.QueueJoined(moment(25), C1))
    assert states(desk) == {C1: "watched"}
    look(desk, found(LiveCallState.LEFT_QUEUE, watched=GENERAL), at=40)
    assert states(desk) == {C1: "left_queue"}


@pytest.mark.parametrize("state", [LiveCallState.ARRIVING, LiveCallState.LEAVING])
def test_what_he_chose_while_we_were_away_is_his_consent(state: LiveCallState) -> None:
    desk = open_desk(0)
    desk.tell(arrived("c1", 1))
    desk.tell(holding("c1", 1))
    chosen = events.ChoiceMade(moment(12), C1, Choice.CALLBACK)
    look(desk, found(state, choice=chosen))
    assert desk.journal(ChoiceTaken) == [ChoiceTaken(moment(12), C1, Choice.CALLBACK, None)]
    assert states(desk) == {C1: "leaving"}
    look(desk, found(state, choice=chosen), at=40)
    assert len(desk.journal(ChoiceTaken)) == 1


def test_who_is_still_arriving_and_chose_nothing_stays_where_he_is() -> None:
    desk = open_desk(0)
    desk.tell(arrived("c1", 1))
    look(desk, found(LiveCallState.ARRIVING))
    assert states(desk) == {C1: "arrived"}
    assert desk.journal(ChoiceTaken) == []


def test_whose_offer_ended_while_we_were_away_waits_and_is_offered_anew() -> None:
    desk = offered()
    decision = look(desk, found(LiveCallState.HOLDING), phones=(phone(),))
    assert desk.journal(OfferEnded) == [OfferEnded(moment(20), FIRST, OfferResult.UNKNOWN)]
    assert offers(decision) == [(C1, A1)]
    assert desk.dispatcher.centre.calls[C1].offer == "c1/1.2"


def test_who_waits_and_waited_keeps_his_place_and_the_time_he_was_held_back_is_over() -> None:
    desk = offered()
    desk.tell(events.OfferRefused(moment(2), FIRST, "no such channel"))
    assert states(desk) == {C1: "held_back"}
    decision = look(desk, found(LiveCallState.HOLDING), phones=(phone(),), at=2.5)
    assert offers(decision) == [(C1, A1)]
    desk.tell(events.CallAnswered(moment(2.8), C1, A1))
    assert desk.dispatcher.next_wakeup() is None


# ---- Residents for whom a phone rings ----------------------------------------------------------------------


def test_the_offer_that_is_found_as_it_was_goes_on_and_has_its_whole_ring_time_again() -> None:
    desk = offered()
    ringing = phone(device=DeviceState.RINGING)
    look(desk, found(LiveCallState.OFFERED, agent=A1, offer=FIRST), phones=(ringing,))
    assert (states(desk), agents(desk)) == ({C1: "offered"}, {A1: "offered"})
    assert desk.journal(OfferEnded) == []
    ring_time = desk.policy.queues[GENERAL].ring_time
    assert desk.dispatcher.next_wakeup() == moment(25) + ring_time


def test_a_ring_for_him_that_we_did_not_order_is_believed() -> None:
    desk = offered(2)
    another = OfferId("c1/9.1")
    phones = (phone(), phone(A2, DeviceState.RINGING))
    look(desk, found(LiveCallState.OFFERED, agent=A2, offer=another), phones=phones)
    assert desk.journal(OfferEnded) == [OfferEnded(moment(20), FIRST, OfferResult.UNKNOWN)]
    assert agents(desk) == {A1: "free", A2: "offered"}
    call = desk.dispatcher.centre.calls[C1]
    assert (call.offer, call.agent) == (another, A2)
    ring_time = desk.policy.queues[GENERAL].ring_time
    assert desk.dispatcher.next_wakeup() == moment(25) + ring_time
    desk.tell(events.CallAnswered(moment(22), C1, A2))
    (connected,) = desk.journal(CallConnected)
    assert isinstance(connected, CallConnected)
    assert (connected.agent, connected.offer) == (A2, another)


@pytest.mark.parametrize("agent", [NOBODY, None, A1])
def test_a_ring_whose_phone_is_nobodys_or_another_conversations_is_his_alone(agent: AgentId | None) -> None:
    """1001 speaks with c1; c2 is found ringing at his phone, at none that we know, or at a stranger's."""
    desk = talking()
    calls = (found(LiveCallState.TALKING, agent=A1), found(LiveCallState.OFFERED, C2, agent=agent))
    look(desk, *calls, phones=(phone(device=DeviceState.BUSY),))
    assert (states(desk), agents(desk)) == ({C1: "talking", C2: "offered"}, {A1: "talking"})
    call = desk.dispatcher.centre.calls[C2]
    assert (call.agent, call.offer) == (None, "c2/1.0")
    desk.tell(events.TimePassed(moment(25) + desk.policy.queues[GENERAL].ring_time))
    assert states(desk)[C2] == "held_back"


def test_who_is_found_ringing_again_after_he_waited_stands_in_no_line_meanwhile() -> None:
    desk = open_desk()
    desk.tell(events.AgentPaused(moment(0), A1, "lunch"))
    desk.tell(arrived("c1", 1))
    desk.tell(holding("c1", 1))
    look(desk, found(LiveCallState.OFFERED, agent=NOBODY, offer=OfferId("c1/9.1")), phones=(phone(),))
    assert C1 not in desk.dispatcher.centre.waiters
    assert agents(desk) == {A1: "free"}


# ---- Residents in the fallback queue -----------------------------------------------------------------------


def test_who_is_found_in_asterisks_queue_is_taken_back_and_what_rang_there_rings_no_more() -> None:
    desk = open_desk(2)
    desk.tell(arrived("c1", 1))
    desk.tell(events.CallFellBack(moment(2), C1))
    for agent in (A1, A2):
        desk.tell(events.AgentRang(moment(3), C1, agent, ChannelName(f"PJSIP/{agent}-1")))
    phones = (phone(), phone(A2, DeviceState.RINGING))
    decision = look(desk, found(LiveCallState.FALLBACK, agent=A2), phones=phones)
    assert [one.call for one in decision.commands if isinstance(one, FetchFromFallback)][:1] == [C1]
    assert agents(desk) == {A1: "free", A2: "offered"}
    assert set(desk.dispatcher.centre.calls[C1].rings) == {A2}
    assert len(desk.journal(CallMovedToFallback)) == 1
    ended = [(one.offer, one.result) for one in desk.journal(OfferEnded) if isinstance(one, OfferEnded)]
    assert ended == [("c1/1.1", OfferResult.UNKNOWN), ("c1/1.2", OfferResult.UNKNOWN)]


def test_whom_the_dialplan_took_there_while_we_were_away_is_served_by_the_fallback() -> None:
    desk = offered()
    look(desk, found(LiveCallState.FALLBACK), phones=(phone(),))
    assert states(desk) == {C1: "fallback"}
    assert desk.journal(CallMovedToFallback) == [CallMovedToFallback(moment(20), C1)]
    assert desk.journal(OfferEnded) == [OfferEnded(moment(20), FIRST, OfferResult.UNKNOWN)]


# ---- Calls of our own --------------------------------------------------------------------------------------


def test_a_call_of_our_own_number_that_is_still_there_is_refused_once_more() -> None:
    desk = open_desk()
    desk.tell(arrived("c1", 1, number="84951234501"))
    decision = look(
        desk, replace(found(LiveCallState.HOLDING), number=Phone("84951234501")), phones=(phone(),)
    )
    assert [one.call for one in decision.commands if isinstance(one, RefuseCall)] == [C1]
    assert (states(desk), len(desk.journal(OwnCallRefused))) == ({C1: "own"}, 1)
    assert desk.journal(CallOffered) == []


def test_a_number_that_is_ours_no_more_is_a_residents_and_counts() -> None:
    desk = open_desk()
    desk.tell(arrived("c1", 1, number="84951234501"))
    policy = desk.dispatcher.centre.policy
    none = replace(policy, callbacks=replace(policy.callbacks, own_numbers=frozenset()))
    desk.tell(events.PolicyChanged(moment(5), none))
    decision = look(
        desk, replace(found(LiveCallState.HOLDING), number=Phone("84951234501")), phones=(phone(),)
    )
    assert len(desk.journal(CallOffered)) == 1
    assert offers(decision) == [(C1, A1)]


def test_what_the_dialplan_wrote_of_a_call_that_an_earlier_run_only_watched_is_erased_with_its_end() -> None:
    """It has come to a line of ours since."""
    desk = open_desk(0)
    known = KnownCall(C1, moment(-30), GENERAL_DID, NUMBER, watched=True)
    desk.tell(events.LedgerRestored(moment(1), (known,)))
    desk.tell(arrived("c1", 2))
    ended = desk.tell(events.CallEnded(moment(9), C1, 16))
    assert [one.call for one in ended.commands if isinstance(one, EraseInboxEntry)] == [C1]
