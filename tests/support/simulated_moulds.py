"""The simulated Asterisk's words, taken from recordings of a real one: `python -m tests.support.simulated_moulds`."""

from __future__ import annotations

from pathlib import Path

from ami_adapters.protocol.ami_message import Message
from ami_adapters.protocol.framer import Framer
from ami_adapters.simulated.vocabulary import KINDS, MOULDS, kind_of

_TESTS = Path(__file__).parent.parent
_RECORDINGS = (
    _TESTS / "tapes" / "answered.ami",
    _TESTS / "tapes" / "declined-then-answered.ami",
    _TESTS / "fuzz" / "recorded" / "a-busy-hour.ami",
)


def recorded_moulds() -> bytes:
    """The first message of each kind, byte for byte."""
    found: dict[str, bytes] = {}
    for path in _RECORDINGS:
        for raw in Framer().feed(path.read_bytes()):
            message = Message(raw)
            kind = kind_of(message)
            is_answer = message.action_id and kind != "OriginateResponse"
            if message.timestamp is not None and not is_answer and kind in KINDS:
                found.setdefault(kind, raw)
    return b"".join(found[kind] + b"\r\n\r\n" for kind in KINDS)


if __name__ == "__main__":
    MOULDS.write_bytes(recorded_moulds())
