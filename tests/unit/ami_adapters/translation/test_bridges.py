"""Whose a resident is, and whether he hears music, read from bridges in whatever order channels come and go."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ami_adapters.channels.channel_registry import ChannelRegistry
from ami_adapters.protocol.ami_message import Message
from ami_adapters.translation.event_translation import EventTranslator
from queues.messages import events
from queues.messages.events import Event
from queues.terms.identifiers import AgentId, AttemptId, CallId, ChannelName
from tests.support.centre import small_centre

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
RESIDENT, FIRST, SECOND = "PJSIP/trunk-01", "PJSIP/1001-02", "PJSIP/1002-03"
A1, A2 = AgentId("1001"), AgentId("1002")


class Bridges:
    """A translator that is told what Asterisk does with its channels; a channel's name is its Uniqueid here."""

    def __init__(self) -> None:
        registry = ChannelRegistry.of(small_centre(2).agents.values())
        self.registry = registry
        self.translator = EventTranslator(registry, lambda: NOW)

    def tell(self, event: str, channel: str, bridge: str = "b1", **more: str) -> list[Event]:
        fields = {"Event": event, "Uniqueid": channel, "Channel": channel, "BridgeUniqueid": bridge, **more}
        message = Message("".join(f"{key}: {value}\r\n" for key, value in fields.items()).encode())
        return [
            one
            for one in self.translator.translate(message)
            if not isinstance(one, events.AgentLegEnded | events.AgentPhoneUsed)
        ]

    def dial(self, caller: str, callee: str) -> None:
        self.tell("DialBegin", caller, DestUniqueid=callee, DestChannel=callee)


def talking() -> Bridges:
    """The resident speaks with 1001."""
    bridges = Bridges()
    bridges.tell("UserEvent", RESIDENT, UserEvent="CallengineArrived", Arrived="1.5", Did="1", Number="2")
    bridges.dial(RESIDENT, FIRST)
    bridges.tell("BridgeEnter", FIRST)
    (answered,) = bridges.tell("BridgeEnter", RESIDENT)
    assert isinstance(answered, events.CallAnswered)
    return bridges


def moved(channel: str = RESIDENT) -> list[Event]:
    return [events.CallTransferred(NOW, CallId(channel), A2)]


def held(*, yes: bool, channel: str = RESIDENT) -> list[Event]:
    return [events.ConversationHeld(NOW, ChannelName(channel), held=yes)]


def test_he_is_moved_to_the_colleagues_bridge() -> None:
    bridges = talking()
    bridges.dial("PJSIP/1001-04", SECOND)
    assert bridges.tell("BridgeEnter", SECOND, "b2") == []
    assert bridges.tell("BridgeEnter", "PJSIP/1001-04", "b2") == []
    assert bridges.tell("BridgeLeave", RESIDENT) == []
    assert bridges.tell("BridgeLeave", "PJSIP/1001-04", "b2") == []
    assert bridges.tell("BridgeEnter", RESIDENT, "b2") == moved()


def test_the_colleague_is_moved_to_his_bridge() -> None:
    bridges = talking()
    assert bridges.tell("BridgeLeave", FIRST) == []
    assert bridges.tell("BridgeEnter", "Local/1002@callengine-transfer-05;1") == []
    assert bridges.tell("BridgeEnter", SECOND) == moved()
    assert bridges.tell("Hangup", FIRST) == []


def test_while_both_are_with_him_he_stays_the_first_ones_and_then_becomes_the_others() -> None:
    bridges = talking()
    assert bridges.tell("BridgeEnter", SECOND) == []
    assert bridges.tell("BridgeLeave", FIRST) == moved()


def test_he_comes_back_to_who_gave_him_away() -> None:
    bridges = talking()
    bridges.tell("BridgeLeave", FIRST)
    bridges.tell("Hangup", FIRST)
    again = "PJSIP/1001-09"
    bridges.dial(RESIDENT, again)
    assert bridges.tell("BridgeEnter", again) == [
        events.CallTransferred(NOW, CallId(RESIDENT), AgentId("1001"))
    ]


