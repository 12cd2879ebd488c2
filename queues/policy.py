"""The rules the core works by: immutable values that `config` builds from the settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from queues.identifiers import AgentId, CompanyId, Did, Endpoint, QueueName


@dataclass(frozen=True, slots=True)
class QueuePolicy:
    """How one queue's calls are offered.

    `target` and `goal_ratio` are the promise "goal_ratio of the calls answered within target".
    A call of a queue with a smaller `priority` number is served before one with a larger.
    `decline_pause` keeps an agent who declined or did not answer from being rung at once again.
    """

    name: QueueName
    target: timedelta = timedelta(seconds=30)
    goal_ratio: float = 0.88
    priority: int = 10
    ring_time: timedelta = timedelta(seconds=20)
    wrap_up: timedelta = timedelta(seconds=10)
    decline_pause: timedelta = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class LinePolicy:
    """One DID: whose residents dial it and what it is for.

    `label` is what the agent's phone shows before he answers (company and line, ≤ 40 characters).
    """

    did: Did
    company: CompanyId
    kind: str
    queue: QueueName
    label: str
    language: str = "ru"


@dataclass(frozen=True, slots=True)
class AgentProfile:
    """One agent: his phone and the queues he serves."""

    id: AgentId
    name: str
    endpoint: Endpoint
    queues: frozenset[QueueName]


@dataclass(frozen=True, slots=True)
class CentrePolicy:
    """Everything the dispatcher must know before the first event."""

    queues: Mapping[QueueName, QueuePolicy]
    lines: Mapping[Did, LinePolicy]
    agents: Mapping[AgentId, AgentProfile]
    default_line: LinePolicy | None = None
    """Serves calls to a DID nobody configured: such a resident is still a resident."""
