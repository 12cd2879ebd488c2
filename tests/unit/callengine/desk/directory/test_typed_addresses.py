"""What people type as an address, a name or a number is taken apart as it was meant."""

from __future__ import annotations

import pytest

from callengine.desk.directory.typed.address import read_address, without_flat
from callengine.desk.directory.typed.house_numbers import HouseNumber, closeness, flat_key
from callengine.desk.directory.typed.letters import folded, readings
from callengine.desk.directory.typed.names import NameKeys, name_keys
from callengine.desk.directory.typed.phones import read_phone, tail_of, typed_digits, written_numbers
from callengine.desk.directory.typed.vocabulary import Street, Streets, street_key


@pytest.mark.parametrize(
    ("typed", "words", "house", "flat"),
    [
        ("ленина 5 12", ("ленина",), "5", "12"),
        ("ул. Ленена, д. 5к2 кв. 12", ("ленена",), "5к2", "12"),
        ("ktybyf 5 12", ("ленина",), "5", "12"),
        ("8 марта 5-12", ("8", "марта"), "5", "12"),
        ("1-я Парковая 3", ("1", "парковая"), "3", ""),
        ("40 лет октября д 5", ("40", "летия", "октября"), "5", ""),
        ("60-летия СССР, 7", ("60", "летия", "ссср"), "7", ""),
        ("ленина 5/2", ("ленина",), "5/2", ""),
        ("ленина 5а кв12", ("ленина",), "5а", "12"),
        ("ленина 5-а", ("ленина",), "5а", ""),
        ("Ленина д5 лит А", ("ленина",), "5а", ""),
        ("пр-т Мира д.10 корп.2 стр 1 кв 5", ("мира",), "10к2с1", "5"),
        ("ленина 5 к 2", ("ленина",), "5к2", ""),
        ("ленина 5 2 12", ("ленина",), "5к2", "12"),
        ("ленина 5 под 2 кв 3", ("ленина",), "5", "3"),
        ("Mосква, ул Ленина 5A", ("москва", "ленина"), "5а", ""),
        ("набережная 5", ("набережная",), "5", ""),
        ("2-я линия 7", ("2",), "7", ""),
        ("9-го января 12", ("9", "января"), "12", ""),
        ("кв 7 ленина 5", ("ленина",), "5", "7"),
    ],
)
def test_an_address_comes_apart(typed: str, words: tuple[str, ...], house: str, flat: str) -> None:
    found = [one for text in readings(typed) for one in read_address(text)]
    assert [
        one
        for one in found
        if (one.words, one.house.key if one.house else "", one.flat) == (words, house, flat)
    ], found


def test_numbers_before_the_street_may_be_its_house() -> None:
    first, second = read_address("5 12 ленина")
    assert first.words == ("5", "12", "ленина")
    assert second.words == ("ленина",)
    assert second.house == HouseNumber("5")
    assert second.flat == "12"
    assert second.doubt > first.doubt


def test_words_behind_the_numbers_are_kept_apart() -> None:
    (one,) = read_address(folded("Ленина 5 Иванова Мария"))
    assert one.after == ("иванова", "мария")


def test_two_bare_numbers_may_be_house_and_block() -> None:
    one = read_address("ленина 5 2")[0]
    other = without_flat(one)
    assert other is not None
    assert other.house == HouseNumber("5", korpus="2")
    assert other.flat == ""


@pytest.mark.parametrize("text", ["", "   ", "!?.,", "–—"])
def test_nothing_typed_is_no_address(text: str) -> None:
    assert read_address(folded(text)) == ()


@pytest.mark.parametrize(
    ("typed", "real", "fits"),
    [
        (HouseNumber("5"), HouseNumber("5"), 1.0),
        (HouseNumber("5"), HouseNumber("55"), None),
        (HouseNumber("5"), HouseNumber("5", korpus="2"), 0.85),
        (HouseNumber("5", korpus="2"), HouseNumber("5/2"), 0.95),
        (HouseNumber("5/2"), HouseNumber("5", korpus="2"), 0.95),
        (HouseNumber("5", "а"), HouseNumber("5"), None),
        (HouseNumber("5", korpus="1"), HouseNumber("5", korpus="2"), None),
    ],
)
def test_house_numbers_are_never_near(typed: HouseNumber, real: HouseNumber, fits: float | None) -> None:
    assert closeness(typed, real) == (None if fits is None else pytest.approx(fits))


