"""What Asterisk's lists say of a resident, read into the snapshot."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ami_adapters.channels.channel_registry import ChannelRegistry
from ami_adapters.protocol.ami_message import Message
from ami_adapters.resync.snapshot import read_snapshot
from queues.messages.events import LiveCall, LiveCallState
from queues.terms.identifiers import AgentId, Endpoint

NOW = datetime(2026, 11, 27, 5, 47, 38, tzinfo=UTC)
RESIDENT = {
    "CALLENGINE_ARRIVED": "1795758456.383496",
    "CALLENGINE_DID": "74950000001",
    "CALLENGINE_NUMBER": "79160000005",
    "CALLENGINE_STATE": "talking",
    "CALLENGINE_ANSWERED": "1795758457.334037",
}


def status(uniqueid: str, channel: str, variables: dict[str, str], bridge: str = "") -> Message:
    """As Asterisk 22 writes it; its other headers are read by nobody."""
    lines = [
        "Event: Status",
        f"Channel: {channel}",
        f"Uniqueid: {uniqueid}",
        "Linkedid: 1795758456.16",
        f"BridgeID: {bridge}",
        *(f"Variable: {name}={value}" for name, value in variables.items()),
    ]
    return Message("\r\n".join(lines).encode())


def read(*channels: Message) -> LiveCall:
    registry = ChannelRegistry(
        {Endpoint("PJSIP/1002"): AgentId("1002"), Endpoint("PJSIP/1003"): AgentId("1003")}
    )
    answers = {"status": channels, "devices": (), "queues": (), "agents": (), "attempts": ()}
    (found,) = read_snapshot(answers, registry, NOW).snapshot.calls
    return found


@pytest.mark.parametrize(
    ("mark", "answered_by"),
    [
        ("fallback@PJSIP/1002-00000011", "1002"),
        ("answered@PJSIP/1002-00000011", "1002"),
        ("fallback@PJSIP/reception-00000012", None),
        ("answered@Local/79160000099@default-00000001;1", None),
    ],
)
def test_whose_agent_hung_up_a_moment_before_the_list_says_who_he_was(
    mark: str, answered_by: str | None
) -> None:
    """The dialplan looks whether he left him in the music, so the resident's channel is there a moment longer."""
    found = read(
        status("1795758456.16", "PJSIP/trunk-00000010", {**RESIDENT, "CALLENGINE_ANSWERED_BY": mark})
    )
    assert (found.state, found.agent, found.answered_by) == (LiveCallState.TALKING, None, answered_by)


def test_who_is_with_him_now_is_told_and_not_who_answered_first() -> None:
    found = read(
        status(
            "1795758456.16",
            "PJSIP/trunk-00000010",
            {**RESIDENT, "CALLENGINE_ANSWERED_BY": "answered@PJSIP/1002-00000011"},
            bridge="b1",
        ),
        status("1795758456.20", "PJSIP/1003-00000013", {}, bridge="b1"),
    )
    assert (found.agent, found.answered_by) == ("1003", None)
