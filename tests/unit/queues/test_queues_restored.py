"""What an earlier run knew stays true in the next: who is on the line, what was dialled, whose message, whose rest."""

from __future__ import annotations

from queues.messages import events
from queues.messages.commands import DialCallback, EraseAttemptTrace, PlayMessage
from queues.messages.events import (
    AttemptTrace,
    ContactResult,
    DeviceState,
    KnownMessage,
    KnownObligation,
    LedgerRestored,
    LiveAgent,
    LiveCall,
    LiveCallState,
    PbxSnapshot,
    Review,
)
from queues.messages.journal import AgentState, MessageClosed, MessagePlayed
from queues.messages.snapshot import KnownCall
from queues.terms.identifiers import AttemptId, CallId, ChannelName, CompanyId, MessageId, ObligationId
from queues.terms.phone import Phone
from sla.obligation import ObligationState
from tests.support.centre import GENERAL_DID, Desk, arrived, holding, moment, small_centre
from tests.support.shift import A1, Shift

NUMBER = Phone("+79161234567")
SEVER = CompanyId("sever")
OWED = KnownObligation(ObligationId("ob-c0"), SEVER, GENERAL_DID, NUMBER, NUMBER, moment(-60), moment(540))
IDLE = LiveAgent(A1, DeviceState.IDLE, logged_in=True)


def dials(desk: Desk) -> list[DialCallback]:
    return [c for decision in desk.decisions for c in decision.commands if isinstance(c, DialCallback)]


def test_who_waits_on_the_line_across_a_restart_is_not_dialled_meanwhile() -> None:
    desk = Desk(small_centre(1))
    waiting = KnownCall(CallId("c1"), moment(-30), GENERAL_DID, NUMBER, queued_at=moment(-29))
    desk.tell(LedgerRestored(moment(0), (waiting,), (OWED,)))
    desk.tell(events.ObligationDue(moment(1), OWED.obligation))
    live = LiveCall(
        CallId("c1"),
        ChannelName("PJSIP/trunk-1"),
        moment(-30),
        GENERAL_DID,
        NUMBER,
        LiveCallState.FALLBACK,
    )
    desk.tell(PbxSnapshot(moment(1), (live,), (IDLE,)))
    desk.tell(events.ObligationDue(moment(2), OWED.obligation))
    assert dials(desk) == []
    assert desk.dispatcher.centre.live_by_number


def test_an_obligation_of_an_earlier_run_is_dialled_when_nobody_of_that_number_is_on_the_line() -> None:
    desk = Desk(small_centre(1))
    desk.tell(LedgerRestored(moment(0), (), (OWED,)))
    desk.tell(PbxSnapshot(moment(1), (), (IDLE,)))
    desk.tell(events.ObligationDue(moment(2), OWED.obligation))
    assert [dial.e164 for dial in dials(desk)] == [NUMBER]


def test_the_trace_of_a_dial_that_is_settled_already_is_erased() -> None:
    desk = Desk(small_centre(1))
    trace = AttemptTrace(AttemptId("ob-old.1.1"), ContactResult.CONTACTED)
    decision = desk.tell(PbxSnapshot(moment(1), (), (), attempt_traces=(trace,)))
    assert EraseAttemptTrace(trace.attempt) in decision.commands


def test_the_trace_of_a_dial_in_flight_is_erased_once_it_has_its_end() -> None:
    shift = Shift()
    shift.miss()
    shift.devices(5, DeviceState.IDLE)
    shift.due(18)
    (dial,) = shift.dials
    trace = AttemptTrace(dial.attempt, ContactResult.NO_ANSWER)
    decision = shift.tell(PbxSnapshot(moment(40), (), (IDLE,), attempt_traces=(trace,)))
    assert [c for c in decision.commands if isinstance(c, EraseAttemptTrace)] == [
        EraseAttemptTrace(dial.attempt)
    ]
    assert shift.state() is ObligationState.RETRY


def test_a_message_opened_in_an_earlier_run_is_played_after_those_nobody_heard() -> None:
    desk = Desk(small_centre(1))
    heard = KnownMessage(MessageId("m1"), SEVER, GENERAL_DID, moment(-90), "/r/1.wav", opened_at=moment(-60))
    new = KnownMessage(MessageId("m2"), SEVER, GENERAL_DID, moment(-30), "/r/2.wav")
    desk.tell(LedgerRestored(moment(0), (), messages=(heard, new)))
    desk.tell(PbxSnapshot(moment(1), (), (IDLE,)))
    his = ChannelName("PJSIP/1001-1")
    wanted = [desk.tell(events.MessageWanted(moment(2 + n), A1, his)) for n in range(2)]
    played = [c.message for d in wanted for c in d.commands if isinstance(c, PlayMessage)]
    assert played == ["m2", "m1"]


def test_a_message_that_was_only_opened_is_still_to_be_reviewed() -> None:
    desk = Desk(small_centre(1))
    desk.tell(
        LedgerRestored(
            moment(0),
            (),
            messages=(KnownMessage(MessageId("m1"), SEVER, GENERAL_DID, moment(-30), "/r/1.wav"),),
        )
    )
    desk.tell(events.MessageReviewed(moment(1), MessageId("m1"), Review.OPENED, "supervisor"))
    assert len(desk.journal(MessagePlayed)) == 1
    assert desk.journal(MessageClosed) == []
    desk.tell(events.MessageReviewed(moment(2), MessageId("m1"), Review.DONE, "supervisor"))
    assert len(desk.journal(MessageClosed)) == 1


def test_what_is_said_of_a_message_belongs_to_the_company_of_its_call() -> None:
    shift = Shift()
    shift.tell(arrived("c1", 0))
    shift.tell(holding("c1", 0))
    shift.tell(events.ChoiceMade(moment(5), CallId("c1"), events.Choice.MESSAGE))
    shift.tell(events.MessageLeft(moment(20), CallId("c1"), "/r/m.wav"))
    # The resident is on the line still: only his call tells whose message it is.
    decision = shift.tell(events.MessageReviewed(moment(21), MessageId("c1"), Review.OPENED, "supervisor"))
    assert decision.companies == (SEVER,)


def test_a_rest_that_was_cut_short_by_work_does_not_end_the_next_one() -> None:
    shift = Shift(small_centre(1, wrap_up=10))
    shift.miss("c0", 0, number="+79160000009")
    shift.devices(5, DeviceState.IDLE)
    shift.tell(arrived("c1", 6))
    shift.tell(holding("c1", 6))
    shift.tell(events.CallAnswered(moment(7), CallId("c1"), A1))
    shift.tell(events.CallEnded(moment(10), CallId("c1"), 16))
    view = shift.dispatcher.view
    assert view().agents[0].state is AgentState.WRAP_UP
    shift.tell(events.RedialWanted(moment(12), A1, ChannelName("PJSIP/1001-9"), "9.9", Phone("89160000009")))
    (dial,) = shift.dials
    assert shift.dispatcher.next_wakeup() != moment(20)  # Nobody is woken for a rest that is over.
    shift.tell(events.AttemptContacted(moment(13), dial.attempt))
    shift.tell(events.AttemptEnded(moment(15), dial.attempt, ContactResult.CONTACTED))
    # The first rest would have ended at 20; this one began at 15.
    shift.tell(events.TimePassed(moment(20)))
    assert view().agents[0].state is AgentState.WRAP_UP
    shift.tell(events.TimePassed(moment(25)))
    assert view().agents[0].state is AgentState.FREE
