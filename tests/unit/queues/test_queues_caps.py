"""A cap protects whose telephone rings; a network that is away switches nobody's callback off."""

from __future__ import annotations

from dataclasses import replace

from queues.callbacks import outage
from queues.messages import events
from queues.messages.commands import RefuseCall, TellAgent
from queues.messages.events import ContactResult, DeviceState
from queues.messages.journal import (
    CallFinished,
    CallOffered,
    DialPostponed,
    DialRefused,
    OwnCallRefused,
)
from queues.terms.identifiers import AttemptId, CallId, ChannelName, CompanyId, ObligationId
from queues.terms.phone import Phone
from queues.terms.phone_numbers import DialRefusal
from sla.obligation import ObligationState
from tests.support.centre import EMERGENCY_DID, arrived, holding, moment, small_centre
from tests.support.shift import A1, OB1, OB2, Shift, dialled

SECOND = "+79161230002"
THIRD = "+79161230003"
OB3 = ObligationId("ob-c3")


def end(
    shift: Shift,
    at: float,
    result: ContactResult,
    n: int = 1,
    obligation: ObligationId = OB1,
    *,
    rang: bool | None = None,
) -> None:
    shift.tell(events.AttemptEnded(moment(at), AttemptId(f"{obligation}.1.{n}"), result, rang=rang))


def pass_time(shift: Shift, at: float) -> None:
    shift.tell(events.TimePassed(moment(at)))


def dials_of(shift: Shift, number: str) -> int:
    return sum(dial.e164 == Phone(number) for dial in shift.dials)


# ---- What counts ---------------------------------------------------------------------------------------


def test_agents_who_decline_use_up_nothing_of_a_resident_whose_telephone_never_rang() -> None:
    shift = dialled(max_per_number_and_day=1)
    for n in range(1, 8):
        end(shift, 20 * n, ContactResult.AGENT_DID_NOT_ANSWER, n)
        pass_time(shift, 20 * n + 6)
        shift.tell(events.AgentUnpaused(moment(20 * n + 7), A1))
    assert len(shift.dials) == 8
    assert shift.tasks == []


def test_a_trunk_that_fails_uses_up_nothing_of_his_day_and_he_is_dialled_when_it_is_back() -> None:
    shift = dialled(max_per_number_and_day=1, max_per_hour=1, max_network_failures=10)
    for n in range(1, 7):
        end(shift, 20 + 30 * n, ContactResult.UNREACHABLE, n, rang=False)
        shift.due(45 + 30 * n)
    assert len(shift.dials) == 7
    end(shift, 300, ContactResult.NO_ANSWER, 7, rang=True)
    shift.due(430)
    assert (shift.tasks, len(shift.dials)) == ([DialRefusal.CAP_PER_NUMBER], 7)


def test_failed_dials_of_two_residents_do_not_block_a_third() -> None:
    shift = Shift(small_centre(1), max_per_hour=2)
    for call, number in (("c1", "+79161230001"), ("c2", SECOND), ("c3", THIRD)):
        shift.miss(call, number=number)
    shift.devices(5, DeviceState.IDLE)
    shift.due(20, OB1)
    end(shift, 25, ContactResult.UNREACHABLE, rang=False)
    shift.due(26, OB2)
    end(shift, 30, ContactResult.BUSY, 1, OB2, rang=False)
    shift.due(31, OB3)
    assert dials_of(shift, THIRD) == 1


def test_a_dial_in_flight_holds_its_place_until_it_is_known_whether_it_rang() -> None:
    shift = Shift(small_centre(2), max_per_hour=1)
    shift.miss("c1", number="+79161230001")
    shift.miss("c2", number=SECOND)
    shift.devices(5, DeviceState.IDLE)
    shift.due(20, OB1)
    shift.due(21, OB2)
    assert dials_of(shift, SECOND) == 0
    assert shift.journal(DialPostponed) == [
        DialPostponed(moment(21), OB2, DialRefusal.CAP_PER_HOUR, moment(41))
    ]
    end(shift, 30, ContactResult.UNREACHABLE, rang=False)
    shift.due(41, OB2)
    assert dials_of(shift, SECOND) == 1


# ---- A cap that is reached -------------------------------------------------------------------------------


