"""The whole truth at one moment: of the PBX after a (re)connect, and of the ledger at start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from queues.messages.callback_events import ChoiceMade
from queues.terms.identifiers import (
    AgentId,
    AttemptId,
    CallId,
    ChannelName,
    CompanyId,
    Did,
    MessageId,
    ObligationId,
    OfferId,
    QueueName,
)
from queues.terms.outcomes import Choice, ContactResult, DeviceState, QueueExit
from queues.terms.outgoing import Outgoing
from queues.terms.phone import Phone
from sla.obligation import ObligationState


class LiveCallState(StrEnum):
    """Where a snapshot found a resident."""

    ARRIVING = "arriving"
    HOLDING = "holding"
    OFFERED = "offered"
    TALKING = "talking"
    FALLBACK = "fallback"
    LEAVING = "leaving"
    """He has chosen to be called back, or leaves a message."""
    WATCHED = "watched"
    """In an app_queue that Asterisk dispatches."""
    LEFT_QUEUE = "left_queue"
    """In some other place of the PBX's own dialplan."""


@dataclass(frozen=True, slots=True)
class LiveCall:
    """One resident's channel in a snapshot, with what its channel variables tell.

    `answered_at` is None until a human was reached; `agent` is who rings or talks; `answered_by`, where that is nobody,
    who took him: that phone is gone already, or a telephone of nobody in the settings is with him now.
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
    choice: ChoiceMade | None = None
    """What he has just chosen by a key."""
    recording: str = ""
    """Where his conversation is recorded."""
    watched: QueueName | None = None
    """He came to an app_queue that stands for this queue of ours."""
    queued_at: datetime | None = None
    """When he joined it, where that is told."""
    answered_by: AgentId | None = None


@dataclass(frozen=True, slots=True)
class LiveAgent:
    """One agent's phone in a snapshot. `logged_in` is None where the PBX cannot tell."""

    agent: AgentId
    device: DeviceState
    logged_in: bool | None
    paused: str | None = None
    in_fallback: bool | None = None
    """Whether he is a member of the fallback queue; None: there is none, or it was not asked."""
    fallback_pause: str | None = None
    """The pause that queue has him in."""
    on_phone: bool = False
    """Whether a channel of his phone is up."""


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
    message_at: datetime | None = None
    message_path: str = ""
    """He left a voice message in this call, and where it is."""
    choice: ChoiceMade | None = None
    recording: str = ""
    """Where the conversation is recorded."""
    watched: QueueName | None = None
    """He was in an app_queue that stands for this queue of ours: its queue_log tells."""
    queued_at: datetime | None = None
    exit: QueueExit | None = None


class LiveAttemptState(StrEnum):
    """How far a snapshot found a callback's channel."""

    RINGING_AGENT = "ringing_agent"
    DIALLING = "dialling"
    TALKING = "talking"


@dataclass(frozen=True, slots=True)
class LiveAttempt:
    """A callback's channel that is alive."""

    attempt: AttemptId
    state: LiveAttemptState
    agent: AgentId | None = None
    contacted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AttemptTrace:
    """What AstDB `callengine/attempt/<id>` says of a dial. No entry: the resident was not dialled."""

    attempt: AttemptId
    result: ContactResult | None
    """None when it was dialling and never told how it ended."""
    contacted_at: datetime | None = None
    rang: bool | None = None
    """Whether the resident's telephone rang; None where nobody knows."""
    dial_status: str = ""
    """The dialplan's word for its end, of a dial that was answered."""


@dataclass(frozen=True, slots=True)
class PbxSnapshot:
    """The whole truth after a (re)connect: everything not in it is over.

    `pbx_started_at` tells when Asterisk itself was started: what is older was cut by that.
    """

    at: datetime
    calls: tuple[LiveCall, ...]
    agents: tuple[LiveAgent, ...]
    ended: tuple[EndedCall, ...] = ()
    attempts: tuple[LiveAttempt, ...] = ()
    attempt_traces: tuple[AttemptTrace, ...] = ()
    pbx_started_at: datetime | None = None
    inbox_follows: bool = False
    """How the calls ended that are not in it is told by InboxRead."""
    catching_up: bool = False
    """What happened while it was taken follows, then PbxCaughtUp: nothing is offered before."""


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
    choice_offered: bool = False
    choice: Choice | None = None
    typed_number: Phone | None = None
    message_at: datetime | None = None
    watched: bool = False
    exit: QueueExit | None = None
    offer: OfferId | None = None
    """The ring whose end nobody noted, and whom it rang."""
    rung: AgentId | None = None
    recording: str = ""
    moved_to: QueueName | None = None
    """The queue in which a supervisor let him wait."""
    is_raised: bool = False


@dataclass(frozen=True, slots=True)
class KnownRest:
    """An agent who was in wrap-up when the ledger was last told of him; whose line he had spoken for, where known."""

    agent: AgentId
    began_at: datetime
    did: Did | None = None


@dataclass(frozen=True, slots=True)
class KnownOwedCall:
    """A missed call of an open obligation that has no verdict yet."""

    call: CallId
    did: Did
    arrived_at: datetime
    queued_at: datetime | None = None
    ended_at: datetime | None = None
    message_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KnownObligation:
    """An open obligation of the ledger."""

    obligation: ObligationId
    company: CompanyId
    did: Did
    number: Phone
    e164: Phone | None
    arrived_at: datetime
    due_at: datetime
    attempts_made: int = 0
    dials: int = 0
    """Of the attempts, those in which the resident's phone was, or may have been, rung."""
    state: ObligationState = ObligationState.PLANNED
    network_failures: int = 0
    is_overdue: bool = False
    is_taken: bool = False
    """As a human's task, by somebody."""
    task: str = ""
    """Why it is, or was last, a human's task."""
    heard: bool | None = None
    """Whether anything was heard of the telephone that answered last."""
    is_cut_off: bool = False
    """The phone of the agent who reached him last died in mid-talk, and no colleague took over."""
    first_dial_at: datetime | None = None
    contacted_at: datetime | None = None
    owed: tuple[KnownOwedCall, ...] = ()
    taken_by: str = ""
    why: str = ""
    """The outcome of the call it answers for."""


@dataclass(frozen=True, slots=True)
class KnownAttempt:
    """A dial whose end the ledger does not know; its obligation may be closed already, or there never was one."""

    attempt: AttemptId
    obligation: ObligationId | None
    did: Did
    agent: AgentId
    e164: Phone
    made_at: datetime
    trunk: str = ""
    contacted_at: datetime | None = None
    outgoing: Outgoing | None = None


@dataclass(frozen=True, slots=True)
class KnownMessage:
    """A voice message that nobody has reviewed."""

    message: MessageId
    company: CompanyId
    did: Did
    left_at: datetime
    path: str
    opened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DialledNumber:
    """An attempt of the last day, for the caps."""

    e164: Phone
    at: datetime


@dataclass(frozen=True, slots=True)
class LedgerRestored:
    """The first event of a run: what an earlier run left open. The first snapshot settles it."""

    at: datetime
    calls: tuple[KnownCall, ...]
    obligations: tuple[KnownObligation, ...] = ()
    attempts: tuple[KnownAttempt, ...] = ()
    dialled: tuple[DialledNumber, ...] = ()
    messages: tuple[KnownMessage, ...] = ()
    rests: tuple[KnownRest, ...] = ()
    callbacks_stopped: bool = False
    """Whether a supervisor had pulled the switch."""
