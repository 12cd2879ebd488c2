"""The named service-level formulas, side by side, over exact counts.

`offered` is the honest one and the one shown. The others are what other systems show under the same name; they
are here to be shown beside it, with their names (research: ICMI QueueTips 2005; Asterisk app_queue.c).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from fractions import Fraction

SHORT_ABANDON = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class CallTimes:
    """One call's moments: arrival, then answer or the end without one; both None while he waits.

    Raises ValueError when it was answered or ended before it arrived.
    """

    arrived_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None

    def __post_init__(self) -> None:
        for moment, what in ((self.answered_at, "answered"), (self.ended_at, "ended")):
            if moment is not None and moment < self.arrived_at:
                raise ValueError(f"{what} at {moment}, before the arrival at {self.arrived_at}")

    @property
    def wait(self) -> timedelta | None:
        """From arrival to the human, None when none answered."""
        return None if self.answered_at is None else self.answered_at - self.arrived_at

    @property
    def abandoned_after(self) -> timedelta | None:
        """How long he waited in vain, None while he waits and when he was answered."""
        if self.answered_at is not None or self.ended_at is None:
            return None
        return self.ended_at - self.arrived_at


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """Counts of offered calls against one target; values add up, so intervals and queues can be summed."""

    answered_within: int = 0
    answered_late: int = 0
    abandoned_within: int = 0
    """Ended without a human inside the target."""
    abandoned_late: int = 0
    short_abandons: int = 0
    """Of the abandoned: those within SHORT_ABANDON."""
    waiting_within: int = 0
    waiting_late: int = 0
    """Past the target and still waiting: they count against the figure at once, not when they hang up."""

    def __add__(self, other: ServiceLevel) -> ServiceLevel:
        return ServiceLevel(
            self.answered_within + other.answered_within,
            self.answered_late + other.answered_late,
            self.abandoned_within + other.abandoned_within,
            self.abandoned_late + other.abandoned_late,
            self.short_abandons + other.short_abandons,
            self.waiting_within + other.waiting_within,
            self.waiting_late + other.waiting_late,
        )

    def __sub__(self, other: ServiceLevel) -> ServiceLevel:
        return self + ServiceLevel(*(-getattr(other, name) for name in COUNTS))

    @property
    def answered(self) -> int:
        """Answered by a human."""
        return self.answered_within + self.answered_late

    @property
    def abandoned(self) -> int:
        """Ended without a human."""
        return self.abandoned_within + self.abandoned_late

    @property
    def offered(self) -> int:
        """Every call that arrived, whatever became of it."""
        return self.answered + self.abandoned + self.waiting_within + self.waiting_late

    def parts(self, formula: str) -> tuple[int, int]:
        """A named formula's numerator and denominator. Raises KeyError for a name nobody knows."""
        return _PARTS[formula](self)

    def by_formula(self, formula: str) -> Fraction | None:
        """The figure by the name it is shown under; None before a call is counted. Raises KeyError."""
        good, all_ = self.parts(formula)
        return None if all_ == 0 else Fraction(good, all_)

    @property
    def ratio(self) -> Fraction | None:
        """The wallboard's figure: answered within T ÷ offered, but for those who may still be answered in time."""
        return self.by_formula("offered")

    @property
    def answered_only(self) -> Fraction | None:
        """Asterisk's ServicelevelPerf and wazo's qos: whoever gave up is forgotten."""
        return self.by_formula("answered_only")

    @property
    def asterisk_sl2(self) -> Fraction | None:
        """Asterisk's ServicelevelPerf2: giving up quickly raises it."""
        return self.by_formula("asterisk_sl2")

    @property
    def minus_short_abandons(self) -> Fraction | None:
        """Calls abandoned within five seconds leave the calculation."""
        return self.by_formula("minus_short_abandons")

    @property
    def abandoned_after_threshold(self) -> Fraction | None:
        """Only those who gave up after T count against it."""
        return self.by_formula("abandoned_after_threshold")


_PARTS: dict[str, Callable[[ServiceLevel], tuple[int, int]]] = {
    "offered": lambda sums: (sums.answered_within, sums.offered - sums.waiting_within),
    "answered_only": lambda sums: (sums.answered_within, sums.answered),
    "asterisk_sl2": lambda sums: (
        sums.answered_within + sums.abandoned_within,
        sums.answered + sums.abandoned,
    ),
    "minus_short_abandons": lambda sums: (
        sums.answered_within,
        sums.answered + sums.abandoned - sums.short_abandons,
    ),
    "abandoned_after_threshold": lambda sums: (sums.answered_within, sums.answered + sums.abandoned_late),
}
FORMULAS = tuple(_PARTS)
"""The names the formulas are shown under; the first is the one shown by itself."""
COUNTS = tuple(field.name for field in fields(ServiceLevel))


def count(call: CallTimes, target: timedelta, now: datetime) -> ServiceLevel:
    """One call as counts. A wait of exactly the target is good."""
    if call.wait is not None:
        return ServiceLevel(answered_within=1) if call.wait <= target else ServiceLevel(answered_late=1)
    given_up = call.abandoned_after
    if given_up is not None:
        short = int(given_up <= SHORT_ABANDON)
        if given_up <= target:
            return ServiceLevel(abandoned_within=1, short_abandons=short)
        return ServiceLevel(abandoned_late=1, short_abandons=short)
    return ServiceLevel(waiting_within=1) if now - call.arrived_at <= target else ServiceLevel(waiting_late=1)