def test_a_flat_has_one_spelling() -> None:
    assert flat_key("012 А") == flat_key("12а") == "12а"


STREETS = Streets(
    Street("north", "", kind, name)
    for kind, name in [
        ("ул.", "Ленина"),
        ("ул.", "Советская"),
        ("ул.", "Мира"),
        ("пр-т", "Мира"),
        ("ул.", "8 Марта"),
        ("ул.", "1-я Парковая"),
        ("ул.", "2-я Парковая"),
        ("ул.", "Карла Маркса"),
        ("ул.", "40 лет Октября"),
        ("ул.", "Академика Королёва"),
    ]
)


@pytest.mark.parametrize(
    ("typed", "street"),
    [
        ("ленена", "ул. Ленина"),
        ("савецкая", "ул. Советская"),
        ("проспект мира", "пр-т Мира"),
        ("ул мира", "ул. Мира"),
        ("8 мрта", "ул. 8 Марта"),
        ("2-я парковая", "ул. 2-я Парковая"),
        ("к. маркса", "ул. Карла Маркса"),
        ("карлв маркса", "ул. Карла Маркса"),
        ("октября", "ул. 40 лет Октября"),
        ("40 л октября", "ул. 40 лет Октября"),
        ("королева", "ул. Академика Королёва"),
        ("лен", "ул. Ленина"),
    ],
)
def test_a_street_is_found_by_what_is_near(typed: str, street: str) -> None:
    found = [
        one for reading in read_address(folded(typed)) for one in STREETS.find(reading.words, reading.kinds)
    ]
    best = max(found, key=lambda one: one.score).street
    assert f"{best.kind} {best.name}" == street


def test_a_number_in_a_streets_name_is_never_near() -> None:
    (one, *_) = read_address("3-я парковая")
    assert STREETS.find(one.words, one.kinds) == []


def test_a_street_has_one_spelling() -> None:
    assert street_key("1-я Парковая") == "1 парковая"
    assert street_key("Академика Королёва") == "академика королева"


@pytest.mark.parametrize(
    ("written", "keys"),
    [
        ("Иванов Пётр Сергеевич", NameKeys("иванов", "петр", "сергеевич")),
        ("Пётр Сергеевич Иванов", NameKeys("иванов", "петр", "сергеевич")),
        ("Мария Петровна", NameKeys("", "мария", "петровна")),
        ("ООО «Ромашка»", NameKeys("ромашка", "", "")),
        ("Алиев Расул Магомед оглы", NameKeys("алиев", "расул", "магомед оглы")),
    ],
)
def test_a_name_comes_apart(written: str, keys: NameKeys) -> None:
    assert name_keys(written) == keys


@pytest.mark.parametrize(
    ("written", "e164", "fault"),
    [
        ("8 (916) 123-45-67", "+79161234567", None),
        ("916 1234567", "+79161234567", None),
        ("+7 495 123 45 67 доб. 12", "+74951234567", None),
        ("8 10 375 29 1234567", "+375291234567", None),
        ("123-45-67", None, "short"),
        ("89161234", None, "short"),
        ("891612345678", None, "invalid"),
        ("звонить вечером", None, "letters"),
        ("", None, "empty"),
    ],
)
def test_a_number_is_read_or_told_wrong(written: str, e164: str | None, fault: str | None) -> None:
    read = read_phone(written)
    assert (read.e164, read.fault) == (e164, fault)


def test_last_digits_stand_together() -> None:
    assert tail_of("+79161234567").startswith("7654321")
    assert typed_digits("45-67") == "4567"
    assert typed_digits("ленина 5") is None
    assert written_numbers("89161234567, 8 916 765-43-21; 84951234567") == (
        "89161234567",
        "8 916 765-43-21",
        "84951234567",
    )
