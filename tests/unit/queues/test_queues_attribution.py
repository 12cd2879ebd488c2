"""Whose residents a decision concerns: that is how a company's part of the journal is found, and forgotten."""

from __future__ import annotations

from queues.messages import events
from queues.terms.identifiers import CallId, MessageId
from tests.support.centre import EMERGENCY_DID, Desk, arrived, holding, moment
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
