"""What befalls residents in a queue that Asterisk dispatches itself: a watched app_queue, or the fallback."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from queues.terms.identifiers import AgentId, CallId, ChannelName, Did, QueueName
from queues.terms.outcomes import OfferResult, QueueExit
from queues.terms.phone import Phone


@dataclass(frozen=True, slots=True)
class CallWatched:
    """A resident came to a watched queue of Asterisk's own, whether or not it let him in.

    `arrived_at` is the creation of his channel by Asterisk's clock. `queue` is ours that stands for it; `did` is
    empty where the PBX does not tell which number he dialled.
    """

    at: datetime
    call: CallId
    channel: ChannelName
    arrived_at: datetime
    queue: QueueName
    did: Did
    number: Phone
    caller_name: str = ""


@dataclass(frozen=True, slots=True)
class QueueJoined:
    """He is in Asterisk's queue and waits."""

    at: datetime
    call: CallId


@dataclass(frozen=True, slots=True)
class QueueLeft:
    """He left it (or was not let in) without an agent. Told again when Asterisk says more exactly why."""

    at: datetime
    call: CallId
    exit: QueueExit


@dataclass(frozen=True, slots=True)
class AgentRingEnded:
    """Asterisk's queue stopped ringing this agent for him; he was not answered by it."""

    at: datetime
    call: CallId
    agent: AgentId
    result: OfferResult
