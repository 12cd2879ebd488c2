"""What screens, metrics and people may see of the live state: values, taken at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from queues.messages.journal import AgentState
from queues.state.call import CallState, Place
from queues.state.obligation import AttemptState
from queues.terms.identifiers import (
    AgentId,
    AttemptId,
    CallId,
    CompanyId,
    MessageId,
    ObligationId,
    OfferId,
    QueueName,
)
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
    did: str = ""
    line_kind: str = ""
    caller_name: str = ""
    queued_at: datetime | None = None
    place: Place | None = None
    """Among all who wait: the smaller is served first."""
    offer: OfferId | None = None
    is_held: bool = False
    """He was answered, and hears music now."""


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
    attempt: AttemptId | None = None
    """The callback he is making."""
    wraps_up_until: datetime | None = None
    is_logged_in: bool = True


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
    number: Phone | None = None
    label: str = ""
    why: str = ""
    """How the call ended that it answers for: the outcome's name."""
    task: str = ""
    """Why it is, or was last, a human's task."""
    taken_by: str = ""
    dials: int = 0
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class MessageView:
    """A voice message that nobody has reviewed."""

    message: MessageId
    company: CompanyId
    queue: QueueName
    left_at: datetime
    due_at: datetime
    opened_at: datetime | None
    obligation: ObligationId | None
    """The contact that its call is owed besides."""
    number: Phone | None


@dataclass(frozen=True, slots=True)
class DialView:
    """A callback that an agent is making."""

    attempt: AttemptId
    obligation: ObligationId
    agent: AgentId | None
    state: AttemptState
    made_at: datetime


@dataclass(frozen=True, slots=True)
class OutgoingView:
    """A call that an agent makes by hand."""

    attempt: AttemptId
    agent: AgentId | None
    company: CompanyId
    label: str
    number: Phone
    purpose: str
    command: str
    state: AttemptState
    made_at: datetime


@dataclass(frozen=True, slots=True)
class CentreView:
    """All calls, waiting ones first and in the order of their places, all agents by id, and all that is owed."""

    calls: tuple[CallView, ...]
    agents: tuple[AgentView, ...]
    synced: bool
    obligations: tuple[ObligationView, ...] = ()
    callbacks_stopped: bool = False
    messages_waiting: int = 0
    messages: tuple[MessageView, ...] = ()
    dials: tuple[DialView, ...] = ()
    outgoing: tuple[OutgoingView, ...] = ()

    @property
    def waiting(self) -> tuple[CallView, ...]:
        """Residents that no human has answered yet, in whichever hands."""
        return tuple(call for call in self.calls if call.answered_at is None)
