"""What is owed and dialled across a restart or a break of the link: known from the ledger, found on the PBX."""

from __future__ import annotations

import pytest

from queues.callbacks import outage
from queues.messages import events
from queues.messages.commands import CancelAttempt
from queues.messages.events import DeviceState, Disposition, Review
from queues.messages.journal import CallJudged, DialRefused
from queues.terms.identifiers import AgentId, AttemptId, CallId, ChannelName, MessageId, ObligationId
from queues.terms.phone import Phone
from queues.terms.phone_numbers import DialRefusal
from sla.compliance import Verdict
from sla.obligation import ObligationState
from sla.promises import RU_416
from tests.support.centre import EMERGENCY_DID, arrived, moment, small_centre
from tests.support.shift import A1, OB1, Shift, dialled
from tests.unit.queues.test_queues_attempts import FIRST, two_companies
from tests.unit.queues.test_queues_owed_rules import A2, C2, without_law

# ---- After a restart -----------------------------------------------------------------------------------


def restored(shift: Shift, *owed: events.KnownObligation, **more: object) -> None:
    shift.tell(events.LedgerRestored(moment(1), (), obligations=owed, **more))


def known(state: ObligationState = ObligationState.PLANNED, **more: object) -> events.KnownObligation:
    line = small_centre().lines[EMERGENCY_DID]
    number = Phone("+79161234567")
    return events.KnownObligation(
        OB1, line.company, EMERGENCY_DID, number, number, moment(-60), moment(540), state=state, **more
    )


def known_call(call: str = "c1", **more: object) -> events.KnownOwedCall:
    return events.KnownOwedCall(CallId(call), EMERGENCY_DID, moment(-60), ended_at=moment(-50), **more)


def test_the_verdict_on_a_call_of_an_earlier_run_is_given_in_this_one() -> None:
    shift = Shift()
    restored(shift, known(owed=(known_call(),)))
    shift.devices(5, DeviceState.IDLE)
    shift.due(6)
    assert [dial.obligation for dial in shift.dials] == [OB1]
    shift.reach(20)
    shift.tell(events.AgentDisposed(moment(31), A1, Disposition.REACHED))
    assert shift.journal(CallJudged) == [
        CallJudged(moment(31), CallId("c1"), known().company, Verdict.CONTACTED_IN_TIME, RU_416.version)
    ]


def test_a_message_left_in_a_call_of_an_earlier_run_may_discharge_it() -> None:
    shift = Shift()
    left = events.KnownMessage(MessageId("c1"), known().company, EMERGENCY_DID, moment(-55), "/a.wav")
    restored(shift, known(owed=(known_call(message_at=moment(-55)),)), messages=(left,))
    view = shift.dispatcher.message(MessageId("c1"))
    assert view is not None
    assert (view.obligation, view.number) == (OB1, Phone("+79161234567"))
    assert shift.dispatcher.message(MessageId("c9")) is None
    shift.tell(events.MessageReviewed(moment(60), MessageId("c1"), Review.DONE, "7"))
    assert shift.closed == [("message_reviewed", None)]


def test_a_call_on_a_line_that_has_no_rules_any_more_is_judged_by_nobody() -> None:
    shift = Shift(without_law(small_centre(1)))
    restored(shift, known(owed=(known_call(),)))
    assert shift.dispatcher.centre.obligations[OB1].owed == []


def test_what_this_run_knows_already_is_not_overwritten_by_what_an_earlier_one_knew() -> None:
    shift = Shift()
    shift.miss()
    restored(shift, known())
    assert shift.dispatcher.centre.obligations[OB1].due_at == moment(601)


def test_whom_an_earlier_run_reached_is_confirmed_in_this_one_by_silence() -> None:
    shift = Shift()
    restored(shift, known(ObligationState.UNCONFIRMED, contacted_at=moment(-10), heard=True))
    shift.tell(events.TimePassed(moment(1) + shift.policy.callbacks.disposition_time))
    assert shift.closed == [("contacted", moment(-10))]


