"""One dial of a callback: who may not be dialled after all, what is heard of it, and how it ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from queues.messages import events
from queues.messages.commands import CancelAttempt, EraseAttemptTrace
from queues.messages.events import ContactResult, DeviceState
from queues.messages.journal import AttemptDialled, AttemptFinished, AttemptHeard, AttemptReached, DialRefused
from queues.policy import CentrePolicy
from queues.terms.identifiers import AgentId, AttemptId, CallId, CompanyId, ObligationId
from queues.terms.outcomes import SoundsLike
from queues.terms.phone import Phone
from queues.terms.phone_numbers import DialRefusal
from sla.obligation import ObligationState
from tests.support.centre import EMERGENCY_DID, GENERAL_DID, arrived, holding, moment, small_centre
from tests.support.shift import A1, OB1, OB2, Shift, dialled
from tests.unit.queues.test_queues_pbx_queue import seen, watching

A2 = AgentId("1002")
FIRST, SECOND = AttemptId("ob-c1.1.1"), AttemptId("ob-c2.1.1")


def two_companies(agents: int = 2) -> CentrePolicy:
    """The second line is another company's: one number may be owed a contact by both."""
    policy = small_centre(agents)
    yug = replace(policy.lines[EMERGENCY_DID], company=CompanyId("yug"))
    return replace(policy, lines={**policy.lines, EMERGENCY_DID: yug})


def owed_by_both() -> Shift:
    """Missed on the lines of two companies, one call after the other."""
    shift = Shift(two_companies())
    shift.miss("c1", 1)
    shift.tell(arrived("c2", 4, did=EMERGENCY_DID))
    shift.tell(holding("c2", 4))
    shift.tell(events.CallEnded(moment(6), CallId("c2"), 16))
    assert {OB1, OB2} == set(shift.dispatcher.centre.obligations)
    return shift


def without_callbacks(policy: CentrePolicy) -> CentrePolicy:
    lines = {did: replace(line, callback=None) for did, line in policy.lines.items()}
    return replace(policy, lines=lines)


# ---- Before the dial -----------------------------------------------------------------------------------


def test_one_telephone_is_rung_for_one_company_at_a_time() -> None:
    shift = owed_by_both()
    shift.devices(10, DeviceState.IDLE)
    shift.due(30, OB1)
    shift.due(30, OB2)
    (only,) = shift.dials
    second = OB2 if only.obligation == OB1 else OB1
    assert shift.state(second) is ObligationState.RETRY
    pause = shift.policy.callbacks.retry_after_failure
    assert shift.dispatcher.centre.obligations[second].not_before == moment(30) + pause
    shift.tell(events.AttemptEnded(moment(35), only.attempt, ContactResult.BUSY))
    shift.tell(events.TimePassed(moment(45)))  # The agent's pause after it.
    shift.due(60, second)
    assert [dial.obligation for dial in shift.dials] == [only.obligation, second]


def test_what_waits_in_line_while_its_line_loses_its_trunk_becomes_a_humans_task() -> None:
    shift = Shift()
    shift.miss()
    shift.due(18)
    assert shift.state() is ObligationState.IN_LINE
    shift.tell(events.PolicyChanged(moment(19), without_callbacks(shift.dispatcher.centre.policy)))
    shift.devices(20, DeviceState.IDLE)
    assert (shift.dials, shift.tasks) == ([], [DialRefusal.NO_TRUNK])
    assert shift.journal(DialRefused) == [DialRefused(moment(20), OB1, DialRefusal.NO_TRUNK)]
    assert shift.state() is ObligationState.WITH_HUMAN


# ---- What is heard of it -------------------------------------------------------------------------------


def test_a_detectors_hint_is_kept_beside_the_dial_also_when_it_comes_after_its_end() -> None:
    shift = dialled()
    heard = events.AttemptHeard(moment(25), FIRST, SoundsLike.MACHINE)
    shift.tell(heard)
    shift.fail(30, ContactResult.BUSY)
    shift.tell(replace(heard, at=moment(31)))
    assert shift.journal(AttemptHeard) == [
        AttemptHeard(moment(25), FIRST, SoundsLike.MACHINE),
        AttemptHeard(moment(31), FIRST, SoundsLike.MACHINE),
    ]
    before = shift.state()
    shift.tell(events.AttemptHeard(moment(32), AttemptId("ob-c9.1.1"), SoundsLike.MACHINE))
    assert len(shift.journal(AttemptHeard)) == 2
    assert shift.state() is before


