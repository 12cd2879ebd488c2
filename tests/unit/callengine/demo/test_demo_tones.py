"""What the phones play and hear: G.711 a-law, and telling one agent's tone from another, music, speech, silence."""

from __future__ import annotations

import math
import random
import socket
import struct

import pytest

from callengine.demo.phones import tones
from callengine.demo.phones.media import RtpStream, Ticker

AGENT_TONES = [tones.agent_tone(number) for number in range(20)]
CANDIDATES = [*AGENT_TONES, tones.RESIDENT_TONE]


def frame_of(*parts: tuple[float, float], noise: float = 0.0, phase: float = 0.0) -> bytes:
    """20 ms of sines, each (hertz, amplitude), with white noise of that deviation."""
    source = random.Random(7)
    return bytes(
        tones.encode(
            round(
                sum(
                    amplitude * math.sin(phase + 2 * math.pi * hertz * n / tones.RATE)
                    for hertz, amplitude in parts
                )
                + source.gauss(0, noise)
            )
        )
        for n in range(tones.FRAME_SAMPLES)
    )


@pytest.mark.parametrize(
    ("sample", "code"), [(0, 0xD5), (32767, 0xAA), (-32768, 0x2A), (1000, 0xFA), (-1000, 0x7A), (100, 0xD3)]
)
def test_alaw_is_that_of_the_standard(sample: int, code: int) -> None:
    assert tones.encode(sample) == code


def test_every_alaw_byte_survives_decoding_and_encoding() -> None:
    assert [tones.encode(tones.decode(code)) for code in range(256)] == list(range(256))


def test_no_two_phones_sound_alike() -> None:
    assert len(set(CANDIDATES)) == len(CANDIDATES)


@pytest.mark.parametrize("hertz", CANDIDATES)
def test_a_tone_is_taken_for_itself_among_all_others(hertz: int) -> None:
    assert tones.tone_in(tones.tone_frame(hertz), CANDIDATES) == hertz
    assert tones.tone_in(tones.tone_frame(hertz), [other for other in CANDIDATES if other != hertz]) is None


@pytest.mark.parametrize("hertz", CANDIDATES)
def test_it_is_recognised_wherever_the_frame_cuts_it_and_when_quiet(hertz: int) -> None:
    for phase in (0.4, 1.3, 2.9):
        assert tones.tone_in(frame_of((hertz, 1000.0), phase=phase), CANDIDATES) == hertz


def test_frames_played_one_after_another_make_one_unbroken_sine() -> None:
    two = tones.tone_frame(550) * 2
    shifted = two[57 : 57 + tones.FRAME_SAMPLES]
    assert tones.tone_in(shifted, [550]) == 550


def test_a_tone_that_does_not_fit_a_frame_whole_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 50"):
        tones.tone_frame(512)


@pytest.mark.parametrize(
    "frame",
    [
        tones.SILENT_FRAME,
        frame_of(noise=3000.0),
        frame_of((523.3, 3000.0), (659.3, 3000.0), (784.0, 3000.0)),
        frame_of((600, 3000.0), (1200, 2000.0), (1800, 1500.0)),
        b"",
        tones.tone_frame(500)[:80],
    ],
    ids=["silence", "noise", "a chord", "a voice", "an empty packet", "half a packet"],
)
def test_what_is_no_single_tone_is_no_agent(frame: bytes) -> None:
    assert tones.tone_in(frame, CANDIDATES) is None


async def test_what_came_before_the_goodbye_is_heard_by_a_telephone_that_was_slow() -> None:
    stream = await RtpStream.open(Ticker(), [500])
    header = struct.pack("!BBHII", 0x80, 8, 1, 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as agent:
        for _ in range(4):
            agent.sendto(header + tones.tone_frame(500), ("127.0.0.1", stream.port))
        # The loop was given no turn meanwhile.
        assert not stream.heard
        stream.close()
    assert set(stream.heard) == {500}
