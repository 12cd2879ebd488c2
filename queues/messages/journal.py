"""What was decided or has become fact: the ledger's tables, the metrics and the screens are fed from it.

Every entry carries `at` (UTC, Asterisk's clock where the fact is Asterisk's).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from queues.messages.callback_journal import (
    AttemptDialled,
    AttemptFinished,
    AttemptHeard,
    AttemptMade,
    AttemptPassedOn,
    AttemptReached,
    CallbacksSwitched,
    CallJudged,
    CallMoved,
    ChoiceOffered,
    ChoiceTaken,
    CommandDecided,
    DialPostponed,
    DialRefused,
    DispositionNoted,
    HumanTaskOpened,
    MessageClosed,
    MessagePlayed,
    MessageRecorded,
    ObligationClosed,
    ObligationClosing,
    ObligationJoined,
    ObligationMoved,
    ObligationOpened,
    ObligationOverdue,
    TaskAssigned,
    VoiceNoted,
)
from queues.messages.events import OfferResult, QueueExit
from queues.messages.outgoing_journal import (
    OutgoingDialled,
    OutgoingFinished,
    OutgoingMade,
    OutgoingReached,
)
from queues.terms.identifiers import (
    AgentId,
    AttemptId,
    CallId,
    CompanyId,
    Did,
    OfferId,
    QueueName,
)
from queues.terms.phone import Phone

__all__ = [
    "AgentState",
    "AgentStateChanged",
    "AttemptDialled",
    "AttemptFinished",
    "AttemptHeard",
    "AttemptMade",
    "AttemptPassedOn",
    "AttemptReached",
    "CallConnected",
    "CallFinished",
    "CallHeld",
    "CallJudged",
    "CallLeftQueue",
    "CallMoved",
    "CallMovedToFallback",
    "CallOffered",
    "CallPassedOn",
    "CallQueued",
    "CallbacksSwitched",
    "ChoiceOffered",
    "ChoiceTaken",
    "CommandDecided",
    "DialPostponed",
    "DialRefused",
    "DispositionNoted",
    "HumanTaskOpened",
    "JournalEntry",
    "LinkLost",
    "LinkRestored",
    "MessageClosed",
    "MessagePlayed",
    "MessageRecorded",
    "ObligationClosed",
    "ObligationClosing",
    "ObligationJoined",
    "ObligationMoved",
    "ObligationOpened",
    "ObligationOverdue",
    "OfferEnded",
    "OfferMade",
    "OfferRang",
    "Outcome",
    "OutgoingDialled",
    "OutgoingFinished",
    "OutgoingMade",
    "OutgoingReached",
    "OwnCallRefused",
    "RecordingMissed",
    "RecordingStarted",
    "ServedBy",
    "TaskAssigned",
    "Unexpected",
    "VoiceNoted",
]


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
    ASTERISK = "asterisk"
    """An app_queue that is only watched."""


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
    watched: bool = False
    """He came to a queue that Asterisk dispatches; served_by is known from the start."""
    unlisted: Did | None = None
    """The number he dialled, where no line of the settings has it: whose call it is was guessed."""


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
    leg: str = ""
    """The Uniqueid of the phone's channel."""


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
class CallPassedOn:
    """An agent gave the conversation to a colleague, who speaks with the resident from now on."""

    at: datetime
    call: CallId
    agent: AgentId


@dataclass(frozen=True, slots=True)
class CallHeld:
    """Whom he speaks with put the resident on hold (`held`), or took him back."""

    at: datetime
    call: CallId
    held: bool


@dataclass(frozen=True, slots=True)
class CallMovedToFallback:
    """The resident waits in Asterisk's own queue now."""

    at: datetime
    call: CallId


@dataclass(frozen=True, slots=True)
class CallLeftQueue:
    """Asterisk's own queue let him go, or did not let him in; a later entry of the call says it more exactly."""

    at: datetime
    call: CallId
    exit: QueueExit


@dataclass(frozen=True, slots=True)
class OwnCallRefused:
    """A call from one of our own numbers or phones into our own line: no resident's, so it enters no figure.

    It was hung up, except in a queue that is only watched. In journals before this sentence it was offered as well.
    """

    at: datetime
    call: CallId
    company: CompanyId
    did: Did | None = None
    number: Phone | None = None
    """Empty where an agent's phone dialled."""


@dataclass(frozen=True, slots=True)
class CallFinished:
    """The call is over with its one outcome."""

    at: datetime
    call: CallId
    outcome: Outcome
    served_by: ServedBy
    cause: int | None = None
    agent_hung_up: bool | None = None
    """Who left the conversation first; None where there was none, or nobody saw it."""


@dataclass(frozen=True, slots=True)
class AgentStateChanged:
    """The agent's state as shown; `reason` is the pause reason where there is one."""

    at: datetime
    agent: AgentId
    state: AgentState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RecordingStarted:
    """Where the recording of the call's, or the callback's, conversation is: a file on the PBX."""

    at: datetime
    call: CallId | None
    attempt: AttemptId | None
    path: str


@dataclass(frozen=True, slots=True)
class RecordingMissed:
    """The PBX could not write it (folder, rights, full disk): there is no recording of this conversation.

    `seconds`: only so much of it is there.
    """

    at: datetime
    call: CallId | None
    attempt: AttemptId | None
    path: str
    seconds: int | None = None


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
    | CallPassedOn
    | CallHeld
    | CallMovedToFallback
    | CallLeftQueue
    | OwnCallRefused
    | CallFinished
    | AgentStateChanged
    | ObligationOpened
    | ObligationJoined
    | ObligationOverdue
    | DialPostponed
    | DialRefused
    | AttemptMade
    | AttemptDialled
    | AttemptReached
    | AttemptPassedOn
    | AttemptHeard
    | VoiceNoted
    | AttemptFinished
    | ObligationMoved
    | ObligationClosed
    | DispositionNoted
    | CallJudged
    | ChoiceOffered
    | ChoiceTaken
    | MessageRecorded
    | MessagePlayed
    | MessageClosed
    | TaskAssigned
    | CallbacksSwitched
    | CommandDecided
    | CallMoved
    | OutgoingMade
    | OutgoingDialled
    | OutgoingReached
    | OutgoingFinished
    | HumanTaskOpened
    | RecordingMissed
    | RecordingStarted
    | LinkLost
    | LinkRestored
    | Unexpected
)
