"""Whose residents a decision concerns: that is how a company's part of the journal is found, and forgotten."""

from __future__ import annotations

from queues.callbacks import outage
from queues.messages import events
from queues.terms.identifiers import CallId, MessageId
from queues.terms.outcomes import Disposition
from tests.support.centre import EMERGENCY_DID, Desk, arrived, holding, moment
from tests.support.shift import A1, OB1, dialled
from tests.unit.queues.test_queues_attempts import owed_by_both, two_companies


def test_each_decision_names_the_companies_of_its_own_event_and_of_no_other() -> None:
    desk = Desk(two_companies(0))
    desk.open()
    told = [
        arrived("c1", 1),
        arrived("c2", 2, did=EMERGENCY_DID, number="+79160000002"),
        holding("c1", 3),
        events.TimePassed(moment(4)),
        events.MessageLeft(moment(5), CallId("c2"), "/a.wav"),
        events.CallEnded(moment(6), CallId("c1"), 16),
        events.CallEnded(moment(7), CallId("c2"), 16),
    ]
    concerned = [desk.tell(event).companies for event in told]
    assert concerned == [("sever",), ("yug",), ("sever",), (), ("yug",), ("sever",), ("yug",)]
    assert set(desk.dispatcher.centre.messages) == {MessageId("c2")}


def test_a_call_that_lets_another_companys_callback_stand_aside_concerns_both() -> None:
    shift = owed_by_both()
    assert shift.tell(arrived("c3", 20)).companies == ("sever", "yug")


def test_after_each_event_no_queue_is_left_to_be_looked_at() -> None:
    """Each is looked at only when something in it has changed: that is what keeps a thousand waiting callers cheap."""
    shift = owed_by_both()
    assert shift.dispatcher.centre.unmatched == set()


def test_what_is_only_ordered_for_a_resident_concerns_his_company_too() -> None:
    desk = Desk(two_companies(1))
    desk.open()
    desk.tell(arrived("c2", 2, did=EMERGENCY_DID))
    desk.tell(events.CallFellBack(moment(3), CallId("c2")))
    asked = desk.tell(events.TimePassed(moment(4)))
    assert ([type(one).__name__ for one in asked.commands], asked.journal) == (["FetchFromFallback"], ())
    assert asked.companies == ("yug",)


def test_a_closed_callback_stands_in_no_line() -> None:
    shift = owed_by_both()
    shift.due(30, OB1)
    assert OB1 in shift.dispatcher.centre.waiters
    shift.tell(events.ObligationCloseRequested(moment(31), OB1, "7", "said"))
    assert OB1 not in shift.dispatcher.centre.waiters


def test_a_wrong_person_is_a_task_that_is_looked_at_when_its_time_is_over() -> None:
    shift = dialled()
    shift.reach(30)
    shift.tell(events.AgentDisposed(moment(45), A1, Disposition.WRONG_PERSON))
    assert shift.tasks == ["wrong_person"]
    assert moment(601) in shift.wakes


def test_a_trunk_that_carried_others_just_as_long_ago_as_counts_no_more_is_no_sign_against_his_number() -> (
    None
):
    shift = dialled(max_network_failures=1)
    late = shift.policy.callbacks.retry_when_late
    for seconds, failures in ((0, 0), (1, 1)):
        owed = shift.dispatcher.centre.obligations[OB1]
        shift.dispatcher.centre.carried_at["trunk"] = moment(seconds)
        outage.gave_up(shift.dispatcher.centre, owed, moment(30), moment(0) + 2 * late)
        assert owed.own_failures == failures
