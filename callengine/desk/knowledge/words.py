"""Words as they are looked for: every form of a Russian word is one, ё is е, and some names mean the same.

`подвале` finds `подвал`, `затоплен` finds `затопило`: by dictionary (pymorphy3), since a stemmer does not. A word
that is written is kept too, so numbers and names of no dictionary are found as they stand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

import pymorphy3  # type: ignore[import-untyped]  # the library has no types
from rapidfuzz import process
from rapidfuzz.distance import OSA

from callengine.desk.data.metadata import folded

_WORD = re.compile(r"[0-9]+(?:[/.-][0-9]+)*[a-zа-я]?|[a-zа-я]+(?:-[a-zа-я]+)*")
_PARSES: Final = 3
"""Of the dictionary's answers: `стали` is of `стать` and of `сталь`."""
_SHORT: Final = 3
"""A word of so few letters is not looked for with a typing error."""
_LONG: Final = 8
_EMPTY: Final = frozenset(
    (
        "и",
        "в",
        "во",
        "на",
        "с",
        "со",
        "по",
        "о",
        "об",
        "от",
        "до",
        "за",
        "из",
        "к",
        "ко",
        "у",
        "а",
        "но",
        "что",
        "как",
        "где",
        "когда",
        "ли",
        "же",
        "бы",
        "не",
        "для",
        "при",
        "мне",
        "меня",
    )
)
"""Not looked for; `нет` is: `нет воды` is not `вода`."""


def tokens(text: str) -> list[tuple[str, int, int]]:
    """Words as they stand, folded, with the places of their letters in the text."""
    flat = text.casefold().replace("ё", "е")
    if len(flat) != len(text):  # A letter that folds to two: places are told of the folded text.
        flat = "".join(one.casefold()[:1] or one for one in text).replace("ё", "е")
    return [(found[0], found.start(), found.end()) for found in _WORD.finditer(flat)]


@lru_cache(maxsize=50_000)
def forms(word: str) -> frozenset[str]:
    """The word itself and its dictionary's forms."""
    parsed = {one.normal_form.replace("ё", "е") for one in _dictionary().parse(word)[:_PARSES]}
    return frozenset({word} | parsed)


def indexed(text: str) -> frozenset[str]:
    """All words that an article's text is found by."""
    return frozenset(form for word, _, _ in tokens(text) for form in forms(word))


@dataclass(frozen=True, slots=True)
class Asked:
    """A word that is looked for, and all of its forms, one of which an article should have."""

    word: str
    forms: frozenset[str]
    same: frozenset[str]
    """What an article may say instead."""


def asked(query: str) -> tuple[Asked, ...]:
    """What is looked for."""
    found: list[Asked] = []
    for word, _, _ in tokens(query):
        if word in _EMPTY:
            continue
        known = forms(word)
        same = frozenset().union(*(_synonyms().get(form, frozenset()) for form in known))
        found.append(Asked(word, known, same - known))
    return tuple(found)


def meant(word: str, vocabulary: Sequence[str]) -> frozenset[str]:
    """What a word that no article has may have been: one letter wrong or two swapped, in a long one two of these."""
    if len(word) <= _SHORT or word[0].isdigit():
        return frozenset()
    allowed = 1 if len(word) < _LONG else 2
    found = process.extract(word, vocabulary, scorer=OSA.distance, score_cutoff=allowed, limit=5)
    return frozenset(near for near, _, _ in found)


def places(text: str, wanted: frozenset[str]) -> list[tuple[int, int]]:
    """Where the text has words that were looked for."""
    return [(since, until) for word, since, until in tokens(text) if forms(word) & wanted]


def as_sorted(text: str) -> str:
    """For alphabetical lists."""
    return folded(text)


@cache
def _synonyms() -> Mapping[str, frozenset[str]]:
    """By a word's dictionary form: forms of what means the same, of several words the last, which is the noun."""
    text = files("callengine.desk.knowledge").joinpath("synonyms.txt").read_text(encoding="utf-8")
    found: dict[str, frozenset[str]] = {}
    for line in text.splitlines():
        head, *others = (part.split() for part in line.partition("#")[0].split("="))
        if not others:
            continue
        same = frozenset().union(*(forms(folded(words[-1])) for words in others))
        for form in forms(folded(head[-1])):
            found[form] = found.get(form, frozenset()) | same
    return found


@cache
def _dictionary() -> pymorphy3.MorphAnalyzer:
    """0.2 s and 28 MB, once."""
    return pymorphy3.MorphAnalyzer(lang="ru")
