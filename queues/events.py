"""What happened: the dispatcher's whole input. `at` is Asterisk's own clock, UTC.

Events may come late, twice or never; the dispatcher holds the laws all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from queues.callback_events import (
    AgentDisposed,
    AttemptAgentReady,
    AttemptContacted,
    AttemptEnded,
    AttemptHeard,
    AttemptPassedOn,
    AttemptRefused,
    AttemptVoice,
    CallbackSwitchRequested,
    ChoiceMade,
    DispositionGiven,
    MessageLeft,
    MessageReviewed,
    MessageWanted,
    ObligationCloseRequested,
    ObligationDue,
    RedialWanted,
    TaskAssignmentRequested,
)
from queues.identifiers import (
    AgentId,
    AttemptId,
    CallId,
    ChannelName,
    Did,
    OfferId,
)
from queues.pbx_queue_events import AgentRingEnded, CallWatched, QueueJoined, QueueLeft
from queues.personal_data import Phone
from queues.results import Choice, ContactResult, DeviceState, Disposition, OfferResult, QueueExit, Review
from queues.resync_events import AgentPhoneUsed, FallbackMemberChanged, InboxRead, PbxCaughtUp, PolicyChanged
from queues.snapshot import (
    AttemptTrace,
    DialledNumber,
    EndedCall,
    KnownAttempt,
    KnownCall,
    KnownMessage,
    KnownObligation,
    KnownOwedCall,
    LedgerRestored,
    LiveAgent,
    LiveAttempt,
    LiveAttemptState,
    LiveCall,
    LiveCallState,
    PbxSnapshot,
)

__all__ = [
    "AgentDeviceChanged",
    "AgentDisposed",
    "AgentLegEnded",
    "AgentLoggedIn",
    "AgentLoggedOut",
    "AgentPaused",
    "AgentPhoneUsed",
    "AgentRang",
    "AgentRingEnded",
    "AgentUnpaused",
    "AgentWrapUpEnded",
    "AttemptAgentReady",
    "AttemptContacted",
    "AttemptEnded",
    "AttemptHeard",
    "AttemptPassedOn",
    "AttemptRefused",
    "AttemptTrace",
    "AttemptVoice",
    "CallAnswered",
    "CallArrived",
    "CallEnded",
    "CallFellBack",
    "CallHolding",
    "CallRejected",
    "CallTransferred",
    "CallWatched",
    "CallbackSwitchRequested",
    "Choice",
    "ChoiceMade",
    "ContactResult",
    "ConversationHeld",
    "DeviceState",
    "DialledNumber",
    "Disposition",
    "DispositionGiven",
    "EndedCall",
    "Event",
    "FallbackMemberChanged",
    "InboxRead",
    "KnownAttempt",
    "KnownCall",
    "KnownMessage",
    "KnownObligation",
    "KnownOwedCall",
    "LedgerRestored",
    "LiveAgent",
    "LiveAttempt",
    "LiveAttemptState",
    "LiveCall",
    "LiveCallState",
    "MessageLeft",
    "MessageReviewed",
    "MessageWanted",
    "ObligationCloseRequested",
    "ObligationDue",
    "OfferRefused",
    "OfferResult",
    "PbxCaughtUp",
    "PbxLost",
    "PbxSnapshot",
    "PolicyChanged",
    "QueueExit",
    "QueueJoined",
    "QueueLeft",
    "RedialWanted",
    "Review",
    "TaskAssignmentRequested",
    "TimePassed",
]


@dataclass(frozen=True, slots=True)
class CallArrived:
    """A resident's channel was created by a trunk and announced itself, before it was answered.

    `arrived_at` is the channel's creation by Asterisk's clock (CDR(start,u), microseconds).
    `at` is when the dialplan announced it.
    """

    at: datetime
    call: CallId
    channel: ChannelName
    arrived_at: datetime
    did: Did
    number: Phone
    caller_name: str = ""


@dataclass(frozen=True, slots=True)
class CallHolding:
    """The resident is in `callengine-hold` and can be connected; also each time he comes back to it.

    `result` is None the first time, else why the offer `offer` brought him back.
    """

    at: datetime
    call: CallId
    offer: OfferId | None = None
    result: OfferResult | None = None


@dataclass(frozen=True, slots=True)
class AgentRang:
    """The agent's phone was dialled for this call; `channel` is the agent's leg."""

    at: datetime
    call: CallId
    agent: AgentId
    channel: ChannelName | None
    leg: str = ""
    """That channel's Uniqueid."""


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """The resident was bridged with a human (his BridgeEnter): the answer clock stops here.

    `agent` is whose phone is bridged, whichever was rung; None for a phone that Asterisk's own queue rang and that is
    nobody's in the settings.
    """

    at: datetime
    call: CallId
    agent: AgentId | None
    by_fallback: bool = False