def test_a_cap_that_is_reached_postpones_within_the_duty_and_says_so() -> None:
    shift = Shift(small_centre(1), max_per_hour=1)
    shift.miss("c1", number="+79161230001")
    shift.devices(5, DeviceState.IDLE)
    shift.due(18)
    end(shift, 30, ContactResult.INVALID_NUMBER, rang=True)
    shift.devices(3200, DeviceState.BUSY)
    shift.miss("c2", 3300, SECOND)  # To be contacted by 3900 s; the ring of 18 s counts until 3618 s.
    shift.devices(3310, DeviceState.IDLE)
    shift.due(3320, OB2)
    assert dials_of(shift, SECOND) == 0
    assert shift.journal(DialPostponed) == [
        DialPostponed(moment(3320), OB2, DialRefusal.CAP_PER_HOUR, moment(3618))
    ]
    assert moment(3618) in shift.wakes
    assert (shift.state(OB2), shift.tasks) == (ObligationState.RETRY, ["invalid"])
    shift.due(3618, OB2)
    assert dials_of(shift, SECOND) == 1


def test_only_a_cap_that_outlasts_the_duty_makes_a_task() -> None:
    shift = Shift(small_centre(1), max_per_hour=1)
    shift.miss("c1", number="+79161230001")
    shift.devices(5, DeviceState.IDLE)
    shift.due(18)
    end(shift, 30, ContactResult.INVALID_NUMBER, rang=True)
    shift.devices(35, DeviceState.BUSY)
    shift.miss("c2", 40, SECOND)
    shift.devices(60, DeviceState.IDLE)
    shift.due(70, OB2)
    assert shift.journal(DialPostponed) == []
    assert shift.tasks == ["invalid", DialRefusal.CAP_PER_HOUR]
    assert DialRefused(moment(70), OB2, DialRefusal.CAP_PER_HOUR) in shift.journal(DialRefused)


def test_an_agent_who_dials_by_hand_past_a_cap_is_told_and_nothing_changes() -> None:
    shift = dialled(max_per_hour=1)
    end(shift, 30, ContactResult.NO_ANSWER, rang=True)
    shift.tell(events.RedialWanted(moment(40), A1, ChannelName("PJSIP/1001-9"), "9.9", Phone("89161234567")))
    assert [c for c in shift.decisions[-1].commands if isinstance(c, TellAgent)]
    assert (shift.state(), shift.tasks, len(shift.dials)) == ("retry", [], 1)


# ---- The network is away -----------------------------------------------------------------------------------


def without_network() -> Shift:
    """Two residents whom no trunk carried: both are a human's task."""
    shift = Shift(small_centre(1), max_network_failures=1)
    for call, number in (("c1", "+79161230001"), ("c2", SECOND)):
        shift.miss(call, number=number)
    shift.devices(5, DeviceState.IDLE)
    for obligation in (OB1, OB2):
        shift.due(20, obligation)
        end(shift, 25, ContactResult.UNREACHABLE, 1, obligation, rang=False)
    assert shift.tasks == ["network", "network"]
    return shift


def test_when_the_network_is_away_one_dial_at_a_time_looks_whether_it_is_back() -> None:
    shift = without_network()
    pass_time(shift, 300)
    assert len(shift.dials) == 2
    pass_time(shift, 325)
    assert (shift.state(OB1), shift.state(OB2)) == ("retry", "with_human")
    shift.due(325)
    end(shift, 330, ContactResult.UNREACHABLE, 2, rang=False)
    assert shift.state(OB1) is ObligationState.WITH_HUMAN
    pass_time(shift, 640)
    assert sorted([shift.state(OB1), shift.state(OB2)]) == ["retry", "with_human"]


def test_when_a_trunk_carries_again_everybody_who_waited_for_it_is_dialled() -> None:
    shift = without_network()
    shift.devices(30, DeviceState.BUSY)
    shift.miss("c3", 31, THIRD)
    shift.devices(40, DeviceState.IDLE)
    shift.due(50, OB3)
    end(shift, 60, ContactResult.BUSY, 1, OB3, rang=False)
    assert (shift.state(OB1), shift.state(OB2)) == ("retry", "retry")
    shift.due(60, OB1)
    assert dials_of(shift, "+79161230001") == 2


def test_a_number_that_fails_while_others_are_reached_is_not_tried_each_time_and_is_left_to_a_person() -> (
    None
):
    shift = without_network()
    shift.tell(events.TaskAssignmentRequested(moment(30), OB2, "PETROVA", "chief"))
    at = 40.0
    for n in range(2, 4):
        # Somebody else is reached through the same trunk, just before and just after his own dial fails.
        shift.dispatcher.centre.carried_at["trunk"] = moment(at)
        outage.carried(shift.dispatcher.centre, "trunk", moment(at), moment(at))
        at += 0 if n == 2 else 300
        shift.due(at)
        assert dials_of(shift, "+79161230001") == n
        end(shift, at + 5, ContactResult.UNREACHABLE, n, rang=False)
        shift.dispatcher.centre.carried_at["trunk"] = moment(at)
        at += 10
    assert shift.state() is ObligationState.WITH_HUMAN
    outage.carried(shift.dispatcher.centre, "trunk", moment(at), moment(at))
    pass_time(shift, at + 1000)
    assert shift.state() is ObligationState.WITH_HUMAN


