"""Whom a callback may dial: a table a manager can read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues.terms.phone import Phone
from queues.terms.phone_numbers import (
    DialRefusal,
    NumberFormat,
    judge,
    normalise,
    spellings,
    write_for_trunk,
)

MOBILE = "+79161234567"


@pytest.mark.parametrize("written", ["89161234567", "79161234567", "+79161234567", "9161234567"])
def test_the_four_ways_a_russian_number_arrives_are_one_number(written: str) -> None:
    verdict = judge(Phone(written))
    assert verdict.e164 == Phone(MOBILE)
    assert verdict.refusal is None


@pytest.mark.parametrize("written", ["+74951234501", "84951234501", "+79541234567"])
def test_fixed_lines_and_mobiles_of_russia_are_called_back(written: str) -> None:
    assert judge(Phone(written)).refusal is None


@pytest.mark.parametrize(
    ("written", "refusal"),
    [
        ("", DialRefusal.WITHHELD),
        ("112", DialRefusal.SHORT_CODE),
        ("0", DialRefusal.SHORT_CODE),
        ("+7916", DialRefusal.SHORT_CODE),
        ("00000000000", DialRefusal.INVALID),
        ("+799999999999999", DialRefusal.INVALID),
        ("89161234567*1", DialRefusal.INVALID),
        ("+77011234567", DialRefusal.FOREIGN),
        ("87011234567", DialRefusal.FOREIGN),
        ("+12025550123", DialRefusal.FOREIGN),
        ("+375291234567", DialRefusal.FOREIGN),
        ("+78091234567", DialRefusal.NUMBER_TYPE),
        ("88002000600", DialRefusal.NUMBER_TYPE),
    ],
)
def test_whatever_else_a_caller_id_says_is_not_dialled(written: str, refusal: DialRefusal) -> None:
    assert judge(Phone(written)).refusal is refusal


def test_our_own_numbers_are_not_dialled_however_they_are_written() -> None:
    own = [Phone("+74951234501")]
    for written in ("+74951234501", "84951234501", "74951234501", "4951234501"):
        assert judge(Phone(written), own).refusal is DialRefusal.OWN_NUMBER


def test_a_trunk_gets_the_number_in_its_own_form() -> None:
    number = Phone(MOBILE)
    written = [write_for_trunk(number, form).whole for form in NumberFormat]
    assert written == ["+79161234567", "89161234567", "79161234567", "9161234567"]


@given(st.text(max_size=30))
def test_law_5_whatever_the_caller_id_is_a_dialled_number_is_russian_and_normal(text: str) -> None:
    verdict = judge(Phone(text))
    if verdict.refusal is None:
        assert verdict.e164 is not None
        assert verdict.e164.whole.startswith("+7")
        assert len(verdict.e164.whole) == 12
        assert verdict.e164.whole[2] in "34589"
        assert normalise(verdict.e164) == verdict.e164


def test_each_way_a_number_may_come_is_written_down_and_no_other_number() -> None:
    assert spellings(Phone("+74951234501")) == ("74951234501", "84951234501", "4951234501")
    assert spellings(Phone("84951234501")) == ("84951234501", "74951234501", "4951234501")
    # A number of no country is known as it was given.
    assert spellings(Phone("+70000000001")) == ("70000000001",)
    assert spellings(Phone("")) == ()
