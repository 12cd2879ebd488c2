"""What a house's knowledge is about: the checklist of a new house is those topics that each must have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Topic:
    """`key` is what articles name; its words are texts of `desk.knowledge`, `topic_KEY`."""

    key: str
    each_house: bool
    """Every house needs an article of its own, or one of its company, before its calls are answered."""
    own: bool = False
    """One of the company does not do: where this house's valve is, no other house's article tells."""


TOPICS: Final = (
    Topic("shut_off_water", each_house=True, own=True),
    Topic("shut_off_power", each_house=True, own=True),
    Topic("access", each_house=True, own=True),
    Topic("lift", each_house=True),
    Topic("emergency_phones", each_house=True),
    Topic("gas", each_house=True),
    Topic("heating", each_house=True),
    Topic("tariffs", each_house=True),
    Topic("planned_works", each_house=True),
    Topic("meters", each_house=False),
    Topic("rubbish", each_house=False),
    Topic("intercom", each_house=False),
    Topic("cleaning", each_house=False),
    Topic("noise", each_house=False),
    Topic("payments", each_house=False),
    Topic("documents", each_house=False),
    Topic("other", each_house=False),
)
KEYS: Final = frozenset(one.key for one in TOPICS)
CHECKLIST: Final = tuple(one for one in TOPICS if one.each_house)


@dataclass(frozen=True, slots=True)
class Covered:
    """What the valid, published articles are about, from nearest to farthest."""

    of_house: frozenset[str]
    of_company: frozenset[str]
    of_all: frozenset[str]


def missing(found: Covered) -> tuple[Topic, ...]:
    """The checklist's topics that nobody could tell a resident of this house about."""
    wider = found.of_house | found.of_company | found.of_all
    return tuple(one for one in CHECKLIST if one.key not in (found.of_house if one.own else wider))