def test_whom_an_earlier_run_reaches_still_is_not_confirmed_before_his_talk_is_over() -> None:
    shift = Shift()
    number = Phone("+79161234567")
    talk = events.KnownAttempt(FIRST, OB1, EMERGENCY_DID, A1, number, moment(-30), contacted_at=moment(-10))
    restored(shift, known(ObligationState.UNCONFIRMED, contacted_at=moment(-10)), attempts=(talk,))
    shift.tell(events.TimePassed(moment(900)))
    assert shift.closed == []
    assert shift.state() is ObligationState.UNCONFIRMED


def test_whom_no_trunk_reached_before_is_dialled_when_one_carries_again() -> None:
    shift = Shift()
    restored(shift, known(ObligationState.WITH_HUMAN, task=outage.REASON))
    assert list(shift.dispatcher.centre.without_network) == [OB1]
    shift.devices(5, DeviceState.IDLE)
    shift.tell(events.TimePassed(moment(1) + shift.policy.callbacks.retry_when_late))
    assert shift.state() is ObligationState.RETRY


@pytest.mark.parametrize("task", ["not_reached", ""])
def test_another_task_of_an_earlier_run_is_left_to_its_human(task: str) -> None:
    shift = Shift()
    restored(shift, known(ObligationState.WITH_HUMAN, task=task))
    assert shift.dispatcher.centre.without_network == {}
    assert shift.dispatcher.centre.obligations[OB1].not_before is None


def test_a_task_that_was_refused_once_is_told_once() -> None:
    shift = Shift(two_companies(1), enabled=False)
    shift.miss()
    assert shift.journal(DialRefused) == [DialRefused(moment(3), OB1, DialRefusal.SWITCHED_OFF)]
    assert shift.dispatcher.obligation(OB1) in shift.dispatcher.view().obligations
    assert shift.dispatcher.obligation(ObligationId("ob-c9")) is None
    assert not shift.dispatcher.is_in_flight(AttemptId("ob-c1.1.1"))


# ---- Dials that are found after a restart ------------------------------------------------------------------


def found(state: events.LiveAttemptState, agent: AgentId | None = A1) -> events.LiveAttempt:
    return events.LiveAttempt(FIRST, state, agent)


def idle(*agents: AgentId) -> tuple[events.LiveAgent, ...]:
    return tuple(events.LiveAgent(agent, DeviceState.IDLE, logged_in=True) for agent in agents)


def test_the_pbx_knows_better_whose_phone_rings_for_a_callback() -> None:
    shift = dialled(policy_of=small_centre(2))
    ringing = found(events.LiveAttemptState.RINGING_AGENT, A2)
    shift.tell(events.PbxLost(moment(19)))
    shift.tell(events.PbxSnapshot(moment(20), (), idle(A1, A2), attempts=(ringing,)))
    states = {agent.agent: agent.state.value for agent in shift.dispatcher.view().agents}
    assert states == {A1: "free", A2: "offered"}
    assert shift.dispatcher.centre.attempts[FIRST].agent == A2


def test_who_is_known_to_talk_and_is_found_ringing_still_is_given_no_deadline() -> None:
    """The look was older than what we had heard."""
    shift = dialled()
    shift.tell(events.AttemptContacted(moment(19), FIRST))
    shift.tell(
        events.PbxSnapshot(moment(20), (), (), attempts=(found(events.LiveAttemptState.RINGING_AGENT),))
    )
    assert shift.dispatcher.next_wakeup() is None
    assert shift.state() is ObligationState.UNCONFIRMED


def test_a_dial_that_was_given_up_while_the_link_was_away_is_given_up_again() -> None:
    shift = dialled()
    shift.tell(arrived("c2", 19))
    assert shift.dispatcher.centre.attempts[FIRST].is_cancelled
    ringing = found(events.LiveAttemptState.RINGING_AGENT)
    call = events.LiveCall(
        C2, ChannelName("x"), moment(19), EMERGENCY_DID, Phone("+79161234567"), events.LiveCallState.ARRIVING
    )
    decision = shift.tell(events.PbxSnapshot(moment(20), (call,), idle(A1), attempts=(ringing,)))
    assert CancelAttempt(FIRST) in decision.commands
