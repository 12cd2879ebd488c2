"""What became fact about what is owed, and what people asked for: the part of the journal that the law asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from queues.messages.events import ContactResult
from queues.terms.desk_words import CommandKind, CommandRefusal
from queues.terms.identifiers import (
    AgentId,
    AttemptId,
    CallId,
    CompanyId,
    Did,
    MessageId,
    ObligationId,
    QueueName,
)
from queues.terms.outcomes import Choice, Disposition, Review, SoundsLike
from queues.terms.phone import Phone
from sla.compliance import Verdict
from sla.obligation import ObligationState


class ObligationClosing(StrEnum):
    """How an obligation ended: law 2 knows no other way."""

    CONTACTED = "contacted"
    GOT_THROUGH = "got_through"
    """The resident called again and a human answered."""
    MESSAGE_REVIEWED = "message_reviewed"
    """He left a message, and it was reviewed in time: the law's third way."""
    BY_HAND = "by_hand"
    """A person closed it, with a reason."""


@dataclass(frozen=True, slots=True)
class ObligationOpened:
    """A resident whom no human answered must be contacted by `due_at`."""

    at: datetime
    obligation: ObligationId
    call: CallId
    company: CompanyId
    did: Did
    queue: QueueName
    number: Phone
    e164: Phone | None
    arrived_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class ObligationJoined:
    """A further missed call of the same number to the same company: one contact discharges both."""

    at: datetime
    obligation: ObligationId
    call: CallId


@dataclass(frozen=True, slots=True)
class ObligationOverdue:
    """Its time is over and nobody has reached the resident yet."""

    at: datetime
    obligation: ObligationId


@dataclass(frozen=True, slots=True)
class DialRefused:
    """The number may not be dialled, and why (law 5)."""

    at: datetime
    obligation: ObligationId
    reason: str


@dataclass(frozen=True, slots=True)
class DialPostponed:
    """A cap is reached, and will be free again within the duty: not dialled before `until`."""

    at: datetime
    obligation: ObligationId
    reason: str
    until: datetime


@dataclass(frozen=True, slots=True)
class AttemptMade:
    """An agent was given the callback; n-th attempt of this obligation, n from 1."""

    at: datetime
    attempt: AttemptId
    obligation: ObligationId
    agent: AgentId
    e164: Phone
    n: int
    trunk: str = ""


@dataclass(frozen=True, slots=True)
class AttemptDialled:
    """The agent took it; the resident is being dialled."""

    at: datetime
    attempt: AttemptId


@dataclass(frozen=True, slots=True)
class AttemptReached:
    """The resident and the agent hear each other."""

    at: datetime
    attempt: AttemptId


@dataclass(frozen=True, slots=True)
class AttemptHeard:
    """What a detector took the answer of a callback for: a hint, shown and kept, never a reason."""

    at: datetime
    attempt: AttemptId
    sounds_like: SoundsLike


@dataclass(frozen=True, slots=True)
class AttemptPassedOn:
    """A colleague took the callback's conversation over."""

    at: datetime
    attempt: AttemptId
    agent: AgentId


@dataclass(frozen=True, slots=True)
class AttemptFinished:
    """The attempt is over."""

    at: datetime
    attempt: AttemptId
    result: ContactResult
    dial_status: str = ""
    cause: int | None = None
    sip_code: int | None = None
    """The last SIP response of the resident's leg."""
    rang: bool | None = None
    """Whether his telephone rang; None where nobody knows."""


@dataclass(frozen=True, slots=True)
class VoiceNoted:
    """Whether anything was heard of the telephone that answered this dial."""

    at: datetime
    attempt: AttemptId
    heard: bool


@dataclass(frozen=True, slots=True)
class ObligationClosed:
    """Nothing more is owed. `contacted_at`: when a human spoke with the resident; `by`: who closed it by hand."""

    at: datetime
    obligation: ObligationId
    closing: ObligationClosing
    reason: str = ""
    contacted_at: datetime | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class ObligationMoved:
    """It has another state of `sla.obligation`'s table. `contacted_at`: when somebody was reached, if that holds."""

    at: datetime
    obligation: ObligationId
    state: ObligationState
    contacted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DispositionNoted:
    """Whom a callback reached. `by`: an agent, a person at a screen, or `default`."""

    at: datetime
    obligation: ObligationId
    disposition: Disposition
    by: str


@dataclass(frozen=True, slots=True)
class CallJudged:
    """The law's verdict on one call, for good, and the version of the rules it was given under."""

    at: datetime
    call: CallId
    company: CompanyId
    verdict: Verdict
    rules: str


@dataclass(frozen=True, slots=True)
class ChoiceOffered:
    """A waiting resident was told that he may be called back or leave a message."""

    at: datetime
    call: CallId


@dataclass(frozen=True, slots=True)
class ChoiceTaken:
    """What he chose, by which key: his consent, and when he gave it. `number`: typed by who withheld his own."""

    at: datetime
    call: CallId
    choice: Choice
    number: Phone | None = None


@dataclass(frozen=True, slots=True)
class MessageRecorded:
    """A resident left a message, to be reviewed by `due_at`."""

    at: datetime
    message: MessageId
    call: CallId
    company: CompanyId
    did: Did
    queue: QueueName
    path: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class MessagePlayed:
    """A message was played to somebody."""

    at: datetime
    message: MessageId
    by: str


@dataclass(frozen=True, slots=True)
class MessageClosed:
    """Somebody said what became of it."""

    at: datetime
    message: MessageId
    review: Review
    by: str


@dataclass(frozen=True, slots=True)
class TaskAssigned:
    """A human's task is somebody's now."""

    at: datetime
    obligation: ObligationId
    to: str
    by: str


@dataclass(frozen=True, slots=True)
class CallbacksSwitched:
    """Callbacks were stopped, or go on."""

    at: datetime
    enabled: bool
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class HumanTaskOpened:
    """A person must see to this resident: the engine may not, or could not."""

    at: datetime
    obligation: ObligationId
    reason: str


@dataclass(frozen=True, slots=True)
class CommandDecided:
    """What a person at the desk asked for is done, or refused; `command` is the id under which he asked."""

    at: datetime
    command: str
    kind: CommandKind
    account: str
    by: str
    refusal: CommandRefusal | None = None
    """None: it is done."""
    agent: AgentId | None = None
    call: CallId | None = None
    queue: QueueName | None = None
    obligation: ObligationId | None = None
    message: MessageId | None = None
    company: CompanyId | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CallMoved:
    """A supervisor changed a waiting caller's place: `queue` is where he waits now."""

    at: datetime
    call: CallId
    queue: QueueName
    raised: bool
    """He is served before all others."""
    by: str
