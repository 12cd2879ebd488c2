"""The messages of a real Asterisk as moulds: recorded ones, in which names, ids and times are put anew."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ami_adapters.protocol.ami_message import Message
from ami_adapters.protocol.recording import read_tape

_TESTS = Path(__file__).parent.parent
_RECORDINGS = (
    _TESTS / "tapes" / "answered.ami",
    _TESTS / "tapes" / "declined-then-answered.ami",
    _TESTS / "fuzz" / "recorded" / "a-busy-hour.ami",
)
_KINDS = (
    "DialBegin",
    "DialEnd",
    "BridgeEnter",
    "BridgeLeave",
    "Hangup",
    "DeviceStateChange",
    "OriginateResponse",
    "CallengineArrived",
    "CallengineHolding",
    "CallengineCallback",
)


class Vocabulary:
    """`say("Hangup", {"Uniqueid": …})` is the recorded Hangup with these headers; every other is as recorded."""

    def __init__(self) -> None:
        self._moulds: dict[str, tuple[tuple[str, str], ...]] = {}
        for path in _RECORDINGS:
            for message in read_tape(path):
                kind = _kind_of(message)
                if message.timestamp is not None and not (message.action_id and kind != "OriginateResponse"):
                    self._moulds.setdefault(kind, message.headers)
        missing = [kind for kind in _KINDS if kind not in self._moulds]
        if missing:
            raise ValueError(f"the recordings hold no {', '.join(missing)}")

    def say(self, kind: str, values: Mapping[str, str]) -> bytes:
        """One message with these headers in the places of the recorded ones. Raises KeyError for one it has not."""
        mould = self._moulds[kind]
        unknown = values.keys() - {name for name, _ in mould}
        if unknown:
            raise KeyError(f"{kind} has no {', '.join(sorted(unknown))}")
        lines = [f"{name}: {values.get(name, value)}" for name, value in mould]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _kind_of(message: Message) -> str:
    return message.text("UserEvent") or message.name
