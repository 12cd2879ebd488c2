"""Phones that take no call: which pause follows, and when they are tried again."""

from __future__ import annotations

import pytest

from queues.messages import events
from queues.messages.commands import OfferCall, PauseAgent
from queues.messages.events import DeviceState, OfferResult
from queues.messages.journal import OfferEnded
from queues.terms.identifiers import AgentId, CallId, ChannelName, Endpoint, OfferId
from tests.support.centre import Desk, arrived, holding, moment, small_centre

A1, C1 = AgentId("1001"), CallId("c1")


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
