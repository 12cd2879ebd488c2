"""What happened: the dispatcher's whole input. `at` is Asterisk's own clock, UTC.

Events may come late, twice or never; the dispatcher holds the laws all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from queues.identifiers import AgentId, CallId, ChannelName, Did, OfferId
from queues.personal_data import Phone


class DeviceState(StrEnum):
    """State of an agent's softphone, as far as it matters for offering him a call."""

    IDLE = "idle"
    BUSY = "busy"
    RINGING = "ringing"
    UNAVAILABLE = "unavailable"
    """Not registered, or not known to Asterisk: never offered a call."""


class OfferResult(StrEnum):
    """Why a ring attempt ended without a conversation."""

    DECLINED = "declined"
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"
    """Asterisk could not ring the phone: not registered any more, congestion, bad endpoint."""
    CALLER_GONE = "caller_gone"
    AGENT_GONE = "agent_gone"
    """The phone disappeared or the agent logged out while it rang."""
    COMMAND_FAILED = "command_failed"
    """Asterisk refused our Redirect."""
    UNKNOWN = "unknown"
    """The link broke while it rang, or nothing was heard past the deadline."""


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
    channel: ChannelName


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """The resident was bridged with a human (his BridgeEnter): the answer clock stops here.

    `agent` is None when the human is not one of our agents.
    """

    at: datetime
    call: CallId
    agent: AgentId | None
    by_fallback: bool = False


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
    """The resident's channel is gone (his Hangup). `cause` is Asterisk's Q.850 number."""

    at: datetime
    call: CallId
    cause: int


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


class LiveCallState(StrEnum):
    """Where a snapshot found a resident."""

    ARRIVING = "arriving"
    HOLDING = "holding"
    OFFERED = "offered"
    TALKING = "talking"
    FALLBACK = "fallback"


@dataclass(frozen=True, slots=True)
class LiveCall:
    """One resident's channel in a snapshot, with what its channel variables tell.

    `answered_at` is None until a human was reached; `agent` is who rings or talks.
    """

    call: CallId
    channel: ChannelName
    arrived_at: datetime
    did: Did
    number: Phone
    state: LiveCallState
    caller_name: str = ""
    agent: AgentId | None = None
    offer: OfferId | None = None
    answered_at: datetime | None = None
    by_fallback: bool = False


@dataclass(frozen=True, slots=True)
class LiveAgent:
    """One agent's phone in a snapshot. `logged_in` is None where the PBX cannot tell."""

    agent: AgentId
    device: DeviceState
    logged_in: bool | None
    paused: str | None = None


@dataclass(frozen=True, slots=True)
class EndedCall:
    """A call that is over, as its trace on the PBX (the AstDB inbox) tells.

    `ended_at` is None when the PBX itself died before it could write it.
    """

    call: CallId
    arrived_at: datetime
    did: Did
    number: Phone
    ended_at: datetime | None
    answered_at: datetime | None = None
    agent: AgentId | None = None
    by_fallback: bool = False


@dataclass(frozen=True, slots=True)
class PbxSnapshot:
    """The whole truth after a (re)connect: everything not in it is over.

    `pbx_restarted` tells that Asterisk itself was started anew, so calls of before were cut by it.
    """

    at: datetime
    calls: tuple[LiveCall, ...]
    agents: tuple[LiveAgent, ...]
    ended: tuple[EndedCall, ...] = ()
    pbx_restarted: bool = False


@dataclass(frozen=True, slots=True)
class KnownCall:
    """A call the ledger knows and whose outcome it does not."""

    call: CallId
    arrived_at: datetime
    did: Did
    number: Phone
    caller_name: str = ""
    queued_at: datetime | None = None
    answered_at: datetime | None = None
    agent: AgentId | None = None
    by_fallback: bool = False


@dataclass(frozen=True, slots=True)
class LedgerRestored:
    """The first event of a run: what an earlier run left open. The first snapshot settles it."""

    at: datetime
    calls: tuple[KnownCall, ...]


Event = (
    CallArrived
    | CallHolding
    | AgentRang
    | CallAnswered
    | CallFellBack
    | CallRejected
    | CallEnded
    | AgentLegEnded
    | AgentDeviceChanged
    | AgentLoggedIn
    | AgentLoggedOut
    | AgentPaused
    | AgentUnpaused
    | AgentWrapUpEnded
    | OfferRefused
    | TimePassed
    | PbxLost
    | PbxSnapshot
    | LedgerRestored
)
