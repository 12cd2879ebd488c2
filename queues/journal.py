"""What was decided or has become fact: the ledger's tables, the metrics and the screens are fed from it.

Every entry carries `at` (UTC, Asterisk's clock where the fact is Asterisk's).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from queues.events import ContactResult, OfferResult
from queues.identifiers import AgentId, AttemptId, CallId, CompanyId, Did, ObligationId, OfferId, QueueName
from queues.personal_data import Phone
from queues.results import Disposition
from sla.compliance import Verdict
from sla.obligation import ObligationState


class Outcome(StrEnum):
    """Law 1: each offered call ends in exactly one of these."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    CALLBACK_REQUESTED = "callback_requested"
    MESSAGE_LEFT = "message_left"
    REJECTED = "rejected"
    LOST = "lost"
    """The PBX died or the link broke; when we could look again the call was over, unanswered."""


class ServedBy(StrEnum):
    """Who had the call in hand when it was answered or ended: an attribute, not an outcome."""

    ENGINE = "engine"
    FALLBACK = "fallback"


class AgentState(StrEnum):
    """What an agent is doing, as shown and as summed into occupancy."""

    LOGGED_OUT = "logged_out"
    UNAVAILABLE = "unavailable"
    PAUSED = "paused"
    FREE = "free"
    OFFERED = "offered"
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    DECLINE_PAUSE = "decline_pause"
    BUSY_ELSEWHERE = "busy_elsewhere"
    """His phone is in a call that is not ours."""


@dataclass(frozen=True, slots=True)
class CallOffered:
    """A resident arrived on a line: from here on he counts in every denominator."""

    at: datetime
    call: CallId
    arrived_at: datetime
    did: Did
    company: CompanyId
    line_kind: str
    queue: QueueName
    number: Phone
    caller_name: str


@dataclass(frozen=True, slots=True)
class CallQueued:
    """The resident entered the waiting line (second clock: queue entry)."""

    at: datetime
    call: CallId


@dataclass(frozen=True, slots=True)
class OfferMade:
    """An agent was offered the call; n-th offer of this call, n from 1."""

    at: datetime
    offer: OfferId
    call: CallId
    agent: AgentId


@dataclass(frozen=True, slots=True)
class OfferRang:
    """The agent's phone was dialled by Asterisk."""

    at: datetime
    offer: OfferId


@dataclass(frozen=True, slots=True)
class OfferEnded:
    """The offer was not taken, and why."""

    at: datetime
    offer: OfferId
    result: OfferResult


@dataclass(frozen=True, slots=True)
class CallConnected:
    """A human and the resident hear each other. `offer` is None in the fallback queue."""

    at: datetime
    call: CallId
    agent: AgentId | None
    offer: OfferId | None
    served_by: ServedBy


@dataclass(frozen=True, slots=True)
class CallMovedToFallback:
    """The resident waits in Asterisk's own queue now."""

    at: datetime
    call: CallId


@dataclass(frozen=True, slots=True)
class CallFinished:
    """The call is over with its one outcome."""

    at: datetime
    call: CallId
    outcome: Outcome
    served_by: ServedBy
    cause: int | None = None


@dataclass(frozen=True, slots=True)
class AgentStateChanged:
    """The agent's state as shown; `reason` is the pause reason where there is one."""

    at: datetime
    agent: AgentId
    state: AgentState
    reason: str = ""


class ObligationClosing(StrEnum):
    """How an obligation ended: law 2 knows no other way."""

    CONTACTED = "contacted"
    GOT_THROUGH = "got_through"
    """The resident called again and a human answered."""
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
class AttemptFinished:
    """The attempt is over."""

    at: datetime
    attempt: AttemptId
    result: ContactResult
    dial_status: str = ""
    cause: int | None = None


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
class RecordingStarted:
    """Where the recording of the call's, or the callback's, conversation is: a file on the PBX."""

    at: datetime
    call: CallId | None
    attempt: AttemptId | None
    path: str


@dataclass(frozen=True, slots=True)
class LinkLost:
    """From here on the statistics are unknown, not good."""

    at: datetime


@dataclass(frozen=True, slots=True)
class LinkRestored:
    """A snapshot was taken and the state agrees with the PBX again."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Unexpected:
    """A (state, input) pair the tables do not know: counted, never a crash, never silence."""

    at: datetime
    machine: str
    state: str
    input: str
    subject: str


JournalEntry = (
    CallOffered
    | CallQueued
    | OfferMade
    | OfferRang
    | OfferEnded
    | CallConnected
    | CallMovedToFallback
    | CallFinished
    | AgentStateChanged
    | ObligationOpened
    | ObligationJoined
    | ObligationOverdue
    | DialRefused
    | AttemptMade
    | AttemptDialled
    | AttemptReached
    | AttemptFinished
    | ObligationMoved
    | ObligationClosed
    | DispositionNoted
    | CallJudged
    | TaskAssigned
    | CallbacksSwitched
    | HumanTaskOpened
    | RecordingStarted
    | LinkLost
    | LinkRestored
    | Unexpected
)