def test_a_task_that_a_person_has_taken_is_left_to_him() -> None:
    shift = without_network()
    shift.tell(events.TaskAssignmentRequested(moment(30), OB1, "PETROVA", "chief"))
    pass_time(shift, 325)
    assert (shift.state(OB1), shift.state(OB2)) == ("with_human", "retry")


# ---- Live calls are known by company --------------------------------------------------------------------


def two_companies() -> Shift:
    policy = small_centre(1)
    lift = replace(policy.lines[EMERGENCY_DID], company=CompanyId("zarya"))
    return Shift(replace(policy, lines={**policy.lines, EMERGENCY_DID: lift}))


def test_who_talks_to_us_on_another_companys_line_is_not_dialled_meanwhile() -> None:
    shift = two_companies()
    shift.miss()
    shift.tell(arrived("c2", 10, did=EMERGENCY_DID))
    shift.tell(holding("c2", 10))
    assert shift.state() is ObligationState.SUSPENDED
    shift.tell(events.CallAnswered(moment(12), CallId("c2"), A1))
    shift.devices(15, DeviceState.IDLE)
    shift.due(18)
    assert shift.dials == []
    assert shift.closed == []
    shift.tell(events.CallEnded(moment(60), CallId("c2"), 16))
    assert (shift.state(), shift.wakes) == (ObligationState.PLANNED, [moment(75)])
    shift.tell(events.TimePassed(moment(72)))
    shift.due(75)
    assert len(shift.dials) == 1


def test_a_dial_under_way_is_given_up_when_he_calls_another_company() -> None:
    shift = two_companies()
    shift.miss()
    shift.devices(15, DeviceState.IDLE)
    shift.due(18)
    shift.tell(arrived("c2", 20, did=EMERGENCY_DID))
    (attempt,) = shift.dispatcher.centre.attempts.values()
    assert attempt.is_cancelled
    end(shift, 21, ContactResult.AGENT_DID_NOT_ANSWER)
    assert shift.state() is ObligationState.SUSPENDED
    shift.tell(events.CallEnded(moment(30), CallId("c2"), 16))
    assert shift.state() is ObligationState.PLANNED


def test_while_a_second_call_of_his_goes_on_he_stays_undialled() -> None:
    shift = two_companies()
    shift.miss()
    for call in ("c2", "c3"):
        shift.tell(arrived(call, 10, did=EMERGENCY_DID))
    shift.tell(events.CallEnded(moment(20), CallId("c2"), 16))
    assert shift.state() is ObligationState.SUSPENDED
    shift.tell(events.CallEnded(moment(30), CallId("c3"), 16))
    assert shift.state() is ObligationState.PLANNED


# ---- Our own calls --------------------------------------------------------------------------------------


def test_a_call_from_one_of_our_own_numbers_is_seen_and_refused_and_owes_nothing() -> None:
    shift = Shift()
    shift.devices(0, DeviceState.IDLE)
    shift.tell(arrived("c9", 1, number="84951234501"))
    assert shift.decisions[-1].commands == (RefuseCall(CallId("c9"), ChannelName("PJSIP/trunk-c9")),)
    assert len(shift.journal(OwnCallRefused)) == 1
    assert shift.tell(holding("c9", 1)).commands == ()
    shift.tell(events.CallEnded(moment(2), CallId("c9"), 16))
    assert not shift.journal(CallOffered)
    assert not shift.journal(CallFinished)
    assert not shift.dispatcher.centre.obligations
    assert not shift.dispatcher.centre.live_by_number


def test_one_that_came_while_we_did_not_look_is_refused_when_it_is_found() -> None:
    shift = Shift()
    live = events.LiveCall(
        CallId("c9"),
        ChannelName("PJSIP/trunk-c9"),
        moment(1),
        EMERGENCY_DID,
        Phone("84951234501"),
        events.LiveCallState.HOLDING,
    )
    decision = shift.tell(events.PbxSnapshot(moment(2), (live,), ()))
    assert RefuseCall(CallId("c9"), ChannelName("PJSIP/trunk-c9")) in decision.commands
    assert len(shift.journal(OwnCallRefused)) == 1
