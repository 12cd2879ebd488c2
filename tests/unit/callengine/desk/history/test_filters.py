"""What an address says of the calls wanted, and how a wrong word of it is told."""

from __future__ import annotations

from datetime import UTC, date, datetime
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callengine.desk.history.filters import CALLBACKS, SPANS, CallFilter, read_filter

ZONE = ZoneInfo("Europe/Moscow")
NOW = datetime(2026, 11, 26, 20, 30, tzinfo=UTC)

SECONDS = st.none() | st.integers(0, 24 * 3600)
FILTERS = st.builds(
    CallFilter,
    span=st.sampled_from([span for span in SPANS if span != "given"]),
    company=st.text("abz-9", max_size=8),
    outcome=st.sampled_from(["", "open", "answered", "lost"]),
    verdict=st.sampled_from(["", "broken", "pending"]),
    number=st.sampled_from(["", "withheld", "4567", "9161234567"]),
    waited_from=SECONDS,
    talked_to=SECONDS,
    callback=st.sampled_from(CALLBACKS),
    recording=st.sampled_from(["", "yes", "no"]),
)


@given(FILTERS)
def test_an_address_reads_as_the_filter_it_was_made_of(chosen: CallFilter) -> None:
    read = read_filter(dict(parse_qsl(chosen.address())), with_number=True)
    assert read.chosen == chosen
    assert not read.wrong


@given(
    st.dictionaries(
        st.sampled_from([*CallFilter.__dataclass_fields__, "lang", "below"]), st.text(max_size=30)
    )
)
def test_whatever_is_typed_is_a_filter_and_every_wrong_word_is_told(query: dict[str, str]) -> None:
    read = read_filter(query, with_number=True)
    again = read_filter(dict(parse_qsl(read.chosen.address())), with_number=True)
    assert again.chosen == read.chosen
    assert not again.wrong
    assert set(read.wrong) <= set(read.typed)


@pytest.mark.parametrize(
    ("field", "text", "told"),
    [
        ("first", "26.11.2026", "wrong_day"),
        ("first", "0001-01-01", "wrong_day"),
        ("waited_from", "-5", "wrong_seconds"),
        ("waited_from", "99999", "wrong_seconds"),
        ("number", "Иванов", "wrong_number"),
        ("number", "7", "wrong_number"),
        ("outcome", "happy", "wrong_choice"),
        ("callback", "maybe", "wrong_choice"),
    ],
)
def test_what_is_wrong_is_told_by_its_field_and_left_out(field: str, text: str, told: str) -> None:
    read = read_filter({field: text}, with_number=True)
    assert read.wrong == {field: told}
    assert read.typed == {field: text}
    assert read.chosen == CallFilter()


def test_an_end_before_its_beginning_is_told() -> None:
    read = read_filter(
        {"first": "2026-11-20", "last": "2026-11-19", "talked_from": "1:30", "talked_to": "60"},
        with_number=False,
    )
    assert read.wrong == {"last": "wrong_order", "talked_to": "wrong_order"}
    assert read.chosen.talked_from == 90


@pytest.mark.parametrize("typed", ["+7 (916) 123-45-67", "8 916 123 45 67", "79161234567", "916 123-45-67"])
def test_a_number_is_the_same_however_it_is_written(typed: str) -> None:
    assert read_filter({"number": typed}, with_number=True).chosen.number == "9161234567"


def test_a_withheld_number_is_asked_for_by_a_word() -> None:
    for typed in ("скрыт", "Скрытый", "withheld"):
        assert read_filter({"number": typed}, with_number=True).chosen.number == "withheld"


def test_who_may_not_see_numbers_cannot_search_by_one() -> None:
    assert read_filter({"number": "4567"}, with_number=False).chosen.number == ""


@pytest.mark.parametrize(
    ("chosen", "first", "last"),
    [
        (CallFilter("today"), "2026-11-25T21", "2026-11-26T21"),
        (CallFilter("yesterday"), "2026-11-24T21", "2026-11-25T21"),
        (CallFilter("week"), "2026-11-19T21", "2026-11-26T21"),
        (CallFilter("given", date(2026, 11, 1), date(2026, 11, 2)), "2026-10-31T21", "2026-11-02T21"),
        (CallFilter("given", date(2026, 11, 1)), "2026-10-31T21", "2026-11-26T21"),
    ],
)
def test_days_are_those_of_the_centre(chosen: CallFilter, first: str, last: str) -> None:
    start, end = chosen.days(NOW, ZONE)
    assert (start.isoformat()[:13], end.isoformat()[:13]) == (first, last)
