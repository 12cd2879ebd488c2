"""Which house, and which flat of it, a caller's number is known for (P22)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from storage.desk.outsider import DeskReader

MOST_PREMISES = 40
"""Of a number that more premises have, nothing is shown."""
_QUESTION = (
    "SELECT DISTINCT house_id, street_kind, street, number, flat, kind FROM house_numbers "  # noqa: S608
    f"WHERE company = $1 AND phone = $2 LIMIT {MOST_PREMISES + 1}"
)


@dataclass(frozen=True, slots=True)
class KnownHouse:
    """The one house of a company that a number is known for, as people wrote it."""

    street_kind: str
    street: str
    number: str
    flat: str = ""
    """Empty where the number has several premises of the house."""
    kind: str = ""
    """Of the premises (flat, parking, …) or of the machine that has the number (lift, intercom, …)."""


async def known_houses(
    reader: DeskReader, company: str, number: str, seconds: float
) -> tuple[int, KnownHouse | None]:
    """How many houses the number (E.164) is of, and the house where it is one. Raises DeskAway, DeskLate."""
    return one_of(await reader.rows(_QUESTION, (company, number), seconds))


def one_of(rows: Sequence[Sequence[Any]]) -> tuple[int, KnownHouse | None]:
    """Of the question's rows."""
    houses = {row[0] for row in rows}
    if len(houses) != 1:
        return len(houses), None
    if len(rows) > MOST_PREMISES:  # Further ones may be of another house.
        return len(rows), None
    _, street_kind, street, number, flat, kind = rows[0]
    if len(rows) > 1:
        flat = kind = ""
    return 1, KnownHouse(street_kind, street, number, flat, kind)
