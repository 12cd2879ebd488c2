"""A house's number in its parts, compared exactly: `5`, `5а`, `5/2`, `5к2`, `5 корп. 2 стр. 1`."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PART = re.compile(r"(\d+(?:/\d+)?)([а-яa-z]?)")


@dataclass(frozen=True, slots=True)
class HouseNumber:
    """`number` may be a fraction (`5/2`); a letter and a liter are the same; what is not there is empty."""

    number: str
    letter: str = ""
    korpus: str = ""
    building: str = ""

    @property
    def key(self) -> str:
        """One spelling for each house number: what is stored, indexed and compared."""
        korpus = f"к{self.korpus}" if self.korpus else ""
        building = f"с{self.building}" if self.building else ""
        return f"{self.number}{self.letter}{korpus}{building}"

    @property
    def written(self) -> str:
        """As an address says it: `д. 5а, к. 2, стр. 1`."""
        parts = [f"д. {self.number}{self.letter}"]
        if self.korpus:
            parts.append(f"к. {self.korpus}")
        if self.building:
            parts.append(f"стр. {self.building}")
        return ", ".join(parts)

    @property
    def base(self) -> str:
        """The leading number, by which houses are looked up: `5` of `5/2`."""
        return self.number.partition("/")[0]


def closeness(typed: HouseNumber, real: HouseNumber) -> float | None:
    """1 when it is this house, less when only parts that were not typed are added; None when it is another house."""
    if typed == real:
        return 1.0
    if _fraction_as_korpus(typed) == _fraction_as_korpus(real):
        return 0.95
    typed, real = _fraction_as_korpus(typed), _fraction_as_korpus(real)
    if typed.number != real.number:
        return None
    untold = 0
    for said, is_ in (
        (typed.letter, real.letter),
        (typed.korpus, real.korpus),
        (typed.building, real.building),
    ):
        if said and said != is_:
            return None
        untold += said != is_
    return 0.9 - 0.05 * untold


def _fraction_as_korpus(one: HouseNumber) -> HouseNumber:
    number, slash, second = one.number.partition("/")
    if not slash or one.korpus:
        return one
    return HouseNumber(number, one.letter, second, one.building)


def flat_key(text: str) -> str:
    """A flat's number as it is compared: small letters, no spaces, no leading zeros; `12 А` is `12а`."""
    plain = re.sub(r"[\s.]", "", text.casefold().replace("ё", "е"))
    return re.sub(r"^0+(?=\d)", "", plain)
