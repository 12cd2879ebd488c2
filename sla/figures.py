"""The figures of an interval: named quotients of sums over the calls that arrived in it.

Every screen, metric and report reads these; none computes its own. What each means: docs/figures.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction

from sla.call_facts import IN_DOUBT, OWN, Measure
from sla.confidence import ENOUGH_CALLS, interval
from sla.promises import ClockStart
from sla.service_level import COUNTS, ServiceLevel

_ZERO = timedelta(0)


@dataclass(frozen=True, slots=True)
class Rated:
    """A share with everything that must be shown beside it. All None before a call is counted.

    `low` and `high` enclose what is true, whatever happened while nobody saw it; they are equal when everything was
    seen. `calls` is the denominator of `value`; `interval` is the 95 % interval of the share.
    """

    low: Fraction | None
    value: Fraction | None
    high: Fraction | None
    calls: int
    interval: tuple[float, float] | None

    @property
    def enough(self) -> bool:
        """Whether the calls are enough for a percentage to say something."""
        return self.calls >= ENOUGH_CALLS


@dataclass(frozen=True, slots=True)
class Figures:
    """One interval of one queue, one company or the whole centre.

    `unknown`: how much of the interval nobody saw. `unseen`: how many calls are expected to have come in the part of
    it that is not recovered, at the rate of the rest: they are in the bounds only.
    """

    sums: Mapping[Measure, int] = field(default_factory=dict)
    unknown: timedelta = _ZERO
    unseen: int = 0

    def count(self, group: str, name: str) -> int:
        """One sum; 0 where nothing was added."""
        return self.sums.get((group, name), 0)

    @property
    def offered(self) -> int:
        """Every call that arrived."""
        return self.count("calls", "offered")

    @property
    def answered(self) -> int:
        """By a human, also in Asterisk's own queue."""
        return self.level.answered

    @property
    def answered_within(self) -> int:
        """Of these within the target, by the queue's own clock."""
        return self.level.answered_within

    @property
    def unanswered(self) -> int:
        """Ended without a human, whatever the outcome."""
        return self.count("calls", "unanswered")

    @property
    def waiting(self) -> int:
        """Of the interval's calls, those that wait for a human now."""
        return self.level.waiting_within + self.level.waiting_late

    @property
    def abandoned(self) -> int:
        """He hung up."""
        return self.count("outcome", "abandoned")

    @property
    def short_abandons(self) -> int:
        """He hung up within five seconds of his arrival."""
        return self.count("calls", "abandoned short")

    @property
    def outcomes(self) -> dict[str, int]:
        """Law 1: how the calls ended."""
        return {name: number for (group, name), number in self.sums.items() if group == "outcome" and number}

    @property
    def by_fallback(self) -> int:
        """In the hands of Asterisk's own queue when they were answered or ended."""
        return self.count("calls", "fallback")

    @property
    def repeat_calls(self) -> int:
        """The same number had called the same company within the hour before."""
        return self.count("calls", "repeat")

    @property
    def transfers(self) -> int:
        """How often a conversation was given to a colleague."""
        return self.count("calls", "transfers")

    @property
    def transferred(self) -> int:
        """In how many calls."""
        return self.count("calls", "transferred")

    @property
    def handled(self) -> int:
        """Answered, and the conversation is over."""
        return self.count("calls", "handled")

    @property
    def level(self) -> ServiceLevel:
        """The counts of the service level, each call by its own queue's clock."""
        return self._level(OWN)

    def level_by(self, clock: ClockStart | None) -> ServiceLevel:
        """The same by one clock for all; None: by each queue's own."""
        return self._level(OWN if clock is None else clock.value)

    @property
    def by_clock(self) -> dict[ClockStart, ServiceLevel]:
        """Both clocks side by side."""
        return {clock: self._level(clock.value) for clock in ClockStart}

    def service_level(self, formula: str = "offered", clock: ClockStart | None = None) -> Rated:
        """A named formula with its bounds and its interval. Raises KeyError for a name nobody knows."""
        name = OWN if clock is None else clock.value
        level, doubted = self._level(name), self._level(name + IN_DOUBT)
        certain = level - doubted
        possible = self.count(name + IN_DOUBT, "may be within") + self.unseen
        all_ = doubted.offered + self.unseen
        worst = certain + ServiceLevel(answered_late=all_)
        # Who was past the target when nobody looked any more is in `offered`'s denominator for sure; a formula that
        # drops some of the unanswered may drop him.
        surely_late = all_ - possible if formula == "offered" else 0
        best = certain + ServiceLevel(answered_within=possible, answered_late=surely_late)
        good, calls = level.parts(formula)
        return Rated(
            worst.by_formula(formula),
            level.by_formula(formula),
            best.by_formula(formula),
            calls,
            interval(good, calls),
        )

    @property
    def speed_of_answer(self) -> timedelta | None:
        """ASA: mean wait of the answered, by their queues' own clocks."""
        return self._mean(self.count(OWN, "wait"), self.answered)

    @property
    def time_to_abandon(self) -> timedelta | None:
        """Mean wait, from the arrival, of those who hung up."""
        return self._mean(self.count("time", "to abandon"), self.abandoned)

    @property
    def talk_time(self) -> timedelta | None:
        """Mean conversation of the handled; holding is inside it."""
        return self._mean(self.count("time", "talk"), self.handled)

    @property
    def wrap_up_time(self) -> timedelta | None:
        """Mean rest after a handled call."""
        return self._mean(self.count("time", "wrap-up"), self.handled)

    @property
    def handle_time(self) -> timedelta | None:
        """AHT: conversation and wrap-up."""
        return self._mean(self.count("time", "talk") + self.count("time", "wrap-up"), self.handled)

    @property
    def time_to_human(self) -> timedelta | None:
        """Mean time from arrival until a human spoke with the resident, over later calls and callbacks."""
        return self._mean(self.count("time", "to human"), self.count("calls", "met a human"))

    @property
    def abandonment(self) -> Fraction | None:
        """Hung up ÷ every call that waits no more."""
        decided = self.offered - self.waiting
        return Fraction(self.abandoned, decided) if decided else None

    def _level(self, name: str) -> ServiceLevel:
        return ServiceLevel(*(self.sums.get((name, count), 0) for count in COUNTS))

    @staticmethod
    def _mean(sum_: int, of: int) -> timedelta | None:
        return timedelta(microseconds=round(Fraction(sum_, of))) if of else None
