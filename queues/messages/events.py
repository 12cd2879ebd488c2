"""What happened: the dispatcher's whole input. `at` is Asterisk's own clock, UTC.

Events may come late, twice or never; the dispatcher holds the laws all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from queues.messages.agent_events import (
    AgentDeviceChanged,
    AgentLegEnded,
    AgentLoggedIn,
    AgentLoggedOut,
    AgentPaused,
    AgentRang,
    AgentUnpaused,
    AgentWrapUpEnded,
)
from queues.messages.app_queue_events import AgentRingEnded, CallWatched, QueueJoined, QueueLeft
from queues.messages.call_events import (
    CallAnswered,
    CallArrived,
    CallEnded,
    CallFellBack,
    CallHolding,
    CallRejected,
    CallTransferred,
    ConversationHeld,
    OwnCallTurnedAway,
    RecordingBegan,
    RecordingLost,
)
from queues.messages.callback_events import (
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
    DeskCommand,
    DispositionGiven,
    MessageLeft,
    MessageReviewed,
    MessageWanted,
    ObligationCloseRequested,
    ObligationDue,
    RedialWanted,
    TaskAssignmentRequested,
)
from queues.messages.resync_events import (
    AgentPhoneUsed,
    FallbackMemberChanged,
    InboxRead,
    PbxCaughtUp,
    PolicyChanged,
)
from queues.messages.snapshot import (
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
from queues.terms.identifiers import (
    OfferId,
)
from queues.terms.outcomes import (
    Choice,
    ContactResult,
    DeviceState,
    Disposition,
    OfferResult,
    QueueExit,
    Review,
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
    "DeskCommand",
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
    "OwnCallTurnedAway",
    "PbxCaughtUp",
    "PbxLost",
    "PbxSnapshot",
    "PolicyChanged",
    "QueueExit",
    "QueueJoined",
    "QueueLeft",
    "RecordingBegan",
    "RecordingLost",
    "RedialWanted",
    "Review",
    "TaskAssignmentRequested",
    "TimePassed",
]


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
    | OwnCallTurnedAway
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
    | DeskCommand
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
