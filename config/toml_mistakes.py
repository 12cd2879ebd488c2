"""What is wrong with a file as a TOML file, with the line it is on: tomllib says where, but seldom what to do."""

from __future__ import annotations

import re
import tomllib

from config.errors import Problem
from config.toml_lines import places_in_order

BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
_AT = re.compile(r" \((?:at line (\d+), column \d+|at end of document)\)$")
_TWICE = re.compile(r"Cannot (overwrite a value|declare .* twice|mutate immutable namespace|redefine)")


def toml_mistake(text: str, found: tomllib.TOMLDecodeError) -> Problem:
    """The mistake that ended the reading, in words that tell how to mend it."""
    if BYTE_ORDER_MARK in text:
        # Some editors write one in front of a file; of files put together it stands in the middle.
        line = text[: text.index(BYTE_ORDER_MARK)].count("\n") + 1
        return Problem("file", "holds a byte order mark", "save it as UTF-8 without BOM", line)
    said = str(found)
    at = _AT.search(said)
    what = said if at is None else said[: at.start()]
    line = int(at[1]) if at is not None and at[1] else text.count("\n") + 1
    if _TWICE.match(what):
        return _twice(text, line, what)
    if "'" in what or '"' in what:
        # It may quote what stands there: a secret, as like as not.
        what = re.sub(r"""(['"]).*\1""", "…", what)
    return Problem("file", f"is not TOML: {what}", 'a text is in quotes: key = "value"', line)


def _twice(text: str, line: int, what: str) -> Problem:
    places = list(places_in_order(text))
    place, at = next(((place, number) for place, number in reversed(places) if number <= line), ("", 0))
    first = next((number for place_, number in places if place_ == place and number < at), None)
    if first is None:
        # A way to write it that is not looked through, such as dotted keys.
        return Problem("file", f"says something twice: {what}", "write each table and key once", line)
    return Problem(place, f"stands twice, first on line {first}", "keep one of the two", at)
