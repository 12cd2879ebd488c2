"""What became fact about calls that people make by hand to whom nothing is owed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from queues.messages.events import ContactResult
from queues.terms.identifiers import AgentId, AttemptId, CompanyId, Did
from queues.terms.phone import Phone


@dataclass(frozen=True, slots=True)
class OutgoingMade:
    """An agent calls somebody: the claim. `command` is the wish's id, `account` and `by` whose wish it is."""

    at: datetime
    attempt: AttemptId
    command: str
    company: CompanyId
    did: Did
    agent: AgentId
    account: str
    by: str
    purpose: str
    e164: Phone
    """What is dialled: of a service number its digits."""
    trunk: str
    is_service: bool


@dataclass(frozen=True, slots=True)
class OutgoingDialled:
    """His own phone took it; the number is being dialled."""

    at: datetime
    attempt: AttemptId


@dataclass(frozen=True, slots=True)
class OutgoingReached:
    """He and somebody there hear each other."""

    at: datetime
    attempt: AttemptId


@dataclass(frozen=True, slots=True)
class OutgoingFinished:
    """It is over."""

    at: datetime
    attempt: AttemptId
    result: ContactResult
    dial_status: str = ""
    cause: int | None = None
    sip_code: int | None = None
    """The last SIP response of the far end."""
    rang: bool | None = None
    """Whether it rang there; None where nobody knows."""