def test_that_the_agent_took_it_is_told_once_and_before_the_resident_is_reached() -> None:
    shift = dialled()
    shift.tell(events.AttemptContacted(moment(30), FIRST))
    assert shift.journal(AttemptDialled) == [AttemptDialled(moment(30), FIRST)]
    assert shift.journal(AttemptReached) == [AttemptReached(moment(30), FIRST)]
    for again in (events.AttemptAgentReady(moment(31), FIRST), events.AttemptContacted(moment(32), FIRST)):
        assert shift.tell(again).journal == ()
    assert shift.dispatcher.centre.obligations[OB1].contacted_at == moment(30)


def test_the_first_dial_stays_the_first_whatever_is_dialled_after_it() -> None:
    shift = dialled()
    shift.fail(30, ContactResult.BUSY)
    assert shift.dispatcher.centre.obligations[OB1].first_dial_at == moment(29)
    shift.due(90)
    shift.tell(events.AttemptAgentReady(moment(95), AttemptId("ob-c1.1.2")))
    assert shift.dispatcher.centre.obligations[OB1].first_dial_at == moment(29)


@pytest.mark.parametrize(
    "event",
    [
        events.AttemptRefused(moment(40), FIRST, "late"),
        events.AttemptAgentReady(moment(40), FIRST),
        events.AttemptContacted(moment(40), FIRST),
        events.AttemptEnded(moment(40), FIRST, ContactResult.BUSY),
    ],
    ids=lambda event: type(event).__name__,
)
def test_news_of_a_dial_that_is_over_changes_nothing(event: events.Event) -> None:
    shift = dialled()
    shift.fail(30, ContactResult.BUSY)
    shift.due(35)
    before = shift.dispatcher.view()
    decision = shift.tell(event)
    assert (decision.journal, decision.commands) == ((), ())
    assert shift.dispatcher.view() == before


# ---- How it ends ---------------------------------------------------------------------------------------


def test_an_originate_that_was_refused_dialled_nobody_and_one_that_was_not_answered_waits_for_its_end() -> (
    None
):
    shift = dialled()
    shift.tell(events.AttemptRefused(moment(20), FIRST, "no answer", outcome_known=False))
    assert shift.state() is ObligationState.CLAIMED
    assert shift.dispatcher.is_in_flight(FIRST)
    shift.tell(events.AttemptRefused(moment(21), FIRST, "refused"))
    assert shift.state() is ObligationState.RETRY
    assert not shift.dispatcher.is_in_flight(FIRST)
    assert [one.result for one in shift.journal(AttemptFinished)] == [ContactResult.NOT_DIALLED]
    assert shift.dispatcher.centre.obligations[OB1].dials == 0
    assert shift.dispatcher.view().agents[0].state.value == "free"


def test_of_a_dial_that_nothing_is_heard_of_any_more_a_human_is_told() -> None:
    shift = dialled()
    policy = shift.policy.callbacks
    silence = policy.agent_ring_time + policy.resident_ring_time + timedelta(seconds=15)
    assert shift.tell(events.TimePassed(moment(18) + silence - timedelta(seconds=1))).commands == ()
    decision = shift.tell(events.TimePassed(moment(18) + silence))
    assert CancelAttempt(FIRST) in decision.commands
    assert EraseAttemptTrace(FIRST) in decision.commands
    assert (shift.tasks, shift.state()) == (["attempt_outcome_unknown"], ObligationState.WITH_HUMAN)


def test_while_the_pbx_is_not_seen_no_silence_is_taken_for_an_end() -> None:
    shift = dialled()
    shift.tell(events.PbxLost(moment(20)))
    shift.tell(events.TimePassed(moment(900)))
    assert shift.dispatcher.is_in_flight(FIRST)
    assert shift.tasks == []


def test_a_contact_that_is_told_only_with_its_end_is_a_contact_all_the_same() -> None:
    shift = dialled()
    shift.tell(events.AttemptEnded(moment(50), FIRST, ContactResult.CONTACTED))
    assert shift.journal(AttemptReached) == [AttemptReached(moment(50), FIRST)]
    assert shift.state() is ObligationState.UNCONFIRMED
    assert shift.dispatcher.view().agents[0].state.value == "wrap_up"


