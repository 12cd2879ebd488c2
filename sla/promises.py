"""What was promised: the centre's own target, and the law's limits as dated data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Promise:
    """ "`goal_ratio` of all offered calls answered within `target`"."""

    target: timedelta = timedelta(seconds=30)
    goal_ratio: float = 0.88


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The law's limits from `since` on.

    `answer`: a human answers within it of the arrival; failing that `contact`: talked to by phone within it
    of the arrival; or `message`: a message reviewed within it of the message's arrival.
    """

    name: str
    since: date
    answer: timedelta
    contact: timedelta
    message: timedelta
    source: str


RU_416 = RuleSet(
    name="RU-416",
    since=date(2019, 3, 1),
    answer=timedelta(minutes=5),
    contact=timedelta(minutes=10),
    message=timedelta(minutes=10),
    source="ПП РФ 416 от 15.05.2013 п. 13, в ред. ПП РФ 331 от 27.03.2018",
)


def rule_set_at(rules: Iterable[RuleSet], day: date) -> RuleSet:
    """The rule set in force on a day: the latest that has begun. Raises LookupError before the first."""
    begun = [rules_ for rules_ in rules if rules_.since <= day]
    if not begun:
        raise LookupError(f"no rule set is in force on {day}")
    return max(begun, key=lambda rules_: rules_.since)