def test_he_comes_back_by_a_new_call_of_the_same_phone_before_the_old_one_is_gone() -> None:
    """Asterisk itself rings who asked by *2 and hung up, when nobody else wants the resident."""
    bridges, again = talking(), "PJSIP/1001-09"
    bridges.tell("BridgeLeave", FIRST)
    bridges.tell("DialBegin", "", DestUniqueid=again, DestChannel=again)
    assert bridges.tell("BridgeEnter", again) == []
    back = [events.CallTransferred(NOW, CallId(RESIDENT), AgentId("1001"))]
    assert bridges.tell("Hangup", FIRST) == back
    # And once more, from there.
    third = "PJSIP/1001-10"
    bridges.tell("BridgeLeave", again)
    bridges.tell("Hangup", again)
    bridges.dial(RESIDENT, third)
    assert bridges.tell("BridgeEnter", third) == back


@pytest.mark.parametrize("taker", [A1, A2])
def test_a_callback_that_comes_back_to_who_made_it_is_his_again(taker: AgentId) -> None:
    bridges, attempt = Bridges(), "ob-7.1.1"
    bridges.registry.add_attempt(attempt, FIRST)
    bridges.tell("UserEvent", FIRST, UserEvent="CallengineCallback", Attempt=attempt, Do="dialling")
    bridges.tell("BridgeEnter", RESIDENT)
    bridges.tell("BridgeEnter", FIRST)
    bridges.tell("Hangup", FIRST)
    for n in range(2):
        leg = f"PJSIP/{taker}-1{n}"
        bridges.dial(RESIDENT, leg)
        assert bridges.tell("BridgeEnter", leg) == [
            events.AttemptPassedOn(NOW, AttemptId(attempt), taker, ChannelName(RESIDENT))
        ]
        bridges.tell("BridgeLeave", leg)
        bridges.tell("Hangup", leg)


@pytest.mark.parametrize("back", ["unhold", "another agent"])
def test_he_hears_music_from_hold_until_somebody_is_with_him_again(back: str) -> None:
    bridges = talking()
    assert bridges.tell("Hold", FIRST) == held(yes=True)
    assert bridges.tell("Hold", FIRST) == []
    if back == "unhold":
        assert bridges.tell("Unhold", FIRST) == held(yes=False)
        assert bridges.tell("Unhold", FIRST) == []
    else:
        assert bridges.tell("Hangup", FIRST) == []
        assert bridges.tell("BridgeEnter", SECOND) == [*held(yes=False), *moved()]


def test_a_resident_who_puts_us_on_hold_is_not_held() -> None:
    assert talking().tell("Hold", RESIDENT) == []


def test_a_callback_belongs_to_whoever_speaks_with_the_residents_telephone() -> None:
    bridges = Bridges()
    attempt = "ob-7.1.1"
    bridges.registry.add_attempt(attempt, FIRST)
    bridges.tell("UserEvent", FIRST, UserEvent="CallengineCallback", Attempt=attempt, Do="dialling")
    bridges.tell("BridgeEnter", RESIDENT)
    assert bridges.tell("BridgeEnter", FIRST) == [events.AttemptContacted(NOW, AttemptId(attempt))]
    assert bridges.tell("Hold", FIRST) == held(yes=True)
    assert bridges.tell("Unhold", FIRST) == held(yes=False)
    (ended,) = bridges.tell("Hangup", FIRST)
    assert isinstance(ended, events.AttemptEnded)
    bridges.dial(RESIDENT, SECOND)
    bridges.tell("BridgeEnter", SECOND, "b2")
    assert bridges.tell("BridgeEnter", RESIDENT, "b2") == [
        events.AttemptPassedOn(NOW, AttemptId(attempt), A2, ChannelName(RESIDENT))
    ]


def waiting() -> Bridges:
    """1001's phone rings for the resident."""
    bridges = Bridges()
    bridges.tell("UserEvent", RESIDENT, UserEvent="CallengineArrived", Arrived="1.5", Did="1", Number="2")
    bridges.dial(RESIDENT, FIRST)
    return bridges


def answered(agent: AgentId | None, *, by_fallback: bool = False) -> list[Event]:
    return [events.CallAnswered(NOW, CallId(RESIDENT), agent, by_fallback)]


