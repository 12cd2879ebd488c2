"""Events of a resident's call, from its arrival to its end. `at` is Asterisk's own clock, UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from queues.terms.identifiers import AgentId, AttemptId, CallId, ChannelName, Did, OfferId
from queues.terms.outcomes import OfferResult
from queues.terms.phone import Phone

__all__ = [
    "CallAnswered",
    "CallArrived",
    "CallEnded",
    "CallFellBack",
    "CallHolding",
    "CallRejected",
    "CallTransferred",
    "ConversationHeld",
    "OwnCallTurnedAway",
    "RecordingBegan",
    "RecordingLost",
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
class OwnCallTurnedAway:
    """The dialplan itself refused a call of one of our own numbers or phones: it is no resident's, and in no inbox.

    `number` is empty where an agent's phone dialled.
    """

    at: datetime
    call: CallId
    did: Did
    number: Phone


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
    """A conversation is over, and what should hold its recording is not there, is empty, or is far too short.

    `seconds`: so much sound is there all the same; None: nothing that could be heard.
    """

    at: datetime
    call: CallId | None
    attempt: AttemptId | None
    path: str
    seconds: int | None = None
