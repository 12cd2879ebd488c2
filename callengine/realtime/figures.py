"""The figures of one moment: values that screens, metrics and the API read, in any thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from queues.terms.identifiers import AgentId, CompanyId, QueueName
from sla.agent_time import AgentTime
from sla.call_facts import Promise
from sla.figures import Figures

WINDOWS = ("today", "1h", "15m")


@dataclass(frozen=True, slots=True)
class ScopeFigures:
    """One queue, one company or the whole centre. Calls count by their arrival.

    `promise` is None where queues with different promises are summed. `waiting` is everybody who waits now, whenever
    he arrived; `waiting_late` of these are past their queue's target.
    """

    promise: Promise | None
    waiting: int
    waiting_late: int
    longest_wait: timedelta
    today: Figures
    hour: Figures
    quarter: Figures

    @property
    def by_window(self) -> dict[str, Figures]:
        """Under the names of WINDOWS."""
        return dict(zip(WINDOWS, (self.today, self.hour, self.quarter), strict=True))


@dataclass(frozen=True, slots=True)
class QuarterHour:
    """Calls that arrived within 15 minutes from `start`."""

    start: datetime
    figures: Figures


@dataclass(frozen=True, slots=True)
class CentreFigures:
    """Everything at one moment. `since`: from when on today is counted: midnight, or the very first start."""

    at: datetime
    since: datetime
    total: ScopeFigures
    queues: Mapping[QueueName, ScopeFigures]
    companies: Mapping[CompanyId, ScopeFigures]
    agents: Mapping[AgentId, AgentTime]
    unknown_since: datetime | None
    """The link to the PBX is down since then: nobody sees what happens."""

    @property
    def occupancy(self) -> Fraction | None:
        """All agents together, today."""
        return sum(self.agents.values(), AgentTime()).occupancy
