"""What the engine tells the desk: one JSON object a line, `kind` first; a snapshot, then what happens, in order.

`n` counts up by one from the snapshot's 0: who misses one has lost the thread and begins again with a snapshot.
Phone numbers are whole: the socket is private. New kinds and new fields may come; a reader passes over what it does
not know.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

TAG = "kind"
VERSION = 2
"""Of what a snapshot holds. 1: calls and agents only."""


class LiveCall(msgspec.Struct, frozen=True, kw_only=True):
    """A resident's call at the moment of the snapshot."""

    call: str
    company: str
    queue: str
    label: str
    number: str
    """Empty: withheld."""
    state: str
    arrived_at: datetime
    answered_at: datetime | None
    agent: str | None
    did: str = ""
    line_kind: str = ""
    caller_name: str = ""
    queued_at: datetime | None = None
    priority: int = 0
    answer_by: datetime | None = None
    """Served in the order of priority, this moment, and the call's id: the smallest first."""
    offer: str | None = None
    held: bool = False
    """Answered, and hears music now."""


class LiveAgent(msgspec.Struct, frozen=True, kw_only=True):
    """An agent at the moment of the snapshot."""

    agent: str
    name: str
    state: str
    pause_reason: str
    call: str | None
    since: datetime | None
    queues: tuple[str, ...] = ()
    attempt: str | None = None
    """The callback he is making."""
    wraps_up_until: datetime | None = None
    logged_in: bool = True


class LiveObligation(msgspec.Struct, frozen=True, kw_only=True):
    """A contact that is owed to a resident."""

    obligation: str
    company: str
    queue: str
    label: str
    number: str
    """Empty: withheld."""
    state: str
    """As `sla.obligation` calls it: planned, in_line, with_human, …"""
    arrived_at: datetime
    due_at: datetime
    overdue: bool
    why: str
    """How his call ended: abandoned, callback_requested, message_left, …"""
    task: str
    """Why it is, or was last, a human's task."""
    taken_by: str
    dials: int
    not_before: datetime | None


class LiveVoiceMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A voice message that waits for its review. `message` is the call in which it was left."""

    message: str
    company: str
    queue: str
    left_at: datetime
    due_at: datetime
    opened_at: datetime | None
    obligation: str | None
    """The contact that its call is owed besides."""
    number: str


class LiveDial(msgspec.Struct, frozen=True, kw_only=True):
    """A callback that is being made."""

    attempt: str
    obligation: str
    agent: str | None
    state: str
    """ringing_agent, dialling or talking."""
    made_at: datetime


class LiveOutgoing(msgspec.Struct, frozen=True, kw_only=True):
    """A call that an agent makes by hand."""

    attempt: str
    agent: str | None
    company: str
    label: str
    """Company and line, as the settings have them."""
    number: str
    """What is dialled: whole, or a service number's digits."""
    purpose: str
    command: str
    """The id of the wish."""
    state: str
    """ringing_agent, dialling or talking."""
    made_at: datetime


class Message(msgspec.Struct, frozen=True, kw_only=True, tag_field=TAG):
    """Every line: its place in the stream and the engine's clock."""

    n: int
    at: datetime


class Snapshot(Message, frozen=True, kw_only=True, tag="snapshot"):
    """All there is; what was known before is void."""

    synced: bool
    """Whether the engine knows the PBX's state; False: what follows may be behind the calls on the line."""
    calls: tuple[LiveCall, ...]
    agents: tuple[LiveAgent, ...]
    version: int = VERSION
    owed: tuple[LiveObligation, ...] = ()
    messages: tuple[LiveVoiceMessage, ...] = ()
    dials: tuple[LiveDial, ...] = ()
    outgoing: tuple[LiveOutgoing, ...] = ()
    callbacks_stopped: bool = False
    settings: str = ""
    """Changes with each reload of the settings: who reads the same file reads it anew."""


class Beat(Message, frozen=True, kw_only=True, tag="beat"):
    """Nothing happened, and the engine's loop turns."""


class CallArrived(Message, frozen=True, kw_only=True, tag="call_arrived"):
    """A resident is on a line."""

    call: str
    company: str
    queue: str
    did: str
    number: str
    caller_name: str
    arrived_at: datetime
    label: str = ""
    line_kind: str = ""
    priority: int = 0
    answer_by: datetime | None = None


class CallWaits(Message, frozen=True, kw_only=True, tag="call_waits"):
    """He waits for an agent: in the line, or back in it."""

    call: str
    since: datetime | None = None
    """When he first entered it."""


class CallMoved(Message, frozen=True, kw_only=True, tag="call_moved"):
    """A supervisor gave him another queue, or another place in it."""

    call: str
    queue: str
    priority: int
    answer_by: datetime


class CallOffered(Message, frozen=True, kw_only=True, tag="call_offered"):
    """The engine has decided for an agent; his phone rings in a moment."""

    call: str
    offer: str
    agent: str


