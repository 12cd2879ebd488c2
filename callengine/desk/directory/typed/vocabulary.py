"""Which street or name was meant by a typed word: near spellings are found among the words that a company has.

Only words are compared nearly. A number in a street's name (1-я Парковая) is that number or it is another street.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice, takewhile

from rapidfuzz import fuzz, process

from callengine.desk.directory.typed.address import read_address
from callengine.desk.directory.typed.kinds_of_street import SMALL_WORDS
from callengine.desk.directory.typed.letters import cyrillic_of_alike, folded

_LEAST_LIKENESS = 66.0
"""Below it two words are different words: of six letters two may be wrong."""
_LIKE_WORDS = 12
_BEGINNING = 88.0
"""What the beginning of a word counts (the rest is still being typed)."""
_INITIAL = 80.0
_STREETS = 12
"""Names of streets that are given, of whichever company."""


@dataclass(frozen=True, slots=True)
class Street:
    """A street of the directory: as written, and its words as they are compared."""

    company: str
    locality: str
    kind: str
    name: str

    @property
    def words(self) -> tuple[str, ...]:
        """Folded words of the name without its kind."""
        return street_words(self.name)[0]


@dataclass(frozen=True, slots=True)
class StreetFound:
    """A street that may be meant, how well it fits (100 is as written), and the typed words that were used for it."""

    street: Street
    score: float
    used: frozenset[str]


@lru_cache(maxsize=16_384)
def street_words(name: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """Words by which a street is compared, and the kinds its name tells (`2-я линия` is a line)."""
    readings = read_address(cyrillic_of_alike(folded(name)))
    if not readings:
        return (folded(name),), frozenset()
    first = readings[0]
    numbers = (first.house.number,) if first.house is not None else ()
    return (*first.words, *first.after, *numbers) or (folded(name),), first.kinds


def street_key(name: str) -> str:
    """One spelling of a street's name without its kind: what is stored, indexed and compared."""
    return " ".join(street_words(name)[0])


@dataclass(slots=True)
class Words:
    """Words of a kind that a company's records have, and which of them a typed word may be."""

    known: frozenset[str]
    _list: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self._list = sorted(self.known)

    def like(self, word: str) -> dict[str, float]:
        """The known words that may be meant, with likeness up to 100; a number only itself."""
        if word in self.known:
            return {word: 100.0, **({} if len(word) < 4 else self._near(word, 80.0))}
        if not word or word[0].isdigit():
            return {}
        if len(word) == 1:
            return dict.fromkeys(self._beginning_with(word), _INITIAL)
        found = self._near(word, _LEAST_LIKENESS)
        if len(word) >= 2:
            begun = list(islice(self._beginning_with(word), _LIKE_WORDS))
            found.update({known: max(found.get(known, 0.0), _BEGINNING) for known in begun})
        return found

    def _beginning_with(self, word: str) -> Iterable[str]:
        from_here = islice(self._list, bisect_left(self._list, word), None)
        return takewhile(lambda known: known.startswith(word), from_here)

    def _near(self, word: str, least: float) -> dict[str, float]:
        near = process.extract(word, self._list, scorer=fuzz.ratio, score_cutoff=least, limit=_LIKE_WORDS)
        return {known: score for known, score, _ in near if not known[0].isdigit()}


class Streets:
    """The streets of some companies. Made anew when one is added; asking changes nothing."""

    def __init__(self, streets: Iterable[Street]) -> None:
        self._words_of = {street: street_words(street.name) for street in streets}
        self._by_word: dict[str, list[Street]] = {}
        for street, (words, _) in self._words_of.items():
            for word in set(words):
                self._by_word.setdefault(word, []).append(street)
        self._words = Words(frozenset(self._by_word))
        self._places = {
            street: frozenset(folded(street.locality).replace("-", " ").split()) for street in self._words_of
        }

    def find(self, typed: tuple[str, ...], kinds: frozenset[str]) -> list[StreetFound]:
        """Streets that may be meant, best first. `typed` are folded words; some may be of a place or a name."""
        like = {word: self._words.like(word) for word in dict.fromkeys(typed)}
        candidates = {
            street for words in like.values() for word in words for street in self._by_word.get(word, ())
        }
        found = [self._judge(street, like, kinds) for street in candidates]
        good = [one for one in found if one is not None]
        good.sort(key=lambda one: (-one.score, one.street.name))
        names = set(list(dict.fromkeys(one.street.name for one in good))[:_STREETS])
        return [one for one in good if one.street.name in names]

    def _judge(
        self, street: Street, like: dict[str, dict[str, float]], kinds: frozenset[str]
    ) -> StreetFound | None:
        words, own_kinds = self._words_of[street]
        used: dict[str, float] = {}
        missing = 0.0
        for word in words:
            best = max(
                ((near[word], typed) for typed, near in like.items() if word in near and typed not in used),
                default=None,
            )
            if best is not None:
                used[best[1]] = best[0]
            else:
                missing += 22.0 if word.isdigit() else 3.0 if word in SMALL_WORDS else 9.0
        if not used or all(typed.isdigit() for typed in used) != all(word.isdigit() for word in words):
            return None
        score = sum(used.values()) / len(used) - missing
        places = self._places[street]
        for typed in like:
            if typed in used:
                continue
            if typed in places:
                used[typed] = 100.0
                score += 3.0
            elif typed.isdigit():
                return None
            else:
                score -= 6.0
        if kinds:
            score += 4.0 if street.kind in kinds or own_kinds & kinds else -8.0
        return StreetFound(street, score, frozenset(used))
