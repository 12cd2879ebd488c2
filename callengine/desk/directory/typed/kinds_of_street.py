"""Words of an address that are not its name: kinds of streets and places, marks of house, block and flat."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

STREET_KINDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "ул.": ("улица", "ул"),
        "пр-т": ("проспект", "пр-т", "просп", "пр-кт", "прт", "пр"),
        "пр-д": ("проезд", "пр-д", "прд", "пр"),
        "пер.": ("переулок", "пер", "пер-к"),
        "б-р": ("бульвар", "б-р", "бул", "бульв", "бр"),
        "наб.": ("набережная", "наб"),
        "ш.": ("шоссе", "ш", "шос"),
        "пл.": ("площадь", "пл", "пл-дь"),
        "туп.": ("тупик", "туп"),
        "аллея": ("аллея", "ал"),
        "мкр.": ("микрорайон", "мкр", "мкрн", "мкр-н", "м-н", "мк-н"),
        "кв-л": ("квартал", "кв-л"),
        "линия": ("линия", "лин"),
        "тракт": ("тракт", "тр-т"),
        "просека": ("просека",),
        "тер.": ("территория", "тер"),
    }
)
"""The written kind, and how people write it; a word may mean several (`пр.`)."""

PLACE_WORDS: Final = frozenset(
    {
        "город",
        "г",
        "гор",
        "поселок",
        "пос",
        "пгт",
        "рп",
        "село",
        "деревня",
        "дер",
        "станица",
        "хутор",
        "область",
    }
    | {"обл", "район", "р-н", "россия", "рф", "респ", "республика", "край"}
)
HOUSE_MARKS: Final = frozenset({"д", "дом", "вл", "влд", "владение", "здание", "зд"})
KORPUS_MARKS: Final = frozenset({"к", "кор", "корп", "корпус", "кп"})
BUILDING_MARKS: Final = frozenset({"с", "ст", "стр", "строен", "строение"})
LETTER_MARKS: Final = frozenset({"лит", "литер", "литера"})
FLAT_MARKS: Final = frozenset(
    {"кв", "квартира", "кварт", "квр", "оф", "офис", "пом", "помещение", "комн", "ком", "комната", "м/м"}
)
PASSED_MARKS: Final = frozenset(
    {"под", "подъезд", "подьезд", "п", "пар", "парадная", "эт", "этаж", "№", "номер"}
)
"""What stands before a number that tells nothing about which house or flat it is."""

ORDINAL_ENDINGS: Final = frozenset(
    {"я", "й", "ая", "ой", "ый", "ий", "го", "ого", "е", "ое", "ей", "х", "ти"}
)
"""After a number and a dash: the number belongs to a name (1-я Парковая)."""

SMALL_WORDS: Final = frozenset(
    {
        "им",
        "имени",
        "академика",
        "маршала",
        "генерала",
        "адмирала",
        "космонавта",
        "героя",
        "профессора",
        "большая",
    }
    | {"малая", "большой", "малый", "старая", "новая", "верхняя", "нижняя", "летия", "лет"}
)
"""Words of a street's name that people leave out."""

_KIND_OF: Final = {
    word: frozenset(kind for kind, words in STREET_KINDS.items() if word in words)
    for words in STREET_KINDS.values()
    for word in words
}


def kinds_meant(word: str) -> frozenset[str]:
    """The written kinds of streets that a folded word may mean; empty when it means none."""
    return _KIND_OF.get(word, frozenset())