@dataclass(frozen=True, slots=True)
class CallTransferred:
    """The resident speaks with another agent now; the one before left."""

    at: datetime
    call: CallId
    agent: AgentId


@dataclass(frozen=True, slots=True)
class ConversationHeld:
    """The agent put whom he speaks with on hold (`held`), or somebody took him back; `channel` is the resident's."""

    at: datetime
    channel: ChannelName
    held: bool


@dataclass(frozen=True, slots=True)
class CallFellBack:
    """The dialplan did not trust the engine and sent the resident to the fallback queue."""

    at: datetime
    call: CallId


@dataclass(frozen=True, slots=True)
class CallRejected:
    """The dialplan turned the resident away (centre full) without a human."""

    at: datetime
    call: CallId
    reason: str


@dataclass(frozen=True, slots=True)
class CallEnded:
    """The resident's channel is gone (his Hangup). `cause` is Asterisk's Q.850 number.

    `agent_hung_up` tells who left the conversation first; None where there was none, or nobody saw it.
    """

    at: datetime
    call: CallId
    cause: int
    agent_hung_up: bool | None = None


@dataclass(frozen=True, slots=True)
class RecordingBegan:
    """A conversation is being recorded: of a resident's call, or of a callback. `path` is a file on the PBX."""

    at: datetime
    call: CallId | None
    attempt: AttemptId | None
    path: str


@dataclass(frozen=True, slots=True)
class RecordingLost:
    """A conversation is over, and what should hold its recording is not there or is empty."""

    at: datetime
    call: CallId | None
    attempt: AttemptId | None
    path: str


@dataclass(frozen=True, slots=True)
class AgentLegEnded:
    """A channel of the agent's phone is gone. `call` is the resident it was dialled for, where known."""

    at: datetime
    agent: AgentId
    channel: ChannelName
    call: CallId | None = None


@dataclass(frozen=True, slots=True)
class AgentDeviceChanged:
    """The agent's phone registered, became busy, free, or vanished."""

    at: datetime
    agent: AgentId
    state: DeviceState


@dataclass(frozen=True, slots=True)
class AgentLoggedIn:
    """The agent dialled the log-in code."""

    at: datetime
    agent: AgentId


@dataclass(frozen=True, slots=True)
class AgentLoggedOut:
    """The agent dialled the log-out code."""

    at: datetime
    agent: AgentId


@dataclass(frozen=True, slots=True)
class AgentPaused:
    """The agent takes no calls for a named reason (feature code or supervisor)."""

    at: datetime
    agent: AgentId
    reason: str


@dataclass(frozen=True, slots=True)
class AgentUnpaused:
    """The agent is back."""

    at: datetime
    agent: AgentId


@dataclass(frozen=True, slots=True)
class AgentWrapUpEnded:
    """The agent ended his wrap-up by hand before its time."""

    at: datetime
    agent: AgentId


@dataclass(frozen=True, slots=True)
class OfferRefused:
    """Asterisk refused the Redirect of this offer, or did not answer in time.

    `outcome_known` is False when the action may or may not have been done.
    """

    at: datetime
    offer: OfferId
    reason: str
    outcome_known: bool = True


@dataclass(frozen=True, slots=True)
class TimePassed:
    """The moment that `next_wakeup` named has come."""

    at: datetime


@dataclass(frozen=True, slots=True)
class PbxLost:
    """The AMI link is down: what happens on the PBX from here on is not known. Nothing is offered."""

    at: datetime


Event = (
    CallArrived
    | CallWatched
    | QueueJoined
    | QueueLeft
    | AgentRingEnded
    | CallHolding
    | AgentRang
    | CallAnswered
    | CallTransferred
    | ConversationHeld
    | CallFellBack
    | CallRejected
    | CallEnded
    | RecordingBegan
    | RecordingLost
    | AgentLegEnded
    | AgentDeviceChanged
    | AgentPhoneUsed
    | AgentLoggedIn
    | AgentLoggedOut
    | AgentPaused
    | AgentUnpaused
    | AgentWrapUpEnded
    | OfferRefused
    | ObligationDue
    | AttemptRefused
    | AttemptAgentReady
    | AttemptContacted
    | AttemptEnded
    | AttemptHeard
    | AttemptVoice
    | AttemptPassedOn
    | AgentDisposed
    | DispositionGiven
    | ObligationCloseRequested
    | TaskAssignmentRequested
    | CallbackSwitchRequested
    | ChoiceMade
    | MessageLeft
    | MessageWanted
    | MessageReviewed
    | RedialWanted
    | TimePassed
    | FallbackMemberChanged
    | PbxCaughtUp
    | InboxRead
    | PolicyChanged
    | PbxLost
    | PbxSnapshot
    | LedgerRestored
)
