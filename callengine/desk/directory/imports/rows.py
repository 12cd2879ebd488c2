"""One row of a file, checked: what it says, or what is wrong in which column. Pure; runs in the child."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from callengine.desk.directory.imports.fields import LANGUAGE_WORDS, ROLE_WORDS
from callengine.desk.directory.typed.address import read_address
from callengine.desk.directory.typed.house_numbers import HouseNumber, flat_key
from callengine.desk.directory.typed.kinds_of_street import (
    BUILDING_MARKS,
    FLAT_MARKS,
    HOUSE_MARKS,
    KORPUS_MARKS,
    LETTER_MARKS,
    kinds_meant,
)
from callengine.desk.directory.typed.letters import cyrillic_of_alike, folded
from callengine.desk.directory.typed.names import name_keys
from callengine.desk.directory.typed.phones import read_phone, written_numbers
from callengine.desk.directory.typed.vocabulary import street_key

_MARKS = HOUSE_MARKS | KORPUS_MARKS | BUILDING_MARKS | LETTER_MARKS | FLAT_MARKS
_NUMBERISH = re.compile(r"[а-яa-z.]*\d+[а-яa-z]?(?:[/к.с-]\d*[а-я]?)*|[а-я]", re.IGNORECASE)
_PLACE = re.compile(r"^(?:г|гор|город|пос|пгт|с|село|дер|деревня|рп)\b\.?\s*", re.IGNORECASE)
_SOME_STREET = "дорога"
"""A house's number is read behind it."""
LONGEST = {
    "external_id": 80,
    "name": 200,
    "account": 40,
    "note": 2000,
    "flat": 20,
    "entrance": 10,
    "floor": 10,
}


class Row(msgspec.Struct, array_like=True, frozen=True):
    """What a good row says; texts that it does not have are empty."""

    number: int
    external_id: str
    locality: str
    street_kind: str
    street: str
    street_key: str
    house: tuple[str, str, str, str]
    house_key: str
    flat: str
    flat_key: str
    name: str
    keys: tuple[str, str, str]
    phones: tuple[str, ...]
    role: str
    account: str
    entrance: str
    floor: str
    language: str
    note: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong: `field` of HEADS, the cell's text, and a word that the page has a text for."""

    number: int
    field: str
    value: str
    fault: str


class _Wrong(Exception):
    def __init__(self, field: str, value: str, fault: str) -> None:
        super().__init__(fault)
        self.parts = field, value, fault


def read_row(number: int, cells: Sequence[str], mapping: Mapping[str, int]) -> Row | list[Fault]:
    """All faults of a bad row at once, so that it is mended once."""
    texts = {field: cells[column] if column < len(cells) else "" for field, column in mapping.items()}
    faults: list[Fault] = []

    def get(field: str) -> str:
        return texts.get(field, "")

    def note(wrong: _Wrong) -> None:
        field, value, fault = wrong.parts
        faults.append(Fault(number, field, value[:200], fault))

    place = None
    try:
        place = _place(
            get("address"),
            get("locality"),
            get("street"),
            get("house"),
            get("korpus"),
            get("building"),
            get("flat"),
        )
    except _Wrong as wrong:
        note(wrong)
    phones = []
    for field in ("phone", "phone2"):
        for written in written_numbers(get(field)):
            read = read_phone(written)
            if read.e164 is None:
                note(_Wrong(field, written, f"phone_{read.fault}"))
            elif read.e164 not in phones:
                phones.append(read.e164)
    role = ROLE_WORDS.get(folded(get("role")))
    if role is None:
        note(_Wrong("role", get("role"), "role"))
    language = LANGUAGE_WORDS.get(folded(get("language")))
    if language is None:
        note(_Wrong("language", get("language"), "language"))
    for field, longest in LONGEST.items():
        if len(get(field)) > longest:
            note(_Wrong(field, get(field), "too_long"))
    name = get("name")
    keys = name_keys(name) if name else None
    if phones and not name:
        note(_Wrong("name", "", "name_missing"))
    elif name and not any(char.isalpha() for char in name):
        note(_Wrong("name", name, "name"))
    if faults or place is None or role is None or language is None:
        return faults
    return Row(
        number,
        get("external_id"),
        *place,
        name,
        (keys.surname, keys.given, keys.patronymic) if keys else ("", "", ""),
        tuple(phones),
        role,
        get("account"),
        get("entrance"),
        get("floor"),
        language,
        get("note"),
    )


