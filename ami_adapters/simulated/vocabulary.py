"""The messages of a real Asterisk as moulds: recorded ones, in which names, ids and times are put anew."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ami_adapters.protocol.ami_message import Message
from ami_adapters.protocol.recording import read_tape

MOULDS = Path(__file__).with_name("moulds.ami")
"""One message of each kind, byte for byte as Asterisk 22 sent it: `python -m tests.support.simulated_moulds`."""
KINDS = (
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
    """Raises ValueError when a mould is missing.

    `say("Hangup", {"Uniqueid": …})` is the recorded Hangup with these headers; every other is as recorded.
    """

    def __init__(self) -> None:
        self._moulds = {kind_of(message): message.headers for message in read_tape(MOULDS)}
        missing = [kind for kind in KINDS if kind not in self._moulds]
        if missing:
            raise ValueError(f"{MOULDS.name} holds no {', '.join(missing)}")

    def say(self, kind: str, values: Mapping[str, str]) -> bytes:
        """One message with these headers in the places of the recorded ones. Raises KeyError for one it has not."""
        mould = self._moulds[kind]
        unknown = values.keys() - {name for name, _ in mould}
        if unknown:
            raise KeyError(f"{kind} has no {', '.join(sorted(unknown))}")
        lines = [f"{name}: {values.get(name, value)}" for name, value in mould]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


def kind_of(message: Message) -> str:
    """The name of the event, or of the event of ours that it carries."""
    return message.text("UserEvent") or message.name
