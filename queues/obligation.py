"""What a missed resident is owed, and the dials that try to give it to him."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from queues.call import Place
from queues.identifiers import AgentId, AttemptId, CompanyId, ObligationId
from queues.personal_data import Phone
from queues.policy import LinePolicy, QueuePolicy

ResidentKey = tuple[CompanyId, str]
"""A resident is a number at a company: E.164 where it is valid, else as it came."""


class ObligationState(StrEnum):
    """Where an open obligation stands."""

    PLANNED = "planned"
    """A timer will put it in line."""
    IN_LINE = "in_line"
    """Waits for an agent, in its place."""
    IN_FLIGHT = "in_flight"
    """An attempt is under way."""
    SUSPENDED = "suspended"
    """The resident is calling us himself right now."""


class AttemptState(StrEnum):
    """How far one dial is."""

    RINGING_AGENT = "ringing_agent"
    DIALLING = "dialling"
    TALKING = "talking"


@dataclass(slots=True)
class Obligation:
    """An open obligation; only the desks change it."""

    id: ObligationId
    line: LinePolicy
    queue: QueuePolicy
    number: Phone
    e164: Phone | None
    resident: ResidentKey
    arrived_at: datetime
    due_at: datetime
    state: ObligationState = ObligationState.PLANNED
    not_before: datetime | None = None
    attempts_made: int = 0
    dials: int = 0
    """Attempts in which the resident's phone was, or may have been, rung."""
    attempt: AttemptId | None = None
    is_overdue: bool = False

    @property
    def place(self) -> Place:
        """Its place among all who wait: by the moment the law wants the contact."""
        return (self.queue.priority, self.due_at, self.id)


@dataclass(slots=True)
class Attempt:
    """One dial in flight; only the desks change it."""

    id: AttemptId
    obligation: ObligationId
    agent: AgentId | None
    e164: Phone | None
    queue: QueuePolicy
    made_at: datetime
    state: AttemptState = AttemptState.RINGING_AGENT
    is_cancelled: bool = False
