"""What happened to what is owed: dials, dispositions, messages, and what people at screens want."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from queues.terms.desk_words import CommandKind
from queues.terms.identifiers import (
    AgentId,
    AttemptId,
    CallId,
    ChannelName,
    CompanyId,
    MessageId,
    ObligationId,
    QueueName,
)
from queues.terms.outcomes import Choice, ContactResult, Disposition, OfferResult, Review, SoundsLike
from queues.terms.phone import Phone


@dataclass(frozen=True, slots=True)
class ObligationDue:
    """A timer of this obligation has come (APScheduler's only job): the dispatcher decides what it means."""

    at: datetime
    obligation: ObligationId


@dataclass(frozen=True, slots=True)
class AttemptRefused:
    """The ledger or Asterisk refused the attempt before anything was dialled.

    `outcome_known` is False when the Originate may or may not have been done.
    """

    at: datetime
    attempt: AttemptId
    reason: str
    outcome_known: bool = True


@dataclass(frozen=True, slots=True)
class AttemptAgentReady:
    """The agent took the callback on his phone; the resident is dialled next."""

    at: datetime
    attempt: AttemptId


@dataclass(frozen=True, slots=True)
class AttemptContacted:
    """The resident and the agent hear each other: the contact clock stops here."""

    at: datetime
    attempt: AttemptId


@dataclass(frozen=True, slots=True)
class AttemptHeard:
    """What a detector took the answer of a callback for: a hint."""

    at: datetime
    attempt: AttemptId
    sounds_like: SoundsLike


@dataclass(frozen=True, slots=True)
class AttemptVoice:
    """The resident's telephone is gone; `heard`: at least one RTP packet came from it after it was answered."""

    at: datetime
    attempt: AttemptId
    heard: bool


@dataclass(frozen=True, slots=True)
class AttemptPassedOn:
    """The resident whom a callback reached speaks with another agent now; `channel` is the resident's telephone.

    The dial itself may be over: it ends with the channel of the agent who made it.
    """

    at: datetime
    attempt: AttemptId
    agent: AgentId
    channel: ChannelName


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    """The dial is over, with its result."""

    at: datetime
    attempt: AttemptId
    result: ContactResult
    dial_status: str = ""
    """Asterisk's own word for it (app_dial's DIALSTATUS)."""
    cause: int | None = None
    """Q.850 cause of the resident's leg."""
    sip_code: int | None = None
    """The last SIP response of the resident's leg."""
    rang: bool | None = None
    """Whether the resident's telephone rang; None where nobody knows."""
    agent_result: OfferResult = OfferResult.NO_ANSWER
    """Why the agent's own phone did not take it, where that was so."""


@dataclass(frozen=True, slots=True)
class AgentDisposed:
    """The agent said by his phone whom his last callback reached."""

    at: datetime
    agent: AgentId
    disposition: Disposition


@dataclass(frozen=True, slots=True)
class DispositionGiven:
    """Somebody said on a screen whom the callback of this obligation reached. `by` names him."""

    at: datetime
    obligation: ObligationId
    disposition: Disposition
    by: str


@dataclass(frozen=True, slots=True)
class ObligationCloseRequested:
    """A person takes it upon himself: nothing more is owed. `contacted_at`: when he spoke to the resident."""

    at: datetime
    obligation: ObligationId
    by: str
    why: str
    contacted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TaskAssignmentRequested:
    """A human's task is given to somebody."""

    at: datetime
    obligation: ObligationId
    to: str
    by: str


@dataclass(frozen=True, slots=True)
class ChoiceMade:
    """A waiting resident pressed a key. `number`: typed by one who withheld his own."""

    at: datetime
    call: CallId
    choice: Choice
    number: Phone | None = None


@dataclass(frozen=True, slots=True)
class MessageLeft:
    """A resident's voice message is recorded. `path` is a file on the PBX."""

    at: datetime
    call: CallId
    path: str


@dataclass(frozen=True, slots=True)
class MessageWanted:
    """An agent dialled the code to hear the next message; `channel` is his, and waits."""

    at: datetime
    agent: AgentId
    channel: ChannelName


@dataclass(frozen=True, slots=True)
class MessageReviewed:
    """Somebody heard a message and says what became of it. `by` names him."""

    at: datetime
    message: MessageId
    review: Review
    by: str


@dataclass(frozen=True, slots=True)
class RedialWanted:
    """An agent dialled a number by hand; his channel waits for what we say."""

    at: datetime
    agent: AgentId
    channel: ChannelName
    channel_id: str
    number: Phone


@dataclass(frozen=True, slots=True)
class CallbackSwitchRequested:
    """A supervisor stops all callbacks at once, or lets them go on."""

    at: datetime
    enabled: bool
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class DeskCommand:
    """A person at the desk wants something. `id` is his browser's: what comes twice is done once.

    `account` and `by` name him. Which of the rest is filled depends on `kind`. After `expires_at` it is too late.
    """

    at: datetime
    id: str
    kind: CommandKind
    account: str
    by: str
    expires_at: datetime | None = None
    agent: AgentId | None = None
    call: CallId | None = None
    queue: QueueName | None = None
    obligation: ObligationId | None = None
    message: MessageId | None = None
    company: CompanyId | None = None
    number: Phone | None = None
    reason: str = ""
    """Of a pause; why a supervisor does it; the purpose of an outgoing call."""
    to: str = ""
    """Who is to have a task."""
    disposition: Disposition | None = None
    review: Review | None = None
    contacted_at: datetime | None = None
    """When he who closes an obligation by hand spoke with the resident."""
