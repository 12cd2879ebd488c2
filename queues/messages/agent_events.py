"""Events of an agent and his phone. `at` is Asterisk's own clock, UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from queues.terms.identifiers import AgentId, CallId, ChannelName
from queues.terms.outcomes import DeviceState

__all__ = [
    "AgentDeviceChanged",
    "AgentLegEnded",
    "AgentLoggedIn",
    "AgentLoggedOut",
    "AgentPaused",
    "AgentRang",
    "AgentUnpaused",
    "AgentWrapUpEnded",
]


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
