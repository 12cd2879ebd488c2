"""What is learnt anew while calls go on: the rest of what a snapshot began, the fallback's members, the settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from queues.messages.snapshot import EndedCall
from queues.policy import CentrePolicy
from queues.terms.identifiers import AgentId


@dataclass(frozen=True, slots=True)
class PbxCaughtUp:
    """All that happened while the snapshot was taken has been told."""

    at: datetime


@dataclass(frozen=True, slots=True)
class PolicyChanged:
    """The settings were read anew: these are the rules from now on."""

    at: datetime
    policy: CentrePolicy


@dataclass(frozen=True, slots=True)
class InboxRead:
    """A page of the inbox: calls that are over. After the last one, whoever is in none of them left no trace."""

    at: datetime
    ended: tuple[EndedCall, ...]
    is_last: bool


@dataclass(frozen=True, slots=True)
class FallbackMemberChanged:
    """An agent became a member of the fallback queue, or is one no more, or it paused him, or ended his pause."""

    at: datetime
    agent: AgentId
    is_member: bool
    pause: str | None = None


@dataclass(frozen=True, slots=True)
class AgentPhoneUsed:
    """The first channel of the agent's phone is there (`in_use`), or its last one is gone."""

    at: datetime
    agent: AgentId
    in_use: bool
