"""How long a resident heard nothing: every frame's sound, as his telephone received it."""

from __future__ import annotations

import asyncio

from callengine.demo.phones.resident import Resident

_A_LAW_QUIET = frozenset({0x55, 0xD5, 0x54, 0xD4, 0x57, 0xD7, 0x56, 0xD6})
"""A-law's values of the smallest amplitudes."""
FRAME_SECONDS = 0.02


class Listening:
    """Notes from now on when a resident's telephone received a frame with sound in it."""

    def __init__(self, resident: Resident) -> None:
        assert resident.stream is not None
        self._loop = asyncio.get_running_loop()
        self._resident = resident
        self._heard = resident.stream.datagram_received
        self.started_at = self._loop.time()
        self.sounds: list[float] = [self.started_at]
        self.frames: list[float] = [self.started_at]
        resident.stream.datagram_received = self._received  # type: ignore[method-assign]  # one instance is listened to

    def _received(self, data: bytes, addr: tuple[str, int]) -> None:
        now = self._loop.time()
        self.frames.append(now)
        if not _A_LAW_QUIET.issuperset(data[12:]):
            self.sounds.append(now)
        self._heard(data, addr)

    def longest_silence(self) -> float:
        """Seconds without any sound, a frame's own length not counted."""
        return self._longest(self.sounds)

    def longest_pause(self) -> float:
        """Seconds without any frame at all."""
        return self._longest(self.frames)

    def _longest(self, moments: list[float]) -> float:
        ended_at = self._resident.ended_at
        ends = [*moments[1:], self._loop.time() if ended_at is None else max(ended_at, moments[-1])]
        return max(after - before for before, after in zip(moments, ends, strict=True)) - FRAME_SECONDS
