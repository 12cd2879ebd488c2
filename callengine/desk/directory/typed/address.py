"""An address as it was typed, in pieces: words of the street, house, flat, and what else was said.

A row of bare numbers may be read in several ways ("5 2 12": house, block, flat); all of them are given, likeliest
first, and the directory tells which exists. No number is ever guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from callengine.desk.directory.typed.house_numbers import HouseNumber, flat_key
from callengine.desk.directory.typed.kinds_of_street import (
    BUILDING_MARKS,
    FLAT_MARKS,
    HOUSE_MARKS,
    KORPUS_MARKS,
    LETTER_MARKS,
    ORDINAL_ENDINGS,
    PASSED_MARKS,
    PLACE_WORDS,
    kinds_meant,
)

_PIECE = re.compile(
    r"(?P<kind>пр-кт|пр-т|пр-д|б-р|мкр-н|м-н|мк-н|кв-л|пл-дь|тр-т|р-н|пер-к|м/м)(?![а-я])"
    r"|(?P<ordinal>\d+-(?:летия|[а-я]{1,3})(?![а-я\d]))"
    r"|(?P<fraction>\d+/\d+)|(?P<number>\d+)|(?P<word>[^\W\d_]+(?:-[^\W\d_]+)*)|(?P<mark>№)"
)
_MOST_PIECES = 24
"""No address has more; what follows is not read."""


@dataclass(frozen=True, slots=True)
class TypedAddress:
    """One reading. `words` are of the street, the place or a name (the directory knows which), as typed, folded."""

    words: tuple[str, ...]
    kinds: frozenset[str] = frozenset()
    house: HouseNumber | None = None
    flat: str = ""
    after: tuple[str, ...] = ()
    """Words that stood behind the numbers: a name, seldom a street."""
    doubt: int = 0
    """How far from the likeliest reading: 0 is that."""


@dataclass(slots=True)
class _Marked:
    """What had its mark beside it, and the bare rest."""

    number: str = ""
    letter: str = ""
    korpus: str = ""
    building: str = ""
    flat: str = ""
    kinds: set[str] = field(default_factory=set)
    kind_words: list[str] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    leading: list[tuple[str, str]] = field(default_factory=list)
    """Bare numbers (with a letter) before the first word."""
    trailing: list[tuple[str, str]] = field(default_factory=list)
    after: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Piece:
    kind: str
    text: str
    close: bool
    """Written directly after the piece before."""


def read_address(text: str) -> tuple[TypedAddress, ...]:
    """Every sensible reading of a folded text, likeliest first; empty when there is neither word nor number."""
    marked = _sort_out(_pieces(text))
    found = [_whole(marked, split) for split in _readings_of_numbers(marked)]
    return tuple(dict.fromkeys(one for one in found if one.words or one.house is not None or one.after))


def _pieces(text: str) -> list[_Piece]:
    found: list[_Piece] = []
    end = -1
    for match in _PIECE.finditer(text):
        kind = match.lastgroup or "word"
        found.append(_Piece(kind, match.group(), match.start() == end))
        end = match.end()
        if len(found) == _MOST_PIECES:
            break
    return found


def _sort_out(pieces: list[_Piece]) -> _Marked:
    marked = _Marked()
    at = 0
    while at < len(pieces):
        at += _take(pieces, at, marked)
    return marked


def _take(pieces: list[_Piece], at: int, marked: _Marked) -> int:
    """Put one piece where it belongs; how many pieces were used."""
    piece = pieces[at]
    if piece.kind == "ordinal":
        return _ordinal(pieces, at, marked)
    if piece.kind in {"number", "fraction"}:
        return _bare_number(pieces, at, marked)
    if piece.kind == "kind":
        if piece.text == "м/м":
            return _marked_number(pieces, at, marked) or 1
        marked.kinds |= kinds_meant(piece.text)
        return 1
    used = _marked_number(pieces, at, marked)
    if used:
        return used
    return _word(piece.text, pieces, at, marked)


def _marked_number(pieces: list[_Piece], at: int, marked: _Marked) -> int:
    """A mark and its number: `кв 12`, `корп. 2`, `лит а`; 0 when this is none."""
    text = pieces[at].text
    following = pieces[at + 1] if at + 1 < len(pieces) else None
    if following is None:
        return 0
    if text in LETTER_MARKS and (len(following.text) == 1 or following.kind == "number"):
        if following.kind == "number":
            marked.building = following.text
        else:
            marked.letter = following.text
        return 2
    if following.kind not in {"number", "fraction"} and not _dashed_letter(following):
        return 0
    value, letter, used = _number_and_letter(pieces, at + 1)
    if text in FLAT_MARKS:
        marked.flat = value + letter
    elif text in KORPUS_MARKS and _house_is_begun(marked):
        marked.korpus = value + letter
    elif text in BUILDING_MARKS and _house_is_begun(marked):
        marked.building = value + letter
    elif text in HOUSE_MARKS and not marked.number:
        marked.number, marked.letter = value, marked.letter or letter
    elif text not in PASSED_MARKS:
        return 0
    return 1 + used


def _house_is_begun(marked: _Marked) -> bool:
    return bool(marked.number or marked.trailing or marked.leading)


def _dashed_letter(piece: _Piece) -> bool:
    return piece.kind == "ordinal" and len(piece.text.partition("-")[2]) == 1


def _number_and_letter(pieces: list[_Piece], at: int) -> tuple[str, str, int]:
    """A number, the letter that belongs to it, and how many pieces they are."""
    piece = pieces[at]
    if piece.kind == "ordinal":
        number, _, letter = piece.text.partition("-")
        return number, letter, 1
    following = pieces[at + 1] if at + 1 < len(pieces) else None
    if following is None or following.kind != "word" or len(following.text) != 1:
        return piece.text, "", 1
    then = pieces[at + 2] if at + 2 < len(pieces) else None
    mark = following.text in KORPUS_MARKS | BUILDING_MARKS | HOUSE_MARKS | PASSED_MARKS
    if mark and then is not None and then.kind in {"number", "fraction"}:
        return piece.text, "", 1
    if not following.close and then is not None and then.kind == "word":
        return piece.text, "", 1  # an initial: "5 м иванова"
    return piece.text, following.text, 2


def _ordinal(pieces: list[_Piece], at: int, marked: _Marked) -> int:
    """`60-летия`, `1-я` before a word and `5-а` behind one."""
    number, _, ending = pieces[at].text.partition("-")
    following = pieces[at + 1] if at + 1 < len(pieces) else None
    of_a_name = ending in ORDINAL_ENDINGS and (
        len(ending) > 1
        or (following is not None and (following.kind in {"word", "kind"} or bool(marked.before)))
    )
    if ending in {"летия", "лет"}:
        marked.before += [number, "летия"]
    elif of_a_name:
        marked.before.append(number)
    else:
        _keep_number(number, ending if len(ending) == 1 else "", marked)
    return 1


def _bare_number(pieces: list[_Piece], at: int, marked: _Marked) -> int:
    value, letter, used = _number_and_letter(pieces, at)
    following = pieces[at + used] if at + used < len(pieces) else None
    then = pieces[at + used + 1] if at + used + 1 < len(pieces) else None
    its_mark = following is not None and following.text in PASSED_MARKS and len(following.text) > 1
    if its_mark and (then is None or then.kind not in {"number", "fraction"}):
        return used + 1  # "3 этаж"
    if letter == "" and following is not None and following.text in {"лет", "летия"}:
        marked.before += [value, "летия"]
        return used + 1
    _keep_number(value, letter, marked)
    return used


def _keep_number(value: str, letter: str, marked: _Marked) -> None:
    words = marked.before or marked.kind_words
    (marked.trailing if words else marked.leading).append((value, letter))


def _word(text: str, pieces: list[_Piece], at: int, marked: _Marked) -> int:
    if text in PLACE_WORDS:
        return 1
    kinds = kinds_meant(text)
    if kinds:
        marked.kinds |= kinds
        if len(text) > 3:
            marked.kind_words.append(text)
        return 1
    numbers_follow = at + 1 < len(pieces) and pieces[at + 1].kind in {"number", "fraction"}
    if text in HOUSE_MARKS | FLAT_MARKS | {"корп", "корпус", "стр", "строение"} | PASSED_MARKS and (
        len(text) > 1 or numbers_follow
    ):
        return 1
    (marked.after if marked.trailing or marked.number else marked.before).append(text)
    return 1


_Bare = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Split:
    """One way to tell the words and numbers of the street from the numbers of house and flat."""

    words: tuple[str, ...]
    bare: _Bare
    after: tuple[str, ...]
    doubt: int


def _readings_of_numbers(marked: _Marked) -> list[_Split]:
    lead, trail, after = marked.leading, marked.trailing, tuple(marked.after)
    words = tuple(marked.before or (() if after else marked.kind_words))
    names = tuple(number for number, _ in lead)
    if not lead:
        found = [_Split(words, trail, after, 0)]
        if trail and (len(trail) > 1 or marked.number) and (words or after):
            # "марта 8 5", "сорокин 9 января 5"
            found.append(_Split((*words, trail[0][0], *after), trail[1:], (), 2))
        return found
    if not words and not after:
        return [_Split((), lead, (), 0)]
    if trail or marked.number:
        return [_Split((*names, *words), trail, after, 0), _Split(words, lead + trail, after, 2)]
    return [_Split((*names, *words), [], after, 0), _Split(words, lead, after, 1)]


def _whole(marked: _Marked, split: _Split) -> TypedAddress:
    number, letter, korpus, flat = marked.number, marked.letter, marked.korpus, marked.flat
    rest = list(split.bare)
    if not number and rest:
        number, own = rest.pop(0)
        letter = letter or own
    if (rest and flat and not korpus) or (len(rest) >= 2 and not korpus):
        korpus = "".join(rest.pop(0))
    if rest and not flat:
        flat = "".join(rest.pop(0))
    house = HouseNumber(number, letter, korpus, marked.building) if number else None
    kinds, doubt = frozenset(marked.kinds), split.doubt + len(rest)
    return TypedAddress(split.words, kinds, house, flat_key(flat), split.after, doubt)


def without_flat(one: TypedAddress) -> TypedAddress | None:
    """The other meaning of two bare numbers, `5 2`: house 5, block 2. None when there is no such meaning."""
    if one.house is None or not one.flat or one.house.korpus or not one.flat.isdigit():
        return None
    house = replace(one.house, korpus=one.flat)
    return replace(one, house=house, flat="", doubt=one.doubt + 1)