_Place = tuple[str, str, str, str, tuple[str, str, str, str], str, str, str]


def _place(
    address: str, locality: str, street: str, house: str, korpus: str, building: str, flat: str
) -> _Place:
    if not street and address:
        locality_found, street, house_and_flat = split_address(address)
        if not house_and_flat:
            raise _Wrong("address", address, "address")
        number, flat_found = _numbers(house_and_flat, "", "", "address", address)
        locality, flat = locality or locality_found, flat or flat_found
    else:
        if not street:
            raise _Wrong("street", street, "missing")
        if not house:
            raise _Wrong("house", house, "missing")
        number, flat_found = _numbers(house, korpus, building, "house", house)
        if flat_found:
            raise _Wrong("house", house, "house")
    kind, name, key = split_street(street)
    if not key:
        raise _Wrong("street", street, "street")
    flat_text, key_of_flat = flat_of(flat)
    parts = number.number, number.letter, number.korpus, number.building
    return _PLACE.sub("", locality), kind, name, key, parts, number.key, flat_text, key_of_flat


@lru_cache(maxsize=8192)
def split_street(text: str) -> tuple[str, str, str]:
    """Kind, name as written, key: `ул. Ленина`, `Мира пр-т`, `проспект Победы`, `Набережная`."""
    words = text.replace(",", " ").split()
    for at in (0, len(words) - 1):
        kinds = sorted(kinds_meant(folded(words[at]).strip("."))) if len(words) > 1 else []
        if kinds:
            name = " ".join(words[:at] + words[at + 1 :])
            return kinds[0] if len(kinds) == 1 else "пр-т", name[:120], street_key(name)[:120]
        joined = folded(words[at]) if words else ""
        mark, dot, rest = joined.partition(".")
        if dot and rest and kinds_meant(mark):
            name = " ".join([words[at].partition(".")[2], *words[at + 1 :]])
            return sorted(kinds_meant(mark))[0], name[:120], street_key(name)[:120]
    name = " ".join(words)
    return "", name[:120], street_key(name)[:120] if name else ""


@lru_cache(maxsize=8192)
def split_address(text: str) -> tuple[str, str, str]:
    """Place, street and the rest of an address in one cell; the rest is empty when no house can be seen."""
    pieces = [piece.strip() for piece in text.split(",") if piece.strip()]
    for at, piece in enumerate(pieces[:-1]):
        if split_street(piece)[0] and not _NUMBERISH.fullmatch(piece.split()[-1]):
            return ", ".join(pieces[:at][-1:]), piece, " ".join(pieces[at + 1 :])
    words = text.replace(",", " ").split()
    at = len(words)
    while at > 1 and _is_number_part(words[at - 1]):
        at -= 1
    street = " ".join(words[:at])
    rest = " ".join(words[at:])
    return "", street, rest if any(char.isdigit() for char in rest) else ""


def _is_number_part(word: str) -> bool:
    plain = folded(word).strip(".")
    return plain in _MARKS or _NUMBERISH.fullmatch(plain) is not None


@lru_cache(maxsize=65_536)
def _numbers(house: str, korpus: str, building: str, field: str, shown: str) -> tuple[HouseNumber, str]:
    more = (f" к {korpus}" if korpus else "") + (f" стр {building}" if building else "")
    readings = read_address(cyrillic_of_alike(folded(f"{_SOME_STREET} {house}{more}")))
    first = readings[0] if readings else None
    if first is None or first.house is None or first.words != (_SOME_STREET,) or first.after or first.doubt:
        raise _Wrong(field, shown, "house" if field == "house" else "address")
    return first.house, first.flat


@lru_cache(maxsize=8192)
def flat_of(text: str) -> tuple[str, str]:
    """A flat without its mark, and its key: `кв. 12`, `12А`, `пом. II`."""
    plain = re.sub(
        r"^(?:кв|квартира|оф|офис|пом|помещение|ком|комната)\b\.?\s*", "", text, flags=re.IGNORECASE
    )
    return plain[:20], flat_key(cyrillic_of_alike(folded(plain)))[:20]
