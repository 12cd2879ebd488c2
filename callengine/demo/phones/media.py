"""RTP for many calls in one process: one socket a call, one 20 ms ticker for all.

aiortp runs tasks and jitter buffers for each call; for tones a prebuilt frame and a header are enough, and the
phones must not take the processor from the Asterisk and the engine that they measure.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import socket
import struct
from collections.abc import Callable, Iterable
from typing import Any

from callengine.demo.phones.tones import FRAME_SAMPLES, SILENT_FRAME, tone_frame, tone_in

PCMA = 8
TELEPHONE_EVENT = 101
_KEYS = "0123456789*#"
_KEY = struct.Struct("!BBH")
_KEY_FRAMES = 5
_KEY_VOLUME = 10
_KEY_END = 0x80
_MARKER = 0x80
_HEADER = struct.Struct("!BBHII")
_FRAME_SECONDS = 0.02
_FRAMES_TO_BE_SURE = 3
_LONGEST_PACKET = 2048


class Ticker:
    """Calls every stream each 20 ms; runs only while there are streams."""

    def __init__(self) -> None:
        self._streams: set[RtpStream] = set()
        self._handle: asyncio.TimerHandle | None = None
        self._due = 0.0

    def add(self, stream: RtpStream) -> None:
        """The stream sends from the next tick on."""
        self._streams.add(stream)
        if self._handle is None:
            loop = asyncio.get_running_loop()
            self._due = loop.time()
            self._handle = loop.call_soon(self._tick)  # type: ignore[assignment]  # a TimerHandle is a Handle

    def remove(self, stream: RtpStream) -> None:
        """The stream is over."""
        self._streams.discard(stream)
        if not self._streams and self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _tick(self) -> None:
        for stream in tuple(self._streams):
            stream.send_frame()
        loop = asyncio.get_running_loop()
        # A late tick is not made up for by a burst.
        self._due = max(self._due + _FRAME_SECONDS, loop.time() - _FRAME_SECONDS)
        self._handle = loop.call_at(self._due, self._tick) if self._streams else None


class RtpStream(asyncio.DatagramProtocol):
    """One call's sound: sends a tone, listens for tones, and remembers when it first heard each.

    `heard` maps a tone to loop.time() of the arrival of the first frame that held it.
    """

    def __init__(self, ticker: Ticker, listen_for: Iterable[int], on_heard: Callable[[int], None]) -> None:
        self._ticker = ticker
        self._listen_for = list(listen_for)
        self._on_heard = on_heard
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.DatagramTransport | None = None
        self._remote: tuple[str, int] | None = None
        self._frame = SILENT_FRAME
        random_bits = random.Random(id(self)).getrandbits  # noqa: S311  # RTP's SSRC keeps no secret
        self._ssrc, self._sequence, self._timestamp = random_bits(32), random_bits(16), random_bits(32)
        self.heard: dict[int, float] = {}
        self._candidate: tuple[int, float, int] | None = None
        self.frames_received = 0
        self.longest_silence = 0.0
        """Seconds between two frames, after the first."""
        self._last_frame_at: float | None = None
        self.port = 0

    @classmethod
    async def open(
        cls, ticker: Ticker, listen_for: Iterable[int], on_heard: Callable[[int], None] = lambda hz: None
    ) -> RtpStream:
        """Bind a free port of 127.0.0.1."""
        loop = asyncio.get_running_loop()
        _, stream = await loop.create_datagram_endpoint(
            lambda: cls(ticker, listen_for, on_heard), local_addr=("127.0.0.1", 0)
        )
        return stream

    def connection_made(self, transport: Any) -> None:
        """Asyncio bound the socket."""
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    @property
    def remote(self) -> tuple[str, int] | None:
        """Where it sends to, once it does."""
        return self._remote

    def start(self, remote: tuple[str, int], tone_hz: int | None) -> None:
        """Send to the other side from now on, a tone or silence."""
        self._remote = remote
        self._frame = SILENT_FRAME if tone_hz is None else tone_frame(tone_hz)
        self._ticker.add(self)

    def send_frame(self) -> None:
        """One packet."""
        if self._transport is None or self._remote is None:
            return
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._timestamp = (self._timestamp + FRAME_SAMPLES) & 0xFFFFFFFF
        header = _HEADER.pack(0x80, PCMA, self._sequence, self._timestamp, self._ssrc)
        self._transport.sendto(header + self._frame, self._remote)

    async def press(self, key: str) -> None:
        """Press one key for a tenth of a second (RFC 4733: updates while it is down, its end three times)."""
        started = self._timestamp
        for n in range(1, _KEY_FRAMES + 4):
            end = _KEY_END if n > _KEY_FRAMES else 0
            duration = FRAME_SAMPLES * min(n, _KEY_FRAMES)
            payload = _KEY.pack(_KEYS.index(key), end | _KEY_VOLUME, duration)
            self._send_key(payload, started, first=n == 1)
            await asyncio.sleep(_FRAME_SECONDS)

    def _send_key(self, payload: bytes, started: int, *, first: bool) -> None:
        if self._transport is None or self._remote is None:
            return
        self._sequence = (self._sequence + 1) & 0xFFFF
        kind = TELEPHONE_EVENT | (_MARKER if first else 0)
        self._transport.sendto(
            _HEADER.pack(0x80, kind, self._sequence, started, self._ssrc) + payload, self._remote
        )

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """One packet of the other side."""
        del addr
        if len(data) < _HEADER.size or data[1] & 0x7F != PCMA:
            return
        self.frames_received += 1
        now = self._loop.time()
        if self._last_frame_at is not None:
            self.longest_silence = max(self.longest_silence, now - self._last_frame_at)
        self._last_frame_at = now
        waited_for = [hz for hz in self._listen_for if hz not in self.heard]
        if waited_for:
            self._listen(tone_in(data[_HEADER.size :], waited_for))

    def _listen(self, hz: int | None) -> None:
        """Music may hold a pure tone for a frame: three in a row are an agent, counted from the first."""
        if hz is None:
            self._candidate = None
            return
        if self._candidate is None or self._candidate[0] != hz:
            self._candidate = (hz, self._loop.time(), 1)
            return
        _, since, frames = self._candidate
        self._candidate = (hz, since, frames + 1)
        if frames + 1 >= _FRAMES_TO_BE_SURE:
            self.heard[hz] = since
            self._on_heard(hz)

    def error_received(self, exc: Exception) -> None:
        """The other side closed its socket first: nothing to do."""
        del exc

    def close(self) -> None:
        """Send and hear no more; what came before is heard."""
        self._ticker.remove(self)
        if self._transport is not None:
            self._hear_what_came()
            self._transport.close()
            self._transport = None

    def _hear_what_came(self) -> None:
        """A telephone that was short of processor reads the goodbye before the sound that came before it."""
        bound = self._transport.get_extra_info("socket") if self._transport is not None else None
        if bound is None or bound.fileno() < 0:
            return
        with socket.socket(fileno=os.dup(bound.fileno())) as waiting, contextlib.suppress(OSError):
            waiting.setblocking(False)
            while any(hz not in self.heard for hz in self._listen_for):
                self.datagram_received(*waiting.recvfrom(_LONGEST_PACKET))
