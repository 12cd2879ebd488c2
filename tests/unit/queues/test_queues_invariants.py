"""What `violations` watches over: each truth, broken by hand, is told in words."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from queues.dispatcher import Dispatcher
from queues.invariants import violations
from queues.messages import events
from queues.messages.events import ContactResult, DeviceState
from queues.state.agent import Work
from queues.state.call import CallState
from queues.state.core_state import Centre
from queues.terms.identifiers import AgentId, AttemptId, CallId, ObligationId, OfferId
from sla.obligation import ObligationState
from tests.support.centre import EMERGENCY, GENERAL, NOON, Desk, arrived, holding, moment, small_centre
from tests.support.shift import OB1, Shift

A1, A2 = AgentId("1001"), AgentId("1002")
C1, C2 = CallId("c1"), CallId("c2")


def offered() -> Centre:
    """One resident is offered to 1001; 1002 is busy, so the second one waits."""
    desk = Desk(small_centre(2))
    desk.open()
    desk.tell(events.AgentDeviceChanged(moment(0), A2, DeviceState.BUSY))
    for call in ("c1", "c2"):
        desk.tell(arrived(call, 1))
        desk.tell(holding(call, 1))
    return desk.dispatcher.centre


def claimed() -> Centre:
    """One resident was missed, and 1001's phone rings to call him back."""
    shift = Shift(small_centre(2))
    shift.miss()
    shift.tell(events.AgentDeviceChanged(moment(5), A1, DeviceState.IDLE))
    shift.due(18)
    assert len(shift.dials) == 1
    return shift.dispatcher.centre


def offer_one_agent_twice(centre: Centre) -> None:
    second = centre.calls[C2]
    centre.waiting[GENERAL].discard(C2)
    second.state, second.agent, second.offer = CallState.OFFERED, A1, centre.calls[C1].offer


def offer_behind_his_back(centre: Centre) -> None:
    centre.agents[A1].offer = OfferId("c1/1.7")


def offer_a_call_and_a_callback(centre: Centre) -> None:
    agent = centre.agents[A1]
    agent.call = C1
    centre.calls[C1] = offered().calls[C1]


def ring_for_a_colleagues_callback(centre: Centre) -> None:
    centre.attempts[AttemptId("ob-c1.1.1")].agent = A2


def let_him_wait_out_of_line(centre: Centre) -> None:
    centre.waiting[GENERAL].discard(C2)


def leave_a_ghost_in_line(centre: Centre) -> None:
    del centre.waiters[C2]


def leave_it_in_line_although_claimed(centre: Centre) -> None:
    obligation = centre.obligations[OB1]
    centre.waiting[GENERAL].add(OB1, obligation.place)
    centre.waiters[OB1] = obligation


def park_it_in_name_only(centre: Centre) -> None:
    centre.obligations[OB1].is_parked = True


def lose_the_dial(centre: Centre) -> None:
    centre.attempts.clear()


def dial_one_number_twice(centre: Centre) -> None:
    first = centre.obligations[OB1]
    second = claimed().obligations[OB1]
    second.id = ObligationId("ob-c2")
    second.resident = (first.line.company, "another")
    centre.open_by_resident[second.resident] = second.id
    centre.obligations[second.id] = second


def keep_what_is_closed(centre: Centre) -> None:
    centre.obligations[OB1].state = ObligationState.CONTACTED
    centre.attempts.clear()


def owe_a_resident_twice(centre: Centre) -> None:
    centre.open_by_resident[centre.obligations[OB1].resident] = ObligationId("ob-c9")


def dial_for_nothing(centre: Centre) -> None:
    centre.obligations[OB1].state = ObligationState.SUSPENDED


def keep_a_busy_agent_among_the_idle(centre: Centre) -> None:
    centre.idle[EMERGENCY].add(A2, ())


def let_him_wait_beside_a_free_agent(centre: Centre) -> None:
    agent = centre.agents[A2]
    agent.device = DeviceState.IDLE
    for queue in (GENERAL, EMERGENCY):
        centre.idle[queue].add(A2, ())


@pytest.mark.parametrize(
    ("begin", "break_it", "told"),
    [
        (offered, offer_one_agent_twice, "agent 1001 is offered c2 and c1"),
        (offered, offer_behind_his_back, "call c1 is offered to 1001, who does not know"),
        (offered, offer_behind_his_back, "agent 1001 is offered a call that is not offered to him"),
        (claimed, offer_a_call_and_a_callback, "agent 1001 is offered a call and a callback"),
        (claimed, ring_for_a_colleagues_callback, "agent 1001 rings for a callback of 1002"),
        (offered, let_him_wait_out_of_line, "call c2 is waiting, in line: False"),
        (offered, leave_a_ghost_in_line, "c2 stands in the line of general and is over"),
        (claimed, leave_it_in_line_although_claimed, "obligation ob-c1 is claimed, in line: True"),
        (claimed, park_it_in_name_only, "obligation ob-c1 is claimed, in line: False"),
        (claimed, lose_the_dial, "obligation ob-c1 is claimed without an attempt"),
        (claimed, dial_one_number_twice, "ob-c2 and ob-c1 dial one number"),
        (claimed, keep_what_is_closed, "obligation ob-c1 is contacted and still there"),
        (claimed, owe_a_resident_twice, "two open obligations for the resident of ob-c1"),
        (claimed, dial_for_nothing, "attempt ob-c1.1.1 dials for ob-c1, which is suspended"),
        (
            offered,
            keep_a_busy_agent_among_the_idle,
            "agent 1002 eligible: False, not so among the idle of emergency",
        ),
        (offered, let_him_wait_beside_a_free_agent, "in general c2 waits while 1002 is free"),
    ],
)
def test_a_broken_truth_is_told(
    begin: Callable[[], Centre], break_it: Callable[[Centre], None], told: str
) -> None:
    centre = begin()
    assert violations(centre) == []
    break_it(centre)
    assert told in violations(centre)


@pytest.mark.parametrize("excuse", ["synced", "catching_up", "returning"])
def test_before_everything_is_known_an_agent_may_be_free_beside_who_waits(excuse: str) -> None:
    centre = offered()
    let_him_wait_beside_a_free_agent(centre)
    if excuse == "synced":
        centre.synced = False
    elif excuse == "catching_up":
        centre.catching_up = True
    else:
        centre.returning[C1] = moment(9)
    assert violations(centre) == []


def test_a_dial_that_reached_somebody_or_is_given_up_may_go_on_without_its_obligation() -> None:
    shift = Shift(small_centre(2))
    shift.miss()
    shift.tell(events.AgentDeviceChanged(moment(5), A1, DeviceState.IDLE))
    shift.due(18)
    attempt = AttemptId("ob-c1.1.1")
    shift.tell(arrived("c2", 19))  # He calls himself: given up.
    assert shift.dispatcher.centre.attempts[attempt].is_cancelled
    shift.tell(events.AttemptEnded(moment(21), attempt, ContactResult.CANCELLED))
    assert not shift.dispatcher.is_in_flight(attempt)


def test_a_dial_whose_obligation_was_closed_meanwhile_is_no_broken_truth() -> None:
    centre = claimed()
    assert centre.agents[A1].work is Work.OFFERED
    del centre.obligations[OB1]
    centre.open_by_resident.clear()
    assert violations(centre) == []


def test_a_new_centre_has_nothing_to_tell() -> None:
    assert violations(Dispatcher(small_centre(2), epoch=1, started_at=NOON).centre) == []
