"""The link was lost and is back: who talks with whom, who is there, and what the traces of ended calls tell."""

from __future__ import annotations

from dataclasses import replace

from queues.messages import events
from queues.messages.events import DeviceState, LiveCallState
from queues.messages.journal import (
    AgentState,
    AgentStateChanged,
    CallConnected,
    CallFinished,
    CallLeftQueue,
    CallQueued,
    OfferEnded,
    OfferMade,
    RecordingStarted,
)
from queues.messages.snapshot import EndedCall, KnownCall
from queues.terms.identifiers import AgentId, OfferId
from queues.terms.outcomes import OfferResult, QueueExit
from tests.support.centre import GENERAL, GENERAL_DID, Desk, arrived, holding, moment, small_centre
from tests.unit.queues.test_queues_pbx_queue import seen, watching
from tests.unit.queues.test_queues_resync import (
    A1,
    A2,
    C1,
    C2,
    FIRST,
    NUMBER,
    agents,
    found,
    look,
    offered,
    offers,
    open_desk,
    phone,
    states,
    talking,
)

# ---- Residents who talk ------------------------------------------------------------------------------------


def test_who_was_answered_while_we_were_away_was_answered_when_the_pbx_says() -> None:
    desk = offered()
    live = found(LiveCallState.TALKING, agent=A1, answered_at=moment(12), recording="/r/c1.wav")
    look(desk, live, phones=(phone(device=DeviceState.BUSY),))
    (connected,) = desk.journal(CallConnected)
    assert isinstance(connected, CallConnected)
    assert (connected.at, connected.agent, connected.offer) == (moment(12), A1, FIRST)
    assert desk.journal(RecordingStarted) == [RecordingStarted(moment(12), C1, None, "/r/c1.wav")]
    assert agents(desk) == {A1: "talking"}


def test_whose_answer_nobody_dated_was_answered_when_he_was_found() -> None:
    desk = offered()
    live = found(LiveCallState.TALKING, agent=A1, recording="/r/c1.wav")
    look(desk, live, phones=(phone(device=DeviceState.BUSY),))
    (connected,) = desk.journal(CallConnected)
    assert isinstance(connected, CallConnected)
    assert connected.at == moment(20)
    assert [one.at for one in desk.journal(RecordingStarted)] == [moment(20)]


def test_with_whom_he_talks_is_believed_of_us_where_the_pbx_does_not_tell() -> None:
    desk = talking()
    look(desk, found(LiveCallState.TALKING), phones=(phone(device=DeviceState.BUSY),))
    assert agents(desk) == {A1: "talking"}
    assert desk.dispatcher.view().calls[0].agent == A1


def test_with_whom_he_talks_the_pbx_knows_better() -> None:
    """He was passed on while we were away; whoever had him rests."""
    desk = talking(2)
    phones = (phone(), phone(A2, DeviceState.BUSY))
    look(desk, found(LiveCallState.TALKING, agent=A2), phones=phones)
    assert agents(desk) == {A1: "wrap_up", A2: "talking"}
    assert desk.dispatcher.view().calls[0].agent == A2
    desk.tell(events.CallEnded(moment(30), C1, 16))
    assert agents(desk) == {A1: "wrap_up", A2: "wrap_up"}


def test_a_colleague_who_has_him_now_gives_back_whom_we_had_offered_him() -> None:
    desk = talking(2)
    desk.tell(arrived("c2", 6, number="+79160000002"))
    desk.tell(holding("c2", 6))
    assert agents(desk) == {A1: "talking", A2: "offered"}
    calls = (
        found(LiveCallState.OFFERED, C2, agent=A2, offer=OfferId("c2/1.1")),
        found(LiveCallState.TALKING, agent=A2),
    )
    look(desk, *calls, phones=(phone(), phone(A2, DeviceState.BUSY)))
    assert agents(desk)[A2] == "talking"
    assert states(desk)[C2] == "held_back"


