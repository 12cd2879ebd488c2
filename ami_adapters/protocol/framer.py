"""Bytes to AMI messages, sans I/O: nothing is lost or changed at the borders of reads."""

from __future__ import annotations

from collections.abc import Callable

END_OF_MESSAGE = b"\r\n\r\n"
BANNER = b"Asterisk Call Manager"
MAX_MESSAGE_BYTES = 1 << 20


class Framer:
    """Collects bytes and gives out whole messages, without their final blank line.

    A message beyond MAX_MESSAGE_BYTES is dropped and told once, to `on_dropped`; the stream goes on behind it.
    """

    __slots__ = ("_buffer", "_dropping", "_on_dropped", "banner")

    def __init__(self, on_dropped: Callable[[], None] = lambda: None) -> None:
        self._buffer = bytearray()
        self._dropping = False
        self.banner = ""
        self._on_dropped = on_dropped

    def feed(self, data: bytes) -> list[bytes]:
        """Take what was read; return the messages it completed, in order."""
        buffer = self._buffer
        # A border may lie inside the four bytes that end a message: look three bytes back.
        search_from = max(0, len(buffer) - 3)
        buffer += data
        if buffer.find(END_OF_MESSAGE, search_from) < 0 and (self.banner or b"\r\n" not in buffer):
            self._guard()
            return []
        *messages, rest = bytes(buffer).split(END_OF_MESSAGE)
        self._buffer = bytearray(rest)
        if messages and self._dropping:
            messages.pop(0)
            self._dropping = False
        if not self.banner:
            self._take_banner(messages)
        self._guard()
        return [message for message in messages if message]

    def _take_banner(self, messages: list[bytes]) -> None:
        """The greeting is one line without a blank line behind it: cut it off the front."""
        first = messages[0] if messages else bytes(self._buffer)
        line, separator, behind = first.partition(b"\r\n")
        if not first.startswith(BANNER):
            self.banner = "none"
            return
        if not separator and not messages:
            return
        self.banner = line.decode("utf-8", "replace")
        if messages:
            messages[0] = behind
        else:
            self._buffer = bytearray(behind)

    def _guard(self) -> None:
        if len(self._buffer) > MAX_MESSAGE_BYTES:
            if not self._dropping:
                self._on_dropped()
            self._dropping = True
            # Keep what may be the beginning of the end.
            del self._buffer[:-3]
