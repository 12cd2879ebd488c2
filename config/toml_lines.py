"""Where in the settings file a key stands: tomllib keeps no line numbers, so the file is looked through again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

_HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.-]+)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")
_MULTILINE = ('"""', "'''")
_INDEX = re.compile(r"\[\d+\]$")


def lines_of_places(text: str) -> dict[str, int]:
    """Each table and key by its place (`lines[2].did`) with its line number, counted from 1.

    Plain tables and `key = value` are understood, as the example writes them. A file with multi-line strings
    gives nothing: no number is better than a wrong one.
    """
    found: dict[str, int] = {}
    for place, number in places_in_order(text):
        found.setdefault(place, number)
    return found


def places_in_order(text: str) -> Iterator[tuple[str, int]]:
    """The same, one after another, with those that stand twice."""
    if any(quotes in text for quotes in _MULTILINE):
        return
    seen: Counter[str] = Counter()
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = _table(header[2], seen, is_list=header[1] == "[[")
            yield table, number
        elif key := _KEY.match(line):
            yield f"{table}.{key[1]}" if table else key[1], number


def line_of(place: str, places: dict[str, int]) -> int | None:
    """The line of a place, else of the table around it, such as where a missing key belongs."""
    while place:
        if place in places:
            return places[place]
        shorter = _INDEX.sub("", place)
        place = shorter if shorter != place else place.rpartition(".")[0]
    return None


def _table(name: str, seen: Counter[str], *, is_list: bool) -> str:
    """`lines` → `lines[1]` for the second `[[lines]]`; `lines.callback` → `lines[1].callback`."""
    if is_list:
        seen[name] += 1
        return f"{name}[{seen[name] - 1}]"
    parent, dot, last = name.rpartition(".")
    return f"{parent}[{seen[parent] - 1}].{last}" if dot and seen[parent] else name