def test_who_was_reached_is_reached_whatever_its_end_says() -> None:
    shift = dialled()
    shift.tell(events.AttemptContacted(moment(30), FIRST))
    shift.tell(events.AttemptEnded(moment(50), FIRST, ContactResult.UNKNOWN))
    assert [one.result for one in shift.journal(AttemptFinished)] == [ContactResult.CONTACTED]
    assert shift.state() is ObligationState.UNCONFIRMED


def test_a_dial_given_up_for_his_call_that_reached_him_all_the_same_is_a_contact() -> None:
    shift = dialled()
    shift.tell(arrived("c2", 20))
    assert shift.dispatcher.centre.attempts[FIRST].is_cancelled
    shift.tell(events.AttemptEnded(moment(25), FIRST, ContactResult.CONTACTED))
    assert [one.result for one in shift.journal(AttemptFinished)] == [ContactResult.CONTACTED]


def test_a_dial_given_up_while_the_agents_phone_rang_rang_no_resident() -> None:
    shift = dialled()
    shift.tell(arrived("c2", 20))
    shift.tell(events.AttemptEnded(moment(21), FIRST, ContactResult.NO_ANSWER))
    (finished,) = shift.journal(AttemptFinished)
    assert isinstance(finished, AttemptFinished)
    assert (finished.result, finished.rang) == (ContactResult.CANCELLED, False)
    assert shift.state() is ObligationState.SUSPENDED


def test_he_calls_again_and_the_agent_does_not_take_the_callback_and_nobody_else_is_rung_for_it() -> None:
    shift = Shift(small_centre(2))
    shift.miss()
    shift.tell(events.AgentDeviceChanged(moment(5), A1, DeviceState.IDLE))
    shift.due(18)
    shift.tell(events.AttemptAgentReady(moment(19), FIRST))  # So his call does not give the dial up.
    shift.tell(arrived("c2", 20))
    assert not shift.dispatcher.centre.attempts[FIRST].is_cancelled
    shift.tell(events.AttemptEnded(moment(22), FIRST, ContactResult.AGENT_DID_NOT_ANSWER))
    assert shift.state() is ObligationState.SUSPENDED
    shift.tell(events.AgentDeviceChanged(moment(23), A2, DeviceState.IDLE))
    assert len(shift.dials) == 1


@pytest.mark.parametrize(
    ("result", "pause"),
    [
        (ContactResult.BUSY, "retry_after_busy"),
        (ContactResult.REFUSED, "retry_after_busy"),
        (ContactResult.NO_ANSWER, "retry_after_no_answer"),
        (ContactResult.UNREACHABLE, "retry_after_failure"),
        (ContactResult.NOT_DIALLED, "retry_after_failure"),
    ],
)
def test_each_result_has_its_pause_until_the_next_dial(result: ContactResult, pause: str) -> None:
    shift = dialled()
    shift.fail(30, result)
    wanted = moment(30) + getattr(shift.policy.callbacks, pause)
    assert shift.dispatcher.centre.obligations[OB1].not_before == wanted
    assert wanted in shift.wakes


def test_trunks_that_fail_as_often_as_allowed_leave_it_to_a_human_and_not_before() -> None:
    shift = dialled(max_network_failures=2)
    shift.fail(30, ContactResult.UNREACHABLE)
    assert (shift.tasks, shift.state()) == ([], ObligationState.RETRY)
    shift.due(60)
    shift.fail(70, ContactResult.UNREACHABLE, 2)
    assert shift.tasks == ["network"]


def test_a_dial_whose_obligation_was_closed_meanwhile_ends_without_another() -> None:
    shift = dialled()
    shift.tell(events.AttemptContacted(moment(30), FIRST))
    shift.tell(events.ObligationCloseRequested(moment(35), OB1, "7", "spoke with his wife"))
    assert OB1 not in shift.dispatcher.centre.obligations
    shift.tell(events.AttemptEnded(moment(50), FIRST, ContactResult.CONTACTED))
    assert shift.dispatcher.centre.attempts == {}
    assert shift.dispatcher.centre.numbers_in_flight == {}
    assert shift.dispatcher.view().agents[0].state.value == "wrap_up"


