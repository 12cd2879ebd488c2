"""What screens, metrics and people may see of the live state: values, taken at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from queues.messages.journal import AgentState
from queues.state.call import CallState
from queues.terms.identifiers import AgentId, CallId, CompanyId, ObligationId, QueueName
from queues.terms.phone import Phone
from sla.obligation import ObligationState


@dataclass(frozen=True, slots=True)
class CallView:
    """One resident's call as it is now."""

    call: CallId
    company: CompanyId
    queue: QueueName
    label: str
    number: Phone
    state: CallState
    arrived_at: datetime
    answered_at: datetime | None
    agent: AgentId | None
    offers_made: int


@dataclass(frozen=True, slots=True)
class AgentView:
    """One agent as he is now."""

    agent: AgentId
    name: str
    state: AgentState
    pause_reason: str
    call: CallId | None
    queues: frozenset[QueueName]
    since: datetime | None = None
    """When this state began, as far as this engine saw it."""


@dataclass(frozen=True, slots=True)
class ObligationView:
    """What is owed to one resident now."""

    obligation: ObligationId
    company: CompanyId
    queue: QueueName
    state: ObligationState
    due_at: datetime
    is_overdue: bool
    arrived_at: datetime
    is_taken: bool = False
    """As a human's task, by somebody."""


@dataclass(frozen=True, slots=True)
class CentreView:
    """All calls, waiting ones first and in the order of their places, all agents by id, and all that is owed."""

    calls: tuple[CallView, ...]
    agents: tuple[AgentView, ...]
    synced: bool
    obligations: tuple[ObligationView, ...] = ()
    callbacks_stopped: bool = False
    messages_waiting: int = 0

    @property
    def waiting(self) -> tuple[CallView, ...]:
        """Residents that no human has answered yet, in whichever hands."""
        return tuple(call for call in self.calls if call.answered_at is None)
