"""What the phone's display says of a call: company and line, then the house and the flat that it is known for (P22).

A display has forty characters. The line's label stands whole; the house is shortened by what everybody understands
(`ул.`, the middle of a street's name), and a number is never cut: "1" for "12" would send somebody to another door.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from storage.desk.houses import KnownHouse

LONGEST = 40
_CUT = "."
_SHORTEST_STREET = 4
_NOT_SHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\",;|<>\[\]{}$\\]+")
"""What has a meaning in AMI, the dialplan or a SIP header: the same that the settings refuse in a label."""
_USUAL = frozenset({"ул.", ""})
_HOMES, _MACHINES = frozenset({"flat", "room"}), frozenset({"lift", "intercom", "alarm", "barrier"})


def shown(label: str, house: KnownHouse, words: Mapping[str, str]) -> str:
    """The label with as much of the house as fits. `words`: of kinds of premises, by kind."""
    room = LONGEST - len(label) - 1
    for form in _forms(house, words, room):
        if form and len(form) <= room:
            return f"{label} {form}"
    return label[:LONGEST]


def plain(text: str) -> str:
    """What people wrote, as one line without signs that mean something to somebody on its way."""
    return " ".join(_NOT_SHOWN.sub(" ", text).split())


def _forms(house: KnownHouse, words: Mapping[str, str], room: int) -> Iterator[str]:
    street, number = plain(house.street), plain(house.number)
    if not street or not number:
        return
    kind = plain(house.street_kind)
    named = street if kind in _USUAL else f"{kind} {street}"
    written = f"{kind} {street}".strip()
    flats = (*_flats(house, words),)
    for known in (flats, ("",)):
        for flat in known:
            yield f"{written} {number}{flat}"
            yield f"{named} {number}{flat}"
        for flat in known:
            left = room - len(f"{_CUT} {number}{flat}")
            if left >= _SHORTEST_STREET:
                yield f"{named[:left].rstrip(' .')}{_CUT} {number}{flat}"


def _flats(house: KnownHouse, words: Mapping[str, str]) -> Iterator[str]:
    flat = plain(house.flat)
    word = words.get(house.kind, "")
    if not flat:
        return
    if word and (flat[0].isdigit() or house.kind in _MACHINES):
        yield f" {word} {flat}"
    else:
        yield f" {flat}"
    if house.kind in _HOMES:
        yield f"-{flat}"
