"""A code of the telephone opens the door once, within its time; recovery codes are hard to guess and easy to type."""

from __future__ import annotations

from datetime import timedelta
from xml.etree import ElementTree

import pyotp
import pytest

from callengine.desk.people.doors.second_factor import (
    new_recovery_codes,
    new_totp_secret,
    picture,
    plain_recovery_code,
    taken_step,
)
from tests.support.manual_clock import NOON


@pytest.mark.parametrize(("late", "taken"), [(-61, False), (-30, True), (0, True), (30, True), (61, False)])
def test_a_code_holds_for_a_step_on_either_side(late: int, taken: bool) -> None:
    secret = new_totp_secret()
    code = pyotp.TOTP(secret).at(NOON)
    assert (taken_step(secret, code, NOON + timedelta(seconds=late), None) is not None) is taken


def test_no_code_is_taken_twice_nor_an_older_one_after_it() -> None:
    secret = new_totp_secret()
    maker = pyotp.TOTP(secret)
    step = taken_step(secret, maker.at(NOON), NOON, None)
    assert step is not None
    assert taken_step(secret, maker.at(NOON), NOON, step) is None
    assert taken_step(secret, maker.at(NOON - timedelta(seconds=30)), NOON, step) is None
    assert taken_step(secret, maker.at(NOON + timedelta(seconds=30)), NOON, step) == step + 1


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "0 0 0", "0" * 5000])
def test_what_is_no_code_is_none(typed: str) -> None:
    assert taken_step(new_totp_secret(), typed, NOON, None) is None


def test_recovery_codes_are_read_however_they_are_typed() -> None:
    codes = new_recovery_codes()
    assert len(set(codes)) == len(codes) == 10
    for code in codes:
        assert plain_recovery_code(code.upper().replace("-", " ")) == code
    assert plain_recovery_code("abc") is None


def test_the_picture_is_svg_with_nothing_that_a_policy_forbids() -> None:
    root = ElementTree.fromstring(picture(new_totp_secret(), "Иванова"))  # noqa: S314  # our own
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert not any("style" in one.attrib or one.tag.endswith("script") for one in root.iter())
