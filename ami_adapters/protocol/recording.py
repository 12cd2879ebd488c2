"""AMI tapes: what Asterisk sent, byte for byte, to be played again whole or in any pieces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ami_adapters.protocol.ami_message import Message
from ami_adapters.protocol.framer import Framer


class TapeRecorder:
    """Writes incoming bytes to a file. Login is outgoing, so no secret can be in them; numbers are."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")

    def __call__(self, data: bytes) -> None:
        """Take what was read from the socket."""
        self._file.write(data)

    def close(self) -> None:
        """The tape is complete."""
        self._file.close()


def play(chunks: Iterable[bytes]) -> Iterator[Message]:
    """The messages of a recording, cut in any way."""
    framer = Framer()
    for chunk in chunks:
        for raw in framer.feed(chunk):
            yield Message(raw)


def read_tape(path: Path) -> list[Message]:
    """All messages of a recorded tape."""
    return list(play([path.read_bytes()]))