class OfferOver(Message, frozen=True, kw_only=True, tag="offer_over"):
    """The agent did not take it; `result` says why."""

    offer: str
    result: str


class CallAnswered(Message, frozen=True, kw_only=True, tag="call_answered"):
    """Resident and human hear each other. `agent` is None where Asterisk's own queue rang a phone nobody names."""

    call: str
    agent: str | None


class CallHandedOver(Message, frozen=True, kw_only=True, tag="call_handed_over"):
    """A colleague speaks with him from now on."""

    call: str
    agent: str


class CallHeld(Message, frozen=True, kw_only=True, tag="call_held"):
    """He was put on hold, or taken back."""

    call: str
    held: bool


class CallEnded(Message, frozen=True, kw_only=True, tag="call_ended"):
    """The call is over with its one outcome."""

    call: str
    outcome: str


class AgentIs(Message, frozen=True, kw_only=True, tag="agent_is"):
    """An agent's new state; `reason` is the pause's, where there is one."""

    agent: str
    state: str
    reason: str
    name: str = ""
    queues: tuple[str, ...] = ()
    call: str | None = None
    attempt: str | None = None
    wraps_up_until: datetime | None = None
    logged_in: bool = True


class Owed(Message, frozen=True, kw_only=True, tag="owed"):
    """A contact is owed, or something about it is new: all of it as it is now."""

    owed: LiveObligation


class OwedNoMore(Message, frozen=True, kw_only=True, tag="owed_no_more"):
    """The obligation is closed; `closing` says how."""

    obligation: str
    closing: str


class CallbackOffered(Message, frozen=True, kw_only=True, tag="callback_offered"):
    """The engine gives an agent a callback; his phone rings in a moment. Whom, why and until when is `owed`."""

    attempt: str
    agent: str
    owed: LiveObligation


class CallbackIs(Message, frozen=True, kw_only=True, tag="callback_is"):
    """How far it is: dialling, talking; a colleague may have taken it over."""

    attempt: str
    state: str
    agent: str | None


class CallbackOver(Message, frozen=True, kw_only=True, tag="callback_over"):
    """The dial has ended; `result` says how."""

    attempt: str
    obligation: str
    result: str


class OutgoingBegan(Message, frozen=True, kw_only=True, tag="outgoing_began"):
    """An agent calls somebody by hand; his own phone rings in a moment."""

    outgoing: LiveOutgoing


class OutgoingIs(Message, frozen=True, kw_only=True, tag="outgoing_is"):
    """How far it is: dialling, talking."""

    attempt: str
    state: str


class OutgoingOver(Message, frozen=True, kw_only=True, tag="outgoing_over"):
    """It has ended; `result` says how, as `queues.terms.outcomes.ContactResult` calls it."""

    attempt: str
    result: str


class VoiceMessageIs(Message, frozen=True, kw_only=True, tag="voice_message_is"):
    """A message waits for its review, or was opened."""

    message: LiveVoiceMessage


class VoiceMessageOver(Message, frozen=True, kw_only=True, tag="voice_message_over"):
    """It was reviewed."""

    message: str
    review: str


class CallbacksAre(Message, frozen=True, kw_only=True, tag="callbacks_are"):
    """A supervisor stopped all callbacks, or let them go on."""

    stopped: bool


class CommandAnswered(Message, frozen=True, kw_only=True, tag="command_answered"):
    """To who asked only, after the engine has committed it: done, or refused and why, as a word and in words."""

    command: str
    done: bool
    refusal: str = ""
    why: str = ""


class PbxSeen(Message, frozen=True, kw_only=True, tag="pbx_seen"):
    """The link to the PBX was lost (`synced` false) or the state agrees with it again."""

    synced: bool


Live = (
    Snapshot
    | Beat
    | CallArrived
    | CallWaits
    | CallMoved
    | CallOffered
    | OfferOver
    | CallAnswered
    | CallHandedOver
    | CallHeld
    | CallEnded
    | AgentIs
    | Owed
    | OwedNoMore
    | CallbackOffered
    | CallbackIs
    | CallbackOver
    | OutgoingBegan
    | OutgoingIs
    | OutgoingOver
    | VoiceMessageIs
    | VoiceMessageOver
    | CallbacksAre
    | CommandAnswered
    | PbxSeen
)

_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Live)
_KNOWN = frozenset(str(one.__struct_config__.tag) for one in Live.__args__)


class _Kind(msgspec.Struct):
    kind: str


_KIND = msgspec.json.Decoder(_Kind)


def to_line(message: Live) -> bytes:
    """One line with its end."""
    return _ENCODER.encode(message) + b"\n"


def from_line(line: bytes) -> Live | None:
    """What it says; None for a kind of a newer engine. Raises ValueError for what is no such line."""
    try:
        kind = _KIND.decode(line).kind
        return _DECODER.decode(line) if kind in _KNOWN else None
    except msgspec.DecodeError as problem:  # Also of another shape.
        raise ValueError(f"no line of the engine: {problem}") from problem
