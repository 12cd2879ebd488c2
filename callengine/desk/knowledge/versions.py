"""What is different between two versions of an article."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["same", "gone", "new"]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the comparison."""

    kind: Kind
    text: str


def differences(before: str, after: str) -> tuple[Line, ...]:
    """Line by line, in reading order: what went stands before what came in its place."""
    old, new = before.splitlines(), after.splitlines()
    return tuple(_lines(old, new))


def _lines(old: list[str], new: list[str]) -> Iterator[Line]:
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for what, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if what == "equal":
            yield from (Line("same", text) for text in old[old_from:old_to])
            continue
        yield from (Line("gone", text) for text in old[old_from:old_to])
        yield from (Line("new", text) for text in new[new_from:new_to])
