"""What the law promises: its limits, and how its unclear points are read, as dated data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum


class ClockStart(StrEnum):
    """From when a call's limits run."""

    ARRIVAL = "arrival"
    """The trunk channel's creation: what the resident lives through."""
    QUEUE = "queue"
    """The entry into the waiting line."""


class ReviewMeans(StrEnum):
    """What makes a message "reviewed"."""

    DISPOSITION = "disposition"
    """A named agent opened it and said what became of it."""
    OPENED = "opened"
    """A named agent opened it."""


@dataclass(frozen=True, slots=True)
class Readings:
    """How the law's unclear points are read; the strict reading is the default (legal_domain.md 1.1).

    `early_hang_up_owes`: a resident who gives up inside `early_hang_up` is owed a contact like any other.
    """

    clock: ClockStart = ClockStart.ARRIVAL
    pick_up_is_answer: bool = False
    """Whether a machine that picks up has answered."""
    early_hang_up_owes: bool = True
    early_hang_up: timedelta = timedelta(seconds=5)
    attempt_is_contact: bool = False
    """Whether a dial that nobody answered is a contact all the same."""
    review: ReviewMeans = ReviewMeans.DISPOSITION


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The law's limits from `since` on.

    `answer`: a human answers within it of the call's clock; failing that `contact`: talked to by phone within it;
    or `message`: a message reviewed within it of the message's arrival.
    """

    name: str
    since: date
    answer: timedelta
    contact: timedelta
    message: timedelta
    source: str
    readings: Readings = field(default_factory=Readings)

    @property
    def version(self) -> str:
        """What a verdict is stored with."""
        return f"{self.name}/{self.since.isoformat()}"


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
