"""Phones that take no call: which pause follows, and when they are tried again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from queues.messages import events
from queues.messages.commands import OfferCall, PauseAgent
from queues.messages.events import ContactResult, DeviceState, OfferResult
from queues.messages.journal import OfferEnded
from queues.terms.identifiers import AgentId, AttemptId, CallId, ChannelName, Endpoint, OfferId
from queues.terms.phone import Phone
from tests.support.centre import GENERAL, Desk, arrived, holding, moment, small_centre
from tests.support.shift import Shift
from tests.unit.queues.test_queues_pbx_queue import seen, watching

A1, A2, C1 = AgentId("1001"), AgentId("1002"), CallId("c1")


def waiting() -> Desk:
    desk = Desk(small_centre(1))
    desk.open()
    desk.tell(arrived("c1", 0))
    desk.tell(holding("c1", 0))
    return desk


def offers(desk: Desk) -> int:
    return sum(isinstance(one, OfferCall) for decision in desk.decisions for one in decision.commands)


def refuses(desk: Desk, number: int, at: float, result: OfferResult, *, after: float = 0.1) -> None:
    """The phone is dialled at `at`, refuses `after` seconds later; the decline pause passes."""
    desk.tell(events.AgentRang(moment(at), C1, A1, ChannelName(f"PJSIP/1001-{number}")))
    desk.tell(events.CallHolding(moment(at + after), C1, OfferId(f"c1/1.{number}"), result))
    desk.tell(events.TimePassed(moment(at + after + 5)))


@pytest.mark.parametrize(
    ("result", "after", "reason"),
    [
        (OfferResult.DECLINED, 0.1, "do not disturb"),
        (OfferResult.DECLINED, 1.0, "declined"),
        (OfferResult.DECLINED, 3.0, "declined"),
        (OfferResult.NO_ANSWER, 0.1, "do not disturb"),
        (OfferResult.NO_ANSWER, 20.0, "no answer"),
        (OfferResult.FORWARDED, 0.1, "phone forwards"),
        (OfferResult.NOT_ACCEPTED, 0.1, "phone refuses"),
        (OfferResult.UNREACHABLE, 0.1, "unreachable"),
    ],
)
def test_two_in_a_row_pause_the_agent_with_the_reason(result: OfferResult, after: float, reason: str) -> None:
    desk = waiting()
    refuses(desk, 1, 1, result, after=after)
    refuses(desk, 2, 40, result, after=after)
    assert offers(desk) == 2
    assert desk.dispatcher.view().agents[0].pause_reason == reason
    paused = [one for decision in desk.decisions for one in decision.commands if isinstance(one, PauseAgent)]
    assert paused == [PauseAgent(A1, Endpoint("PJSIP/1001"), reason)]


def test_a_phone_that_refuses_is_tried_again_ever_later_until_it_takes_a_call() -> None:
    desk = waiting()
    refuses(desk, 1, 1, OfferResult.DO_NOT_DISTURB)
    refuses(desk, 2, 10, OfferResult.DO_NOT_DISTURB)
    desk.tell(events.TimePassed(moment(65)))
    assert offers(desk) == 2
    desk.tell(events.TimePassed(moment(72)))
    assert offers(desk) == 3
    refuses(desk, 3, 72, OfferResult.DO_NOT_DISTURB)
    assert desk.dispatcher.view().agents[0].pause_reason == "do not disturb"
    desk.tell(events.TimePassed(moment(150)))
    assert offers(desk) == 3
    desk.tell(events.TimePassed(moment(195)))
    assert offers(desk) == 4
    desk.tell(events.CallAnswered(moment(197), C1, A1))
    agent = desk.dispatcher.view().agents[0]
    assert (agent.state, agent.pause_reason) == ("talking", "")
    assert [one.result for one in desk.journal(OfferEnded) if isinstance(one, OfferEnded)] == [
        OfferResult.DO_NOT_DISTURB
    ] * 3


def test_a_phone_that_was_out_of_reach_comes_back_when_it_is_reached() -> None:
    desk = waiting()
    refuses(desk, 1, 1, OfferResult.UNREACHABLE)
    refuses(desk, 2, 10, OfferResult.UNREACHABLE)
    desk.tell(events.AgentDeviceChanged(moment(20), A1, DeviceState.UNAVAILABLE))
    desk.tell(events.AgentDeviceChanged(moment(400), A1, DeviceState.IDLE))
    assert offers(desk) == 3


def test_a_phone_is_free_when_its_last_channel_is_gone_whatever_told_of_him_first() -> None:
    desk = Desk(small_centre(1))
    desk.open()
    desk.tell(events.AgentPaused(moment(0), A1, "lunch"))
    desk.tell(arrived("c1", 0))
    desk.tell(holding("c1", 0))
    desk.tell(events.AgentPhoneUsed(moment(5), A1, in_use=True))
    desk.tell(events.AgentUnpaused(moment(5), A1))
    assert offers(desk) == 0
    desk.tell(events.AgentDeviceChanged(moment(5), A1, DeviceState.BUSY))
    desk.tell(events.AgentDeviceChanged(moment(6), A1, DeviceState.IDLE))
    assert offers(desk) == 0
    desk.tell(events.AgentPhoneUsed(moment(7), A1, in_use=False))
    assert offers(desk) == 1


def test_an_agent_who_works_for_asterisks_queues_only_is_not_paused_for_callbacks_either() -> None:
    policy = watching(dial=True, agents=1)
    only = replace(policy.agents[A1], queues=frozenset({GENERAL}))
    shift = Shift(replace(policy, agents={A1: only}))
    shift.tell(seen(4))
    shift.tell(events.CallEnded(moment(6), C1, 16))
    shift.devices(7, DeviceState.IDLE)
    shift.due(30)
    for n in (1, 2, 3):
        ended = events.AttemptEnded(
            moment(30 + 30 * n), AttemptId(f"ob-c1.1.{n}"), ContactResult.AGENT_DID_NOT_ANSWER
        )
        shift.tell(ended)
        shift.tell(events.TimePassed(moment(50 + 30 * n)))
    assert len(shift.dials) == 4
    assert shift.dispatcher.view().agents[0].pause_reason == ""


def test_a_phone_that_refused_is_tried_after_its_rest_also_when_he_is_just_at_work() -> None:
    """He dialled a resident by hand: his place among the idle is not taken from him by that."""
    shift = Shift(small_centre(1))
    shift.miss()
    look = events.LiveAgent(A1, DeviceState.IDLE, logged_in=True, paused="do not disturb")
    shift.tell(events.PbxSnapshot(moment(5), (), (look,)))
    agent = shift.dispatcher.centre.agents[A1]
    shift.tell(events.RedialWanted(moment(10), A1, ChannelName("PJSIP/1001-9"), "1.9", Phone("89161234567")))
    before = agent.idle_since
    shift.tell(events.TimePassed(moment(5) + shift.policy.refused_phone_retry))
    assert (agent.is_tried, agent.work.value, agent.idle_since) == (True, "offered", before)


def test_after_his_phones_rest_he_is_the_last_of_the_idle() -> None:
    desk = Desk(small_centre(2))
    desk.open()
    paused = events.LiveAgent(A1, DeviceState.IDLE, logged_in=True, paused="declined")
    desk.tell(events.PbxSnapshot(moment(5), (), (paused, replace(paused, agent=A2, paused=None))))
    for at in (10, 20):  # The colleague became idle after him, and yet is asked first.
        desk.tell(
            events.AgentPaused(moment(at), A2, "lunch") if at == 10 else events.AgentUnpaused(moment(at), A2)
        )
    desk.tell(events.TimePassed(moment(5) + desk.policy.refused_phone_retry))
    desk.tell(arrived("c1", 100))
    decision = desk.tell(holding("c1", 100))
    assert [one.agent for one in decision.commands if isinstance(one, OfferCall)] == [A2]


def test_a_phone_that_becomes_busy_is_not_one_that_is_back_in_reach() -> None:
    desk = Desk(small_centre(1))
    away = events.LiveAgent(A1, DeviceState.IDLE, logged_in=True)
    desk.tell(events.PbxSnapshot(moment(0), (), (away,)))
    desk.dispatcher.centre.agents[A1].pause_reason = "unreachable"
    desk.tell(events.AgentDeviceChanged(moment(5), A1, DeviceState.BUSY))
    assert desk.dispatcher.view().agents[0].pause_reason == "unreachable"
    desk.tell(events.AgentDeviceChanged(moment(6), A1, DeviceState.UNAVAILABLE))
    assert desk.dispatcher.view().agents[0].pause_reason == "unreachable"
    desk.tell(events.AgentDeviceChanged(moment(7), A1, DeviceState.BUSY))
    assert desk.dispatcher.view().agents[0].pause_reason == ""


def test_a_pause_of_his_own_is_not_ended_by_his_phone_that_is_back() -> None:
    desk = Desk(small_centre(1))
    desk.open()
    desk.tell(events.AgentPaused(moment(1), A1, "lunch"))
    for state in (DeviceState.UNAVAILABLE, DeviceState.IDLE):
        desk.tell(events.AgentDeviceChanged(moment(5), A1, state))
    assert desk.dispatcher.view().agents[0].pause_reason == "lunch"


def test_who_takes_a_call_before_his_decline_pause_is_over_is_not_disturbed_by_its_end() -> None:
    desk = waiting()
    desk.tell(events.CallHolding(moment(3), C1, OfferId("c1/1.1"), OfferResult.DECLINED))
    desk.tell(events.CallFellBack(moment(4), C1))
    desk.tell(events.CallAnswered(moment(5), C1, A1, by_fallback=True))
    assert desk.dispatcher.next_wakeup() is None


def test_whoever_has_wrapped_up_is_the_last_of_the_idle() -> None:
    desk = Desk(small_centre(2, wrap_up=10))
    desk.open()
    desk.tell(events.AgentPaused(moment(0), A2, "lunch"))
    desk.tell(arrived("c1", 1))
    desk.tell(holding("c1", 1))
    desk.tell(events.CallAnswered(moment(2), C1, A1))
    desk.tell(events.CallEnded(moment(10), C1, 16))
    desk.tell(events.AgentUnpaused(moment(15), A2))
    desk.tell(events.TimePassed(moment(20)))
    desk.tell(arrived("c2", 30))
    decision = desk.tell(holding("c2", 30))
    assert [one.agent for one in decision.commands if isinstance(one, OfferCall)] == [A2]