def test_whoever_is_bridged_is_who_answered_whichever_phone_rang() -> None:
    """A colleague picked it up: his channel was dialled by nobody."""
    bridges = waiting()
    assert bridges.tell("Hangup", FIRST) == []
    assert bridges.tell("BridgeEnter", SECOND) == []
    assert bridges.tell("BridgeEnter", RESIDENT) == answered(A2)
    ended = bridges.translator.translate(
        Message(f"Event: Hangup\r\nUniqueid: {SECOND}\r\nChannel: {SECOND}\r\n".encode())
    )
    assert ended == [
        events.AgentPhoneUsed(NOW, A2, in_use=False),
        events.AgentLegEnded(NOW, A2, ChannelName(SECOND), CallId(RESIDENT)),
    ]


def test_a_masquerade_into_the_leg_that_rang_makes_it_the_colleagues() -> None:
    bridges = waiting()
    bridges.tell("Rename", FIRST, Newname="PJSIP/1002-09")
    bridges.tell("BridgeEnter", FIRST, Channel="PJSIP/1002-09")
    assert bridges.tell("BridgeEnter", RESIDENT) == answered(A2)


def test_a_channel_that_is_renamed_within_a_bridge_belongs_to_its_new_phone() -> None:
    bridges = talking()
    bridges.tell("Rename", FIRST, Newname="PJSIP/1002-09")
    assert bridges.tell("BridgeEnter", "PJSIP/other-1") == moved()


def test_the_agent_may_come_into_the_bridge_after_the_resident() -> None:
    bridges = waiting()
    assert bridges.tell("BridgeEnter", RESIDENT) == []
    assert bridges.tell("BridgeEnter", FIRST) == answered(AgentId("1001"))


@pytest.mark.parametrize("by_fallback", [False, True])
def test_where_a_phone_sent_the_call_on_to_nobody_has_answered(by_fallback: bool) -> None:
    """302: Asterisk rings a Local channel in the phone's own context, where a phrase is played."""
    half = "Local/79165550000@callengine-agent-00000000;1"
    bridges = waiting()
    if by_fallback:
        bridges.tell("UserEvent", RESIDENT, UserEvent="CallengineFallback")
    bridges.dial(RESIDENT, half)
    assert bridges.tell("BridgeEnter", half) == []
    assert bridges.tell("BridgeEnter", RESIDENT) == []
    bridges.tell("BridgeLeave", half)
    bridges.tell("BridgeLeave", RESIDENT)
    bridges.dial(RESIDENT, SECOND)
    bridges.tell("BridgeEnter", SECOND, "b2")
    assert bridges.tell("BridgeEnter", RESIDENT, "b2") == answered(A2, by_fallback=by_fallback)


def test_a_phone_of_nobody_in_the_settings_answers_only_where_asterisks_own_queue_rang_it() -> None:
    stranger = "PJSIP/1099-07"
    bridges = waiting()
    bridges.dial(RESIDENT, stranger)
    bridges.tell("BridgeEnter", stranger)
    assert bridges.tell("BridgeEnter", RESIDENT) == []
    bridges.tell("BridgeLeave", RESIDENT)
    bridges.tell("UserEvent", RESIDENT, UserEvent="CallengineFallback")
    assert bridges.tell("BridgeEnter", RESIDENT) == answered(None, by_fallback=True)


def test_only_the_far_end_of_the_trunk_that_was_dialled_is_evidence_of_a_contact() -> None:
    """A redirection brought the agent together with a Local channel into our own line: nobody had been reached."""
    bridges = Bridges()
    attempt = "ob-7.1.1"
    bridges.registry.add_attempt(attempt, FIRST, trunk="trunk")
    bridges.tell("UserEvent", FIRST, UserEvent="CallengineCallback", Attempt=attempt, Do="dialling")
    bridges.tell("BridgeEnter", FIRST)
    for stranger in ("Local/74951234501@callengine-in-07;1", "PJSIP/other-08", "PJSIP/trunk-two-09", SECOND):
        assert not [
            one for one in bridges.tell("BridgeEnter", stranger) if isinstance(one, events.AttemptContacted)
        ]
        bridges.tell("BridgeLeave", stranger)
    assert events.AttemptContacted(NOW, AttemptId(attempt)) in bridges.tell("BridgeEnter", RESIDENT)
