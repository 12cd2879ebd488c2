"""What a report of a period tells: values, without a word or a line of any picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction

from callengine.reports.period import Period
from callengine.reports.subject import KnownSubject
from sla.agent_time import READY, WORKING, AgentTime
from sla.call_facts import Promise
from sla.figures import Figures
from sla.legal_figure import LegalFigure
from storage.queries.intervals import OwedCount

SPEED_STEPS = (10, 20, 30, 60, 120, 300)
"""Seconds within which a share was answered."""
NOT_LOGGED_IN = ("unavailable",)
"""Beside logged out: his phone cannot be reached."""


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """One queue's share of the report."""

    queue: str
    promise: Promise
    figures: Figures


@dataclass(frozen=True, slots=True)
class IntervalFigures:
    """One day of the period; of a report on one day, one hour."""

    start: datetime
    end: datetime
    figures: Figures


@dataclass(frozen=True, slots=True)
class SpeedStep:
    """How many were answered within so many seconds of their arrival, and of their entry into the line."""

    seconds: int
    from_arrival: int
    from_queue: int


@dataclass(frozen=True, slots=True)
class HourOfWeek:
    """Calls that came in one hour of one weekday (0: Monday), and how many such hours the period has."""

    calls: int
    hours: Fraction

    @property
    def mean(self) -> float | None:
        """Calls an hour; None for an hour that the period does not have."""
        return float(self.calls / self.hours) if self.hours else None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Calls that ended without a human in one way, and by verdict what the law says of them; the rest is not judged."""

    ending: str
    calls: int
    by_verdict: Mapping[str, int]

    @property
    def not_judged(self) -> int:
        """Its time is not over yet, or its line has no rules."""
        return self.calls - sum(self.by_verdict.values())


@dataclass(frozen=True, slots=True)
class AgentFigures:
    """One agent's work. `conversations`: how many he began, callbacks and calls passed to him included."""

    agent: str
    name: str
    conversations: int
    time: AgentTime
    pauses: Mapping[str, timedelta] = field(default_factory=dict)
    """His time in pauses by their reason, as it was told."""

    @property
    def logged_in(self) -> timedelta:
        """In whatever state, with a phone that can be reached."""
        return self.time.of(set(self.time.times) - set(NOT_LOGGED_IN))

    @property
    def handle_time(self) -> timedelta | None:
        """AHT: conversation and wrap-up, per conversation."""
        return self.time.of(WORKING) / self.conversations if self.conversations else None

    @property
    def talk_time(self) -> timedelta | None:
        """Mean conversation."""
        return self.time.of(("talking",)) / self.conversations if self.conversations else None

    @property
    def available(self) -> timedelta:
        """Working for residents, or ready to."""
        return self.time.of((*WORKING, *READY))


@dataclass(frozen=True, slots=True)
class BusyQuarter:
    """A quarter of an hour with many calls, and who was there.

    `calls`: of the report's subject. `load`: all calls that the same agents were to answer. `needed`: agents by
    Erlang C for that load; None where it cannot be told.
    """

    start: datetime
    calls: int
    load: int
    figures: Figures
    logged_in: float
    available: float
    needed: int | None


@dataclass(frozen=True, slots=True)
class Callbacks:
    """Contacts that were owed, by how they ended. `within`: with how many somebody had spoken in so many seconds."""

    counts: Sequence[OwedCount]
    within: Mapping[int, int]

    @property
    def owed(self) -> int:
        """All of them."""
        return sum(one.number for one in self.counts)

    @property
    def in_time(self) -> int:
        """Somebody spoke with the resident before it was due, or his message was reviewed in time."""
        return sum(one.number for one in self.counts if one.in_time or one.closing == "message_reviewed")

    def number(self, closing: str | None, *, in_time: bool | None = None, overdue: bool | None = None) -> int:
        """Of one ending; None: still open."""
        return sum(
            one.number
            for one in self.counts
            if one.closing == closing and in_time in {None, one.in_time} and overdue in {None, one.overdue}
        )


@dataclass(frozen=True, slots=True)
class PeriodReport:
    """Everything one report tells. `promise` is None where the subject's queues have different ones."""

    subject: KnownSubject
    period: Period
    made_at: datetime
    total: Figures
    promise: Promise | None
    queues: Sequence[QueueFigures]
    intervals: Sequence[IntervalFigures]
    speed: Sequence[SpeedStep]
    week: Mapping[tuple[int, int], HourOfWeek]
    unanswered: Sequence[Unanswered]
    law: LegalFigure
    callbacks: Callbacks
    agents: Sequence[AgentFigures]
    agent_days: Sequence[tuple[datetime, AgentFigures]]
    busiest: Sequence[BusyQuarter]

    @property
    def is_of_agent(self) -> bool:
        """About one agent's work instead of about calls."""
        return self.subject.subject.agent is not None

    @property
    def by_hours(self) -> bool:
        """The intervals are hours of one day."""
        return self.period.first == self.period.last

    @property
    def is_running(self) -> bool:
        """The period is not over yet."""
        return self.made_at < self.period.end

    @property
    def offered(self) -> int:
        """n of most charts."""
        return self.total.offered
