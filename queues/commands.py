"""What the dispatcher wants done: the adapter turns each into AMI actions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from queues.identifiers import AgentId, CallId, ChannelName, Endpoint, OfferId


@dataclass(frozen=True, slots=True)
class OfferCall:
    """Ring the agent's phone for this waiting resident, who keeps hearing music.

    `label` is what the phone shows; `ring_time` is how long it rings.
    """

    offer: OfferId
    call: CallId
    channel: ChannelName
    agent: AgentId
    endpoint: Endpoint
    ring_time: timedelta
    label: str


@dataclass(frozen=True, slots=True)
class ReturnToHold:
    """Take the resident back from an offer that is over for us (ring deadline passed unheard)."""

    call: CallId
    channel: ChannelName
    offer: OfferId


@dataclass(frozen=True, slots=True)
class EraseInboxEntry:
    """The call is settled: erase its trace on the PBX, after its journal is committed."""

    call: CallId


Command = OfferCall | ReturnToHold | EraseInboxEntry