def test_caught_between_two_bridges_who_talks_is_not_put_into_the_line_again() -> None:
    desk = talking()
    look(desk, found(LiveCallState.HOLDING), phones=(phone(device=DeviceState.BUSY),))
    assert states(desk) == {C1: "talking"}
    desk.tell(events.CallEnded(moment(30), C1, 16))
    assert [one.outcome.value for one in desk.journal(CallFinished)] == ["answered"]


def test_whose_conversation_is_over_rests_by_his_calls_queue() -> None:
    desk = talking()
    look(desk, phones=(phone(),), ended=(EndedCall(C1, moment(1), GENERAL_DID, NUMBER, moment(17)),))
    assert agents(desk) == {A1: "wrap_up"}
    assert desk.dispatcher.next_wakeup() == moment(30)
    assert [(one.at, one.outcome.value) for one in desk.journal(CallFinished)] == [(moment(17), "answered")]


def test_the_recording_of_a_conversation_that_ended_meanwhile_is_told_by_its_trace() -> None:
    desk = talking()
    gone = EndedCall(
        C1, moment(1), GENERAL_DID, NUMBER, moment(17), answered_at=moment(5), recording="/r/c1.wav"
    )
    look(desk, phones=(phone(),), ended=(gone,))
    assert desk.journal(RecordingStarted) == [RecordingStarted(moment(5), C1, None, "/r/c1.wav")]
    desk = talking()
    look(desk, phones=(phone(),), ended=(replace(gone, recording=""),))
    assert desk.journal(RecordingStarted) == []


# ---- Agents ------------------------------------------------------------------------------------------------


def test_who_logged_in_while_we_were_away_is_the_last_of_the_idle() -> None:
    desk = open_desk(2)
    desk.tell(events.AgentLoggedOut(moment(1), A1))
    look(desk, phones=(phone(), phone(A2)))
    desk.tell(arrived("c1", 30))
    assert offers(desk.tell(holding("c1", 30))) == [(C1, A2)]


def test_who_was_in_all_the_time_keeps_his_place_among_the_idle() -> None:
    desk = open_desk(2)
    look(desk, phones=(phone(A2), phone()))
    desk.tell(arrived("c1", 30))
    assert offers(desk.tell(holding("c1", 30))) == [(C1, A1)]


def test_where_the_pbx_cannot_tell_who_is_in_what_we_know_stays() -> None:
    desk = open_desk()
    look(desk, phones=(phone(logged_in=None),))
    assert agents(desk) == {A1: "free"}


def test_who_is_out_is_on_no_pause() -> None:
    desk = open_desk()
    look(desk, phones=(phone(logged_in=False, paused="lunch"),))
    assert agents(desk) == {A1: "logged_out"}
    assert desk.dispatcher.centre.agents[A1].pause_reason is None
    look(desk, phones=(phone(paused="lunch"),), at=40)
    assert desk.journal(AgentStateChanged)[-1] == AgentStateChanged(
        moment(40), A1, AgentState.PAUSED, "lunch"
    )


def test_whose_phone_has_a_channel_is_busy_though_its_device_says_idle() -> None:
    desk = open_desk()
    look(desk, phones=(phone(on_phone=True),))
    assert agents(desk) == {A1: "busy_elsewhere"}


def test_who_was_out_of_reach_and_is_found_idle_is_not_on_that_pause_any_more() -> None:
    desk = open_desk()
    look(desk, phones=(phone(paused="unreachable"),))
    assert agents(desk) == {A1: "free"}
    look(desk, phones=(phone(paused="unreachable", device=DeviceState.UNAVAILABLE),), at=40)
    assert desk.dispatcher.view().agents[0].pause_reason == "unreachable"


def test_the_pause_of_a_phone_that_refused_goes_on_and_it_is_tried_again() -> None:
    desk = open_desk()
    look(desk, phones=(phone(paused="do not disturb"),))
    assert agents(desk) == {A1: "paused"}
    retry = desk.policy.refused_phone_retry
    assert desk.dispatcher.next_wakeup() == moment(20) + retry
    look(desk, phones=(phone(paused="do not disturb"),), at=40)
    assert desk.dispatcher.next_wakeup() == moment(20) + retry  # Not from the beginning.
    desk.tell(events.TimePassed(moment(20) + retry))
    desk.tell(arrived("c1", 100))
    assert offers(desk.tell(holding("c1", 100))) == [(C1, A1)]


