"""Whose number it is, and whether the centre may dial it (law 5). The one module that imports phonenumbers.

A caller id is whatever the caller's network let him write. So a callback is dialled only when the number,
normalised, is of an allowed country **and** type: country code 7 alone is Kazakhstan too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

from queues.terms.phone import Phone

HOME_REGION = "RU"
ALLOWED_TYPES = frozenset(
    {PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
)
_SHORTEST = 7
"""Digits of the shortest number worth parsing: what is shorter is a short code of some network."""


class DialRefusal(StrEnum):
    """Why a number is not dialled; each refusal is journalled and counted by this reason."""

    WITHHELD = "withheld"
    INVALID = "invalid"
    SHORT_CODE = "short_code"
    FOREIGN = "foreign"
    NUMBER_TYPE = "number_type"
    """Premium, toll-free, shared cost, pager, satellite, …"""
    OWN_NUMBER = "own_number"
    DO_NOT_CALL = "do_not_call"
    """The resident asked never to be called."""
    NO_TRUNK = "no_trunk"
    """The line names no trunk and caller id for callbacks."""
    CAP_PER_NUMBER = "cap_per_number"
    CAP_PER_HOUR = "cap_per_hour"
    SWITCHED_OFF = "switched_off"
    WATCHED_ONLY = "watched_only"
    """The queue is Asterisk's, and the settings make each callback a task for a human."""


NUMBER_REFUSALS = frozenset(
    {
        DialRefusal.WITHHELD,
        DialRefusal.INVALID,
        DialRefusal.SHORT_CODE,
        DialRefusal.FOREIGN,
        DialRefusal.NUMBER_TYPE,
        DialRefusal.OWN_NUMBER,
        DialRefusal.DO_NOT_CALL,
    }
)
"""Reasons that lie in the number itself: no later moment makes it dialable."""


CAPS = (DialRefusal.CAP_PER_NUMBER, DialRefusal.CAP_PER_HOUR)
"""Reasons that a later moment takes away."""


class NumberFormat(StrEnum):
    """How a trunk wants the number written."""

    E164 = "e164"
    """+79161234567"""
    EIGHT = "8"
    """89161234567"""
    SEVEN = "7"
    """79161234567"""
    NATIONAL = "national"
    """9161234567"""


@dataclass(frozen=True, slots=True)
class NumberVerdict:
    """`e164` is the normalised number where there is one; `refusal` is None when it may be dialled."""

    e164: Phone | None
    refusal: DialRefusal | None


@lru_cache(maxsize=4096)
def is_region(region: str) -> bool:
    """Whether it is a country that has telephone numbers, by its two letters (ISO 3166-1)."""
    return region in phonenumbers.SUPPORTED_REGIONS


def normalise(number: Phone, region: str = HOME_REGION) -> Phone | None:
    """8…, 7…, +7… and ten digits to E.164; None when it is no valid number anywhere."""
    parsed = _parse(number.whole, region)
    if parsed is None or not phonenumbers.is_valid_number(parsed):
        return None
    return Phone(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def spellings(number: Phone, region: str = HOME_REGION) -> tuple[str, ...]:
    """The digits by which it may come as a caller id: with country code, with the home prefix, bare; first as given.

    Those that `normalise` takes for this number, and no other's.
    """
    e164 = normalise(number, region)
    given = "".join(char for char in number.whole if char.isascii() and char.isdigit())
    if e164 is None:
        return (given,) if given else ()
    parsed = phonenumbers.parse(e164.whole)
    written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    forms = (
        given,
        e164.whole.lstrip("+"),
        "".join(char for char in written if char.isdigit()),
        phonenumbers.national_significant_number(parsed),
    )
    return tuple(form for form in dict.fromkeys(forms) if normalise(Phone(form), region) == e164)


def judge(number: Phone, own_numbers: Iterable[Phone] = (), region: str = HOME_REGION) -> NumberVerdict:
    """Whether a callback to this number is allowed at all. `own_numbers` are E.164: DIDs and the like."""
    if number.is_withheld:
        return NumberVerdict(None, DialRefusal.WITHHELD)
    digits = number.whole.lstrip("+")
    if digits.isascii() and digits.isdigit() and len(digits) < _SHORTEST:
        return NumberVerdict(None, DialRefusal.SHORT_CODE)
    e164 = normalise(number, region)
    if e164 is None:
        return NumberVerdict(None, DialRefusal.INVALID)
    parsed = phonenumbers.parse(e164.whole)
    if e164 in set(own_numbers):
        return NumberVerdict(e164, DialRefusal.OWN_NUMBER)
    if phonenumbers.region_code_for_number(parsed) != region:
        return NumberVerdict(e164, DialRefusal.FOREIGN)
    if phonenumbers.number_type(parsed) not in ALLOWED_TYPES:
        return NumberVerdict(e164, DialRefusal.NUMBER_TYPE)
    return NumberVerdict(e164, None)


def write_for_trunk(e164: Phone, form: NumberFormat) -> Phone:
    """The number as the trunk wants it. Only for numbers of country code 7; others stay E.164."""
    if form is NumberFormat.E164 or not e164.whole.startswith("+7"):
        return e164
    national = e164.whole[2:]
    prefix = {NumberFormat.EIGHT: "8", NumberFormat.SEVEN: "7", NumberFormat.NATIONAL: ""}[form]
    return Phone(prefix + national)


def _parse(text: str, region: str) -> phonenumbers.PhoneNumber | None:
    if not text.lstrip("+").isascii() or not text.lstrip("+").isdigit():
        return None
    if region == HOME_REGION and len(text) == 11 and text.startswith("7"):
        # Trunks deliver 7 and ten digits without a plus; as a national number it would be something else.
        text = f"+{text}"
    try:
        return phonenumbers.parse(text, region)
    except NumberParseException:
        return None
