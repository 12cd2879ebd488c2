"""AMI tapes: what Asterisk sent, byte for byte, to be played again whole or in any pieces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ami_adapters.protocol.ami_message import Message
from ami_adapters.protocol.framer import Framer


def play(chunks: Iterable[bytes]) -> Iterator[Message]:
    """The messages of a recording, cut in any way."""
    framer = Framer()
    for chunk in chunks:
        for raw in framer.feed(chunk):
            yield Message(raw)


def read_tape(path: Path) -> list[Message]:
    """All messages of a recorded tape."""
    return list(play([path.read_bytes()]))