def test_a_call_that_a_watched_queue_let_go_and_that_ended_meanwhile_is_told_by_its_trace() -> None:
    desk = Desk(watching())
    desk.open()
    desk.tell(seen(4))
    gone = EndedCall(
        C1,
        moment(4),
        GENERAL_DID,
        NUMBER,
        moment(18),
        watched=GENERAL,
        queued_at=moment(5),
        exit=QueueExit.TIMED_OUT,
    )
    look(desk, ended=(gone,))
    assert desk.journal(CallQueued) == [CallQueued(moment(5), C1)]
    assert desk.journal(CallLeftQueue) == [CallLeftQueue(moment(18), C1, QueueExit.TIMED_OUT)]
    assert [(one.at, one.outcome.value) for one in desk.journal(CallFinished)] == [(moment(18), "rejected")]


def test_a_call_whose_end_nobody_wrote_down_is_lost_and_owed() -> None:
    desk = open_desk(0)
    desk.tell(arrived("c1", 1))
    look(desk, ended=(EndedCall(C1, moment(1), GENERAL_DID, NUMBER, None),))
    assert [one.outcome.value for one in desk.journal(CallFinished)] == ["lost"]
    assert len(desk.dispatcher.view().obligations) == 1


def test_an_earlier_runs_call_that_we_have_heard_of_already_is_the_same_call() -> None:
    desk = open_desk(0)
    desk.tell(arrived("c1", 1))
    known = KnownCall(C1, moment(-9), GENERAL_DID, NUMBER, answered_at=moment(-3))
    desk.tell(events.LedgerRestored(moment(2), (known,)))
    assert desk.dispatcher.centre.calls[C1].arrived_at == moment(1)
    assert len(desk.journal(OfferMade)) == 0


def test_who_talks_with_a_phone_that_is_nobodys_is_left_to_it_however_often_he_is_found_there() -> None:
    desk = open_desk()
    for at in (20, 40):
        look(desk, found(LiveCallState.TALKING, agent=AgentId("9999")), phones=(phone(),), at=at)
    assert (states(desk), agents(desk)) == ({C1: "talking"}, {A1: "free"})
    assert len(desk.journal(CallConnected)) == 1


def test_an_old_ring_that_is_over_takes_nobody_from_his_conversation() -> None:
    """An earlier run rang 1001 for c1; now he talks with c2, and c1 waits."""
    desk = Desk(small_centre(1))
    old = KnownCall(C1, moment(-30), GENERAL_DID, NUMBER, offer=OfferId("c1/0.1"), rung=A1)
    talks = KnownCall(C2, moment(-20), GENERAL_DID, NUMBER, answered_at=moment(-9), agent=A1)
    desk.tell(events.LedgerRestored(moment(0), (old, talks)))
    calls = (found(LiveCallState.TALKING, C2, agent=A1), found(LiveCallState.HOLDING))
    look(desk, *calls, phones=(phone(device=DeviceState.BUSY),))
    assert (states(desk), agents(desk)) == ({C1: "waiting", C2: "talking"}, {A1: "talking"})
    assert [(one.offer, one.result) for one in desk.journal(OfferEnded)] == [("c1/0.1", OfferResult.UNKNOWN)]


def test_whoever_has_the_conversation_already_keeps_what_else_is_known_of_him() -> None:
    """That a look finds him talking, as we knew, is no call that his phone has taken."""
    desk = talking()
    agent = desk.dispatcher.centre.agents[A1]
    agent.missed_in_a_row = 1
    look(desk, found(LiveCallState.TALKING, agent=A1), phones=(phone(device=DeviceState.BUSY),))
    assert agent.missed_in_a_row == 1