def test_a_dial_of_an_earlier_run_whose_obligation_is_gone_is_followed_to_its_end() -> None:
    """The ledger knows the dial; what it was for was closed while nobody looked."""
    shift = Shift()
    number = Phone("+79161234567")
    known = events.KnownAttempt(FIRST, OB1, GENERAL_DID, A1, number, moment(-20))
    shift.tell(events.LedgerRestored(moment(1), (), attempts=(known,)))
    live = events.LiveAttempt(FIRST, events.LiveAttemptState.DIALLING, A1)
    idle = events.LiveAgent(A1, DeviceState.IDLE, logged_in=True)
    shift.tell(events.PbxSnapshot(moment(2), (), (idle,), attempts=(live,)))
    assert shift.journal(AttemptDialled) == [AttemptDialled(moment(2), FIRST)]
    shift.tell(events.AttemptContacted(moment(3), FIRST))
    shift.tell(events.AttemptEnded(moment(9), FIRST, ContactResult.CONTACTED))
    assert shift.dispatcher.view().agents[0].state.value == "wrap_up"
    assert ObligationId("ob-c1") not in shift.dispatcher.centre.obligations


def test_of_two_dials_of_earlier_runs_to_one_telephone_the_end_of_one_does_not_free_it() -> None:
    shift = Shift(two_companies())
    number = Phone("+79161234567")
    known = [
        events.KnownAttempt(AttemptId(f"{one}.1.1"), one, GENERAL_DID, A1, number, moment(-20))
        for one in (OB1, OB2)
    ]
    shift.tell(events.LedgerRestored(moment(1), (), attempts=tuple(known)))
    shift.tell(events.AttemptEnded(moment(2), FIRST, ContactResult.BUSY))
    assert shift.dispatcher.centre.numbers_in_flight == {number: SECOND}
    shift.tell(events.AttemptEnded(moment(3), SECOND, ContactResult.BUSY))
    assert shift.dispatcher.centre.numbers_in_flight == {}


def test_a_callback_of_a_watched_queue_is_dialled_only_where_the_settings_say_so() -> None:
    for dial, tasks in ((False, [DialRefusal.WATCHED_ONLY]), (True, [])):
        shift = Shift(watching(dial=dial))
        shift.tell(seen(4))
        shift.tell(events.CallEnded(moment(6), CallId("c1"), 16))
        assert shift.tasks == tasks


def test_a_line_without_a_trunk_owes_a_contact_by_a_human() -> None:
    shift = Shift(without_callbacks(small_centre(1)))
    shift.miss()
    assert shift.tasks == [DialRefusal.NO_TRUNK]


def test_who_took_a_callback_is_talking_and_who_has_other_work_is_not_made_to() -> None:
    shift = dialled()
    shift.tell(events.AttemptAgentReady(moment(20), FIRST))
    assert shift.dispatcher.view().agents[0].state.value == "talking"
    other = Shift()
    known = events.KnownAttempt(FIRST, OB1, GENERAL_DID, A1, Phone("+79161234567"), moment(-20))
    other.tell(events.LedgerRestored(moment(1), (), attempts=(known,)))
    other.devices(2, DeviceState.IDLE)
    other.tell(
        events.AttemptAgentReady(moment(3), FIRST)
    )  # By the ledger it is his; his phone knows nothing of it.
    assert other.dispatcher.view().agents[0].state.value == "free"


def test_an_alarm_that_comes_while_he_is_dialled_changes_nothing() -> None:
    shift = dialled()
    decision = shift.tell(events.ObligationDue(moment(30), OB1))
    assert decision.journal == ()
    assert shift.state() is ObligationState.CLAIMED


def test_it_is_looked_at_just_after_each_of_its_calls_can_be_kept_no_more() -> None:
    shift = Shift()
    shift.tell(arrived("c1", 1))
    shift.tell(events.MessageLeft(moment(200), CallId("c1"), "/a.wav"))
    shift.tell(events.CallEnded(moment(200), CallId("c1"), 16))
    tick = timedelta(microseconds=1)
    shift.due(421)  # Due by 601; the message may be reviewed until 800.
    assert shift.wakes == [moment(601)]
    shift.due(601)
    assert shift.wakes == [moment(800) + tick]
    shift.due(800)
    assert shift.verdicts == {}
    shift.tell(events.ObligationDue(moment(800) + tick, OB1))
    assert shift.verdicts == {"c1": "broken"}
    assert shift.wakes == []
