"""Letters as they were meant: case, ё, the wrong keyboard layout, Latin letters that look Cyrillic."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_LATIN_KEYS = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
_RUSSIAN_KEYS = "йцукенгшщзхъфывапролджэячсмитьбюё"
_LAYOUT = str.maketrans(_LATIN_KEYS, _RUSSIAN_KEYS)
_ALIKE = str.maketrans("abcehkmoptxy", "авсенкмортху")
"""Latin letters that are drawn like these Cyrillic ones, when capital or small."""
_ALIKE_LETTERS = frozenset("abcehkmoptxy")
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_SPACES = re.compile(r"\s+")
_RUN = re.compile(r"[^\W\d_]+")
_LATIN = re.compile("[a-z]")
_CYRILLIC = re.compile("[а-я]")


def folded(text: str) -> str:
    """Small letters, ё as е, one kind of dash, single spaces: two spellings of one text compare equal."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")
    return _SPACES.sub(" ", _DASHES.sub("-", plain)).strip()


def cyrillic_of_alike(text: str) -> str:
    """Words that mix alphabets, or are made of look-alikes only, in Cyrillic: `5A` is `5а`, `Mира` is `мира`.

    `text` is folded already.
    """
    return _RUN.sub(lambda run: _one_alphabet(run.group()), text)


def _one_alphabet(run: str) -> str:
    latin = set(_LATIN.findall(run))
    if not latin or not latin <= _ALIKE_LETTERS:
        return run
    return run.translate(_ALIKE)


def other_layout(text: str) -> str | None:
    """What the same keys write in the Russian layout; None when there is no Latin letter, or Cyrillic ones beside.

    `text` is folded already: `ktybyf 5` is `ленина 5`.
    """
    if not _LATIN.search(text) or _CYRILLIC.search(text):
        return None
    return text.translate(_LAYOUT).replace("ё", "е")


_SOUNDS = (
    ("shch", "щ"),
    ("sch", "щ"),
    ("yo", "е"),
    ("zh", "ж"),
    ("kh", "х"),
    ("ts", "ц"),
    ("ch", "ч"),
    ("sh", "ш"),
    ("yu", "ю"),
    ("ya", "я"),
    ("ju", "ю"),
    ("ja", "я"),
    *zip("abvgdezijklmnoprstufhcyxwq", "абвгдезийклмнопрстуфхцыхвк", strict=True),
)


def by_sound(text: str) -> str | None:
    """Latin letters as they sound in Russian (`lenina` is `ленина`); None when there is nothing to change."""
    if not _LATIN.search(text) or _CYRILLIC.search(text):
        return None
    for latin, russian in _SOUNDS:
        text = text.replace(latin, russian)
    return text.replace("'", "ь")


@lru_cache(maxsize=4096)
def readings(text: str) -> tuple[str, ...]:
    """The ways in which what was typed may be meant, likeliest first, folded; never empty."""
    plain = folded(text)
    found = [cyrillic_of_alike(plain), other_layout(plain), by_sound(plain)]
    return tuple(dict.fromkeys(one for one in found if one is not None))
