"""What a phone's display says of a call with a known house: company and line first, nothing cut that is a number."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callengine.loop.shown_house import LONGEST, plain, shown
from callengine.platform.language import texts_of
from config.schema.values import _PRINTABLE
from storage.desk.houses import KnownHouse

WORDS = texts_of("display")["ru"]


@pytest.mark.parametrize(
    ("label", "house", "on_display"),
    [
        (
            "УК Север: общая",
            KnownHouse("ул.", "Мира", "5", "7", "flat"),
            "УК Север: общая ул. Мира 5 кв. 7",
        ),
        (
            "УК Северный: общая",
            KnownHouse("ул.", "Ленина", "5к2", "112", "flat"),
            "УК Северный: общая Ленина 5к2 кв. 112",
        ),
        (
            "УК Северный: аварийная",
            KnownHouse("ул.", "Ленина", "5к2", "112", "flat"),
            "УК Северный: аварийная Ленина 5к2-112",
        ),
        (
            "УК Заря: общая",
            KnownHouse("ул.", "Академика Королёва", "15с1", "7", "flat"),
            "УК Заря: общая Академика Королёва 15с1-7",
        ),
        (
            "УК Заря: общая",
            KnownHouse("ул.", "60-летия Октябрьской Революции", "15с1", "7", "flat"),
            "УК Заря: общая 60-летия Октя. 15с1 кв. 7",
        ),
        ("УК Заря: общая", KnownHouse("пр-т", "Мира", "5"), "УК Заря: общая пр-т Мира 5"),
        (
            "УК Заря: лифт",
            KnownHouse("ул.", "Мира", "5", "подъезд 2", "lift"),
            "УК Заря: лифт ул. Мира 5 лифт подъезд 2",
        ),
        (
            "УК Заря: общая",
            KnownHouse("ул.", "Мира", "5", "пом. II", "commercial"),
            "УК Заря: общая ул. Мира 5 пом. II",
        ),
        (
            "УК Заря: общая",
            KnownHouse("ул.", "Мира", "5", "12", "parking"),
            "УК Заря: общая ул. Мира 5 м/м 12",
        ),
        (
            "УК «Управление домами»: общая линия",
            KnownHouse("ул.", "Мира", "5", "7", "flat"),
            "УК «Управление домами»: общая линия",
        ),
        (
            "УК Заря: общая",
            KnownHouse("ул.", 'Мира"\r\nAction: Originate', "5", "7", "flat"),
            "УК Заря: общая Мира Action: Ori. 5 кв. 7",
        ),
        ("УК Заря: общая", KnownHouse("ул.", "", "5"), "УК Заря: общая"),
    ],
)
def test_as_it_stands_on_the_display(label: str, house: KnownHouse, on_display: str) -> None:
    assert len(on_display) <= LONGEST
    assert shown(label, house, WORDS) == on_display


LABELS = st.from_regex(_PRINTABLE, fullmatch=True).map(lambda text: text[:LONGEST])
TEXTS = st.text(max_size=60)
HOUSES = st.builds(
    KnownHouse,
    st.sampled_from(["ул.", "пр-т", "", "мкр."]) | TEXTS,
    TEXTS,
    st.from_regex(r"[1-9]\d{0,2}([а-е]|к\d|с\d|/\d)?", fullmatch=True) | TEXTS,
    st.from_regex(r"\d{1,4}[а-е]?", fullmatch=True) | TEXTS,
    st.sampled_from(["flat", "room", "commercial", "parking", "storage", "house", "lift", "other", ""]),
)


@given(LABELS, HOUSES)
def test_company_and_line_then_house_then_flat_within_forty_characters_and_no_number_cut(
    label: str, house: KnownHouse
) -> None:
    text = shown(label, house, WORDS)
    assert len(text) <= LONGEST
    assert text.startswith(label)
    added = text[len(label) :]
    if not added:
        return
    assert _PRINTABLE.fullmatch(added)
    number, flat = re.escape(plain(house.number)), re.escape(plain(house.flat))
    begins = "|".join(re.escape(one[0]) for one in (plain(house.street_kind), plain(house.street)) if one)
    named = f" (?:{begins}).*"
    behind = rf"(?: (?:{'|'.join(map(re.escape, WORDS.values()))}) {flat}| {flat}|-{flat}|)"
    assert re.fullmatch(named + f" {number}{behind}", added)
