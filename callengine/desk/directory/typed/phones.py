"""Telephone numbers as people write them, to E.164; what is wrong with one that is none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from queues.terms.phone import Phone
from queues.terms.phone_numbers import HOME_REGION, normalise

_DIGITS = re.compile(r"\d")
_EXTENSION = re.compile(r"(?:доб|ext|вн)[.:\s]*\d+.*$|[;#].*$")
_ALLOWED = re.compile(r"[\d\s()+.\-\u2010-\u2015]+")
_SEPARATORS = re.compile(r"[,;/|\n]|\s{2,}| и ")
TAIL_DIGITS = 4
"""The fewest last digits by which a number is searched."""


@dataclass(frozen=True, slots=True)
class PhoneRead:
    """A number in E.164, or why it is none: `empty`, `letters`, `short`, `invalid`."""

    e164: str | None
    fault: str | None = None


@lru_cache(maxsize=8192)
def read_phone(text: str, region: str = HOME_REGION) -> PhoneRead:
    """One written number: 8 (916) 123-45-67, +7…, ten digits; an extension behind it is not kept."""
    plain = _EXTENSION.sub("", text.casefold()).strip()
    if not plain:
        return PhoneRead(None, "empty")
    if not _ALLOWED.fullmatch(plain):
        return PhoneRead(None, "letters")
    digits = "".join(_DIGITS.findall(plain))
    if digits.startswith("810") and len(digits) > 11:
        digits = "+" + digits[3:]
    elif plain.startswith("+"):
        digits = "+" + digits
    e164 = normalise(Phone(digits), region)
    if e164 is None:
        return PhoneRead(None, "short" if len(digits) < 10 else "invalid")
    return PhoneRead(e164.whole)


def written_numbers(text: str) -> tuple[str, ...]:
    """The numbers of a cell that holds several, separated by commas, semicolons, slashes or lines."""
    return tuple(one.strip() for one in _SEPARATORS.split(text) if one.strip())


def tail_of(e164: str) -> str:
    """Its digits from the last to the first: numbers ending alike stand together in an index."""
    return "".join(_DIGITS.findall(e164))[::-1]


def typed_digits(text: str) -> str | None:
    """The digits of a search that is nothing but a number with its brackets and dashes; None for anything else."""
    plain = text.strip()
    if not plain or not _ALLOWED.fullmatch(plain):
        return None
    digits = "".join(_DIGITS.findall(plain))
    return digits if len(digits) >= TAIL_DIGITS else None
