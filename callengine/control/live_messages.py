"""What the engine tells the desk: one JSON object a line, `kind` first; a snapshot, then what happens, in order.

`n` counts up by one from the snapshot's 0: who misses one has lost the thread and begins again with a snapshot.
Phone numbers are whole: the socket is private. New kinds and new fields may come; a reader passes over what it does
not know.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

TAG = "kind"


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


class LiveAgent(msgspec.Struct, frozen=True, kw_only=True):
    """An agent at the moment of the snapshot."""

    agent: str
    name: str
    state: str
    pause_reason: str
    call: str | None
    since: datetime | None


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


class CallWaits(Message, frozen=True, kw_only=True, tag="call_waits"):
    """He waits for an agent: in the line, or back in it."""

    call: str


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


class CallEnded(Message, frozen=True, kw_only=True, tag="call_ended"):
    """The call is over with its one outcome."""

    call: str
    outcome: str


class AgentIs(Message, frozen=True, kw_only=True, tag="agent_is"):
    """An agent's new state; `reason` is the pause's, where there is one."""

    agent: str
    state: str
    reason: str


class PbxSeen(Message, frozen=True, kw_only=True, tag="pbx_seen"):
    """The link to the PBX was lost (`synced` false) or the state agrees with it again."""

    synced: bool


Live = (
    Snapshot
    | Beat
    | CallArrived
    | CallWaits
    | CallOffered
    | OfferOver
    | CallAnswered
    | CallHandedOver
    | CallEnded
    | AgentIs
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
