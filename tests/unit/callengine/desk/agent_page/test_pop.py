"""Who it may be: nine at most, no name in it, none chosen of several."""

from __future__ import annotations

import pytest

from callengine.desk.agent_page.pops.pop import (
    Prepared,
    chosen_at_first,
    house_meant,
    initials,
    matches_of,
)
from callengine.desk.directory.callers import DeviceCalls, MayBe
from callengine.desk.web.wording import shown_number


def may_be(n: int, house: int | None = 1, flat: bool = True) -> MayBe:
    home = n if flat and house is not None else None
    return MayBe(
        "sever", n, "Петрова Мария Ильинична", "owner", "", "тайна", home, str(n), house, "д. 5", None
    )


def test_nine_are_shown_by_their_digits_and_no_name_is_among_it() -> None:
    shown, more = matches_of([may_be(n) for n in range(1, 13)])
    assert [one.digit for one in shown] == list(range(1, 10))
    assert more == 3
    assert "Петрова" not in repr(shown)
    assert "тайна" not in repr(shown)
    assert {one.initials for one in shown} == {"П. М. И."}


@pytest.mark.parametrize(
    ("name", "short"), [("", ""), ("иванов", "И."), ("О'Нил Анна-Мария", "О. А."), ("- 5", "")]
)
def test_initials(name: str, short: str) -> None:
    assert initials(name) == short


def test_the_only_one_is_chosen_and_of_several_none() -> None:
    one, _ = matches_of([may_be(7)])
    assert chosen_at_first(Prepared(one)) == "p7r7"
    two, _ = matches_of([may_be(7), may_be(8)])
    assert chosen_at_first(Prepared(two)) == ""
    homeless, _ = matches_of([may_be(7, None)])
    assert chosen_at_first(Prepared(homeless)) == ""
    house, _ = matches_of([may_be(7, 3, flat=False)])
    assert chosen_at_first(Prepared(house)) == "h3r7"


def test_the_house_is_shown_when_it_can_be_one_only() -> None:
    assert house_meant([may_be(1), may_be(2)], None) == 1
    assert house_meant([may_be(1), may_be(2, 5)], None) is None
    assert house_meant([may_be(1, None)], None) is None
    assert house_meant([], DeviceCalls("sever", 1, "lift", "подъезд 2", 9, "д. 5")) == 9


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("79161234567", "+7 916 123-45-67"),
        ("+79161234567", "+7 916 123-45-67"),
        ("112", "112"),
        ("+4930123456", "+4930123456"),
        ("", ""),
    ],
)
def test_numbers_are_shown_as_people_read_them(number: str, shown: str) -> None:
    assert shown_number(number) == shown
