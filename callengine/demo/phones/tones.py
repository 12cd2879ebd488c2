"""Tones in G.711 a-law at 8 kHz: each phone has its own, so that who hears whom can be measured."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache
from operator import mul

RATE = 8000
FRAME_SAMPLES = 160
"""20 ms: one RTP packet."""
_AMPLITUDE = 8000
_SHARE_OF_ENERGY = 0.95
_SILENCE = 0xD5


def agent_tone(number: int) -> int:
    """The tone of the n-th agent, n from 0: multiples of 50 Hz fit a frame whole and do not disturb each other."""
    return 500 + 100 * number


RESIDENT_TONE = 2950
"""All residents sound alike; agents' tones lie below."""


def encode(sample: int) -> int:
    """One 16-bit sample to a-law (ITU-T G.711)."""
    sign = 0x80 if sample >= 0 else 0
    magnitude = min(abs(sample) >> 4, 0x7FF)
    if magnitude < 16:
        code = magnitude
    else:
        exponent = magnitude.bit_length() - 4
        code = (exponent << 4) | ((magnitude >> (exponent - 1 if exponent > 1 else 0)) & 0x0F)
    return (sign | code) ^ 0x55


def decode(code: int) -> int:
    """One a-law byte to a 16-bit sample."""
    code ^= 0x55
    exponent, mantissa = (code & 0x70) >> 4, code & 0x0F
    magnitude = (mantissa << 4) + 8 if exponent == 0 else ((mantissa << 4) + 0x108) << (exponent - 1)
    return magnitude if code & 0x80 else -magnitude


_DECODED = [decode(code) for code in range(256)]
SILENT_FRAME = bytes([_SILENCE]) * FRAME_SAMPLES


@lru_cache
def tone_frame(hz: int) -> bytes:
    """20 ms of a tone; played again and again it is continuous. Raises ValueError for one that does not fit."""
    if hz % 50:
        raise ValueError("a tone must be a multiple of 50 Hz to fit a frame whole")
    step = 2 * math.pi * hz / RATE
    return bytes(encode(round(_AMPLITUDE * math.sin(step * n))) for n in range(FRAME_SAMPLES))


@lru_cache
def _waves(hz: int) -> tuple[list[float], list[float]]:
    step = 2 * math.pi * hz / RATE
    return (
        [math.cos(step * n) for n in range(FRAME_SAMPLES)],
        [math.sin(step * n) for n in range(FRAME_SAMPLES)],
    )


def tone_in(frame: bytes, candidates: Iterable[int]) -> int | None:
    """Which of the tones holds most of the frame's energy, None when none does (music, speech, silence)."""
    if len(frame) != FRAME_SAMPLES:
        return None
    samples = [_DECODED[code] for code in frame]
    energy = sum(map(mul, samples, samples))
    if energy < FRAME_SAMPLES * 100 * 100:
        return None
    for hz in candidates:
        cosines, sines = _waves(hz)
        real, imaginary = sum(map(mul, samples, cosines)), sum(map(mul, samples, sines))
        if 2 * (real * real + imaginary * imaginary) / FRAME_SAMPLES > _SHARE_OF_ENERGY * energy:
            return hz
    return None
