"""Damage to bytes and texts: what networks, operators and attackers do to them, by a seeded chance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

TOKENS = (
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b": ",
    b":",
    b"|",
    b",",
    b";",
    b"/",
    b"..",
    b"${SHELL(id)}",
    b"Event: Hangup\r\n",
    b"\r\n\r\n",
    b"Action: Originate\r\nChannel: PJSIP/89031234567@trunk\r\n\r\n",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    "\U0001f525".encode(),
    "Ё".encode(),
    b"-1",
    b"0",
    b"9" * 40,
    b"1795480126.999999999999",
    b"99999999999.9",
    b"1e308",
    b"nan",
    b"true",
    b"A" * 2000,
)


def mutated(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    """The data with one to five wounds; `others` lend pieces of themselves."""
    for _ in range(chance.choice((1, 1, 1, 2, 3, 5))):
        data = chance.choice(_WOUNDS)(data, chance, others)
    return data


def _flip(data: bytes, chance: Random, _others: Sequence[bytes]) -> bytes:
    if not data:
        return data
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]


def _random_byte(data: bytes, chance: Random, _others: Sequence[bytes]) -> bytes:
    at = chance.randint(0, len(data))
    return data[:at] + bytes([chance.randrange(256)]) + data[at:]


def _token(data: bytes, chance: Random, _others: Sequence[bytes]) -> bytes:
    at = chance.randint(0, len(data))
    return data[:at] + chance.choice(TOKENS) + data[at:]


def _delete(data: bytes, chance: Random, _others: Sequence[bytes]) -> bytes:
    start, end = _range(data, chance)
    return data[:start] + data[end:]


def _repeat(data: bytes, chance: Random, _others: Sequence[bytes]) -> bytes:
    start, end = _range(data, chance)
    return data[:end] + data[start:end] * chance.randint(1, 3) + data[end:]


def _cut(data: bytes, chance: Random, _others: Sequence[bytes]) -> bytes:
    return data[: chance.randint(0, len(data))]


def _borrow(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    other = chance.choice(others)
    start, end = _range(other, chance)
    at = chance.randint(0, len(data))
    return data[:at] + other[start:end] + data[at:]


def _line_elsewhere(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    """A header gets the value of a header of another message."""
    lines, lenders = data.split(b"\r\n"), chance.choice(others).split(b"\r\n")
    at = chance.randrange(len(lines))
    name, colon, _ = lines[at].partition(b": ")
    lines[at] = name + colon + chance.choice(lenders).partition(b": ")[2]
    return b"\r\n".join(lines)


def _drop_line(data: bytes, chance: Random, _others: Sequence[bytes]) -> bytes:
    lines = data.split(b"\r\n")
    del lines[chance.randrange(len(lines))]
    return b"\r\n".join(lines)


def _token_as_value(data: bytes, chance: Random, _others: Sequence[bytes]) -> bytes:
    lines = data.split(b"\r\n")
    at = chance.randrange(len(lines))
    name, colon, _ = lines[at].partition(b": ")
    lines[at] = name + colon + chance.choice(TOKENS)
    return b"\r\n".join(lines)


def _range(data: bytes, chance: Random) -> tuple[int, int]:
    start = chance.randint(0, len(data))
    return start, min(len(data), start + chance.choice((1, 2, 4, 16, 64)))


_WOUNDS: tuple[Callable[[bytes, Random, Sequence[bytes]], bytes], ...] = (
    _flip,
    _random_byte,
    _token,
    _delete,
    _repeat,
    _cut,
    _borrow,
    _line_elsewhere,
    _drop_line,
    _token_as_value,
)
