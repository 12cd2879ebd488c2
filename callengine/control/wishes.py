"""What the desk writes on its socket: one command a line, with the id under which it is done once.

A line that is no command is a mistake of the program that wrote it: it is cut off. New fields may come; an unknown
kind is answered with a refusal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

LONGEST_LINE = 8 * 1024
LONGEST_ID = 80


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants of the engine. Which of the fields are filled depends on `kind` (queues.terms.desk_words)."""

    id: str
    kind: str
    account: str
    """Whose, as the desk numbers accounts."""
    by: str
    """His name, for the ledger and for screens."""
    made_at: datetime
    expires_at: datetime | None = None
    """After this moment it is not done any more; None: a duty, done whenever it arrives."""
    agent: str | None = None
    call: str | None = None
    queue: str | None = None
    obligation: str | None = None
    message: str | None = None
    company: str | None = None
    number: str | None = None
    reason: str = ""
    to: str = ""
    disposition: str | None = None
    review: str | None = None
    contacted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of a command, committed."""

    done: bool
    refusal: str = ""
    why: str = ""
    """In words, where it was refused."""


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Wish)


def wish_to_line(wish: Wish) -> bytes:
    """One line with its end."""
    return _ENCODER.encode(wish) + b"\n"


def wish_from_line(line: bytes) -> Wish:
    """What it says. Raises ValueError for what is no command, and for one without id, author or time zone."""
    try:
        wish = _DECODER.decode(line)
    except msgspec.DecodeError as problem:  # Also of another shape.
        raise ValueError(f"no command: {problem}") from problem
    if not 0 < len(wish.id) <= LONGEST_ID or not wish.account or not wish.by:
        raise ValueError("a command needs an id of at most 80 characters, an account and a name")
    moments = (wish.made_at, wish.expires_at, wish.contacted_at)
    if any(moment is not None and moment.tzinfo is None for moment in moments):
        raise ValueError("a moment must name its time zone")
    return wish
