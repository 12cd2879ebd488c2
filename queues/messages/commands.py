"""What the dispatcher wants done: the adapter turns each into AMI actions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from queues.terms.identifiers import (
    AgentId,
    AttemptId,
    CallId,
    ChannelName,
    Endpoint,
    MessageId,
    ObligationId,
    OfferId,
)
from queues.terms.outcomes import Told
from queues.terms.phone import Phone


@dataclass(frozen=True, slots=True)
class OfferCall:
    """Ring the agent's phone for this waiting resident, who keeps hearing music.

    `label` is what the phone shows; `ring_time` is how long it rings. `leg`: nothing is rung, the agent's phone is up
    already with a dial of this very resident, which ends; the two are connected.
    """

    offer: OfferId
    call: CallId
    channel: ChannelName
    agent: AgentId
    endpoint: Endpoint
    ring_time: timedelta
    label: str
    leg: AttemptId | None = None


@dataclass(frozen=True, slots=True)
class ReturnToHold:
    """Take the resident back from an offer that is over for us (ring deadline passed unheard)."""

    call: CallId
    channel: ChannelName
    offer: OfferId


@dataclass(frozen=True, slots=True)
class RefuseCall:
    """Hang it up: it is a call of ours to ourselves."""

    call: CallId
    channel: ChannelName


@dataclass(frozen=True, slots=True)
class OfferChoice:
    """Tell the waiting resident what he may choose; he is still waiting, and may be taken away at any moment.

    `may_be_called`: his number can be dialled, so that key 1 needs nothing more from him.
    """

    call: CallId
    channel: ChannelName
    may_be_called: bool


@dataclass(frozen=True, slots=True)
class PlayMessage:
    """Play a voice message on the agent's waiting channel, then ask him what became of it."""

    message: MessageId
    channel: ChannelName
    path: str


@dataclass(frozen=True, slots=True)
class MarkHeld:
    """The resident on this channel hears music (`held`), or a human again.

    Music is not recorded, and whoever is left alone with it is served on by others instead of being hung up.
    """

    channel: ChannelName
    held: bool


@dataclass(frozen=True, slots=True)
class EraseInboxEntry:
    """The call is settled: erase its trace on the PBX, after its journal is committed."""

    call: CallId


@dataclass(frozen=True, slots=True)
class DialCallback:
    """Ring the agent's phone, then dial the resident, or whom the agent wants to call.

    To be claimed in the ledger, committed, before it is sent (law 4); `attempt` is the agent's channel id.
    """

    attempt: AttemptId
    obligation: ObligationId | None
    """None: a call that he makes by hand."""
    agent: AgentId
    endpoint: Endpoint
    e164: Phone
    number: Phone
    """As the trunk wants it."""
    trunk: str
    caller_id: Phone
    label: str
    due_at: datetime | None
    language: str
    notice: bool
    """Whether the resident hears that the conversation is recorded."""
    record: bool
    agent_ring_time: timedelta
    resident_ring_time: timedelta
    network_answer_time: timedelta = timedelta(seconds=12)
    """A trunk that says nothing of ringing by then is given up."""
    max_talk: timedelta = timedelta(hours=1)
    listen: bool = False
    """Whether a detector listens for an answering machine, beside the conversation."""
    channel: ChannelName | None = None
    """The agent dialled by hand and waits on this channel; None: his phone is to be rung."""
    channel_id: str = ""
    """That channel's Uniqueid."""


@dataclass(frozen=True, slots=True)
class TellAgent:
    """Say to the agent on this channel why he may not dial by hand, and hang up."""

    channel: ChannelName
    what: Told


@dataclass(frozen=True, slots=True)
class CancelAttempt:
    """Hang the agent's leg up: the resident got through on his own."""

    attempt: AttemptId


@dataclass(frozen=True, slots=True)
class EraseAttemptTrace:
    """The attempt is settled: erase its trace on the PBX, after its journal is committed."""

    attempt: AttemptId


@dataclass(frozen=True, slots=True)
class PauseAgent:
    """Make Asterisk show and keep the pause that was decided here: the phone's lamp, the fallback queue."""

    agent: AgentId
    endpoint: Endpoint
    reason: str


@dataclass(frozen=True, slots=True)
class KeepLoggedIn:
    """Have Asterisk remember that the agent is logged in, or is not: what a restart of the engine reads."""

    agent: AgentId
    endpoint: Endpoint
    logged_in: bool


@dataclass(frozen=True, slots=True)
class FetchFromFallback:
    """Have Asterisk's own queue let the resident go, as soon as no phone rings for him: he comes back to hold."""

    call: CallId
    channel: ChannelName


@dataclass(frozen=True, slots=True)
class SetFallbackMember:
    """Make the fallback queue's member, and the phone's lamp, agree with what the agent is here.

    `pause` is None for an agent who works; `is_there` tells what Asterisk has now.
    """

    agent: AgentId
    endpoint: Endpoint
    is_member: bool
    pause: str | None
    is_there: bool


@dataclass(frozen=True, slots=True)
class WakeForObligation:
    """Hand in an ObligationDue for it at `at`; replaces an earlier wish of the same obligation."""

    obligation: ObligationId
    at: datetime


@dataclass(frozen=True, slots=True)
class ForgetObligationTimer:
    """The obligation is closed: no timer for it."""

    obligation: ObligationId


Command = (
    OfferCall
    | RefuseCall
    | OfferChoice
    | PlayMessage
    | ReturnToHold
    | MarkHeld
    | EraseInboxEntry
    | DialCallback
    | TellAgent
    | CancelAttempt
    | EraseAttemptTrace
    | PauseAgent
    | KeepLoggedIn
    | FetchFromFallback
    | SetFallbackMember
    | WakeForObligation
    | ForgetObligationTimer
)
