"""What an Asterisk would answer if it were asked now: kept from a recording, independently of the engine's own code.

Tests use it for a (re)connect at any point of a tape: who joins there learns this, and then hears the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ami_adapters.protocol.ami_message import Message
from ami_adapters.protocol.dialplan_names import FALLBACK_QUEUE

Answers = Mapping[str, Sequence[Message]]


@dataclass(slots=True)
class _Channel:
    name: str
    linkedid: str
    variables: dict[str, str] = field(default_factory=dict)
    caller_name: str = ""
    bridge: str = ""
    offers: int = 0


class PbxTruth:
    """Channels, bridges, devices and AstDB as one recording has left them so far."""

    def __init__(self) -> None:
        self._channels: dict[str, _Channel] = {}
        self._devices: dict[str, str] = {}
        self._logged_in: set[str] = set()
        self._paused: dict[str, str] = {}
        self._inbox: dict[str, str] = {}
        self._in_fallback: set[str] = set()

    def take(self, message: Message) -> None:
        """One more message of the recording, an answer to the recorded engine included."""
        uniqueid = message.text("Uniqueid")
        match message.name, message.text("UserEvent"):
            case "UserEvent", "CallengineArrived":
                self._arrive(message)
            case "UserEvent", "CallengineHolding":
                self._channels[uniqueid].variables["CALLENGINE_STATE"] = "holding"
            case "UserEvent", "CallengineFallback":
                self._channels[uniqueid].variables["CALLENGINE_STATE"] = "fallback"
            case "UserEvent", "CallengineAgent":
                self._agent(message)
            case "QueueCallerJoin" | "QueueCallerLeave", _ if message.text("Queue") == FALLBACK_QUEUE:
                change = (
                    self._in_fallback.add if message.name == "QueueCallerJoin" else self._in_fallback.discard
                )
                change(uniqueid)
            case "DialBegin", _:
                leg = _Channel(message.text("DestChannel"), message.text("DestLinkedid"))
                self._channels[message.text("DestUniqueid")] = leg
            case "BridgeEnter", _:
                self._enter_bridge(message)
            case "BridgeLeave", _ if uniqueid in self._channels:
                self._channels[uniqueid].bridge = ""
            case "Hangup", _:
                self._hang_up(message)
            case "DeviceStateChange", _:
                self._devices[message.text("Device")] = message.text("State")
            case "", _ if message.text("Message") == "Redirect successful":
                self._redirect()
            case _:
                pass

    def answers(self) -> Answers:
        """To the questions of `ami_adapters.resync.snapshot.SNAPSHOT_ACTIONS`."""
        return {
            "status": [self._status(uniqueid, channel) for uniqueid, channel in self._channels.items()],
            "devices": [
                _message("DeviceStateChange", ("Device", device), ("State", state))
                for device, state in self._devices.items()
            ],
            "queues": [
                _message("QueueMember", ("Location", phone), ("Paused", "1"), ("PausedReason", reason))
                for phone, reason in self._paused.items()
            ]
            + [
                _message("QueueEntry", ("Queue", FALLBACK_QUEUE), ("Uniqueid", uniqueid))
                for uniqueid in sorted(self._in_fallback)
            ],
            "agents": _tree("agent", ((phone, "in|0") for phone in sorted(self._logged_in))),
            "inbox": _tree("inbox", self._inbox.items()),
            "attempts": [],
        }

    def _arrive(self, message: Message) -> None:
        channel = _Channel(message.get("Channel"), message.text("Linkedid"))
        channel.caller_name = message.text("CallerIDName")
        channel.variables = {
            "CALLENGINE_ARRIVED": message.text("Arrived"),
            "CALLENGINE_DID": message.text("Did"),
            "CALLENGINE_NUMBER": message.text("Number"),
            "CALLENGINE_STATE": "arriving",
        }
        self._channels[message.text("Uniqueid")] = channel
        self._write_inbox(message.text("Uniqueid"), "arriving")

    def _redirect(self) -> None:
        """The recordings hold one resident, so it was he."""
        for uniqueid, channel in self._channels.items():
            if channel.variables.get("CALLENGINE_STATE") == "holding":
                channel.offers += 1
                channel.variables["CALLENGINE_STATE"] = "offered"
                channel.variables["CALLENGINE_OFFER"] = f"{uniqueid}/1.{channel.offers}"

    def _enter_bridge(self, message: Message) -> None:
        channel = self._channels.get(message.text("Uniqueid"))
        if channel is None:
            return
        channel.bridge = message.text("BridgeUniqueid")
        if "CALLENGINE_ARRIVED" in channel.variables and "CALLENGINE_ANSWERED" not in channel.variables:
            by = "fallback" if channel.variables["CALLENGINE_STATE"] == "fallback" else "answered"
            others = (one for one in self._channels.values() if one is not channel)
            leg = next((one.name for one in others if one.bridge == channel.bridge), "")
            channel.variables["CALLENGINE_ANSWERED"] = message.text("Timestamp")
            channel.variables["CALLENGINE_ANSWERED_BY"] = f"{by}@{leg}"
            channel.variables["CALLENGINE_STATE"] = "talking"
            self._write_inbox(message.text("Uniqueid"), f"{by}@{leg}")

    def _hang_up(self, message: Message) -> None:
        uniqueid = message.text("Uniqueid")
        if uniqueid in self._inbox:
            state = self._channels[uniqueid].variables.get("CALLENGINE_ANSWERED_BY", "ended")
            self._write_inbox(uniqueid, state, message.text("Timestamp"))
            self._in_fallback.discard(uniqueid)
        self._channels.pop(uniqueid, None)

    def _agent(self, message: Message) -> None:
        phone = message.text("Endpoint")
        match message.text("Do"):
            case "login":
                self._logged_in.add(phone.partition("/")[2])
            case "logout":
                self._logged_in.discard(phone.partition("/")[2])
                self._paused.pop(phone, None)
            case "pause":
                self._paused[phone] = message.text("Reason") or "pause"
            case "unpause":
                self._paused.pop(phone, None)
            case _:
                pass

    def _write_inbox(self, uniqueid: str, state: str, ended: str = "") -> None:
        variables = self._channels[uniqueid].variables
        self._inbox[uniqueid] = "|".join(
            (
                "1",
                variables["CALLENGINE_ARRIVED"],
                variables["CALLENGINE_DID"],
                variables["CALLENGINE_NUMBER"],
                state,
                variables.get("CALLENGINE_ANSWERED", ""),
                ended,
            )
        )

    def _status(self, uniqueid: str, channel: _Channel) -> Message:
        return _message(
            "Status",
            ("Channel", channel.name),
            ("Uniqueid", uniqueid),
            ("Linkedid", channel.linkedid),
            ("CallerIDName", channel.caller_name or "<unknown>"),
            *((("BridgeID", channel.bridge),) if channel.bridge else ()),
            *(("Variable", f"{name}={value}") for name, value in channel.variables.items()),
        )


def _tree(kind: str, entries: Iterable[tuple[str, str]]) -> list[Message]:
    return [
        _message("DBGetTreeResponse", ("Key", f"/callengine/{kind}/{key}"), ("Val", value))
        for key, value in entries
    ]


def _message(name: str, *headers: tuple[str, str]) -> Message:
    lines = [f"Event: {name}", *(f"{key}: {value}" for key, value in headers)]
    return Message("\r\n".join(lines).encode())
