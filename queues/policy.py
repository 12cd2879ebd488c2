"""The rules the core works by: immutable values that `config` builds from the settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, timedelta, tzinfo

from queues.identifiers import AgentId, CompanyId, Did, Endpoint, QueueName
from queues.personal_data import Phone
from queues.phone_numbers import HOME_REGION, NumberFormat


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
    record: bool = True
    """Whether conversations are recorded, in both directions of work."""


@dataclass(frozen=True, slots=True)
class LineCallback:
    """How a line's residents are called back: through which trunk, showing which number."""

    trunk: str
    caller_id: Phone
    number_format: NumberFormat = NumberFormat.E164


@dataclass(frozen=True, slots=True)
class CallbackPolicy:
    """When a missed resident is called back, how often, and the caps that bound the harm of any mistake.

    `settle` is the time a resident who hung up is given to call again by himself.
    """

    enabled: bool = True
    settle: timedelta = timedelta(seconds=15)
    max_attempts: int = 3
    retry_after_busy: timedelta = timedelta(seconds=40)
    retry_after_no_answer: timedelta = timedelta(seconds=120)
    retry_after_failure: timedelta = timedelta(seconds=20)
    agent_ring_time: timedelta = timedelta(seconds=20)
    resident_ring_time: timedelta = timedelta(seconds=30)
    max_per_number_and_day: int = 6
    max_per_hour: int = 300
    own_numbers: frozenset[Phone] = frozenset()
    """E.164; every DID and outgoing caller id of the centre belongs here."""
    region: str = HOME_REGION


@dataclass(frozen=True, slots=True)
class LegalLimits:
    """The promise by law, from arrival: answered by a human, else contacted by phone (ПП 416 п.13)."""

    rule_set: str = "RU-416"
    answer: timedelta = timedelta(seconds=300)
    contact: timedelta = timedelta(seconds=600)


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
    recording_notice: bool = True
    """Whether a resident who is called back hears that calls are recorded."""
    callback: LineCallback | None = None
    """None: nobody can be called back; a contact owed all the same becomes a human's task."""
    owes_contact: bool = True
    """Whether this line's rules owe a contact for a call that no human answered."""


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
    callbacks: CallbackPolicy = field(default_factory=CallbackPolicy)
    limits: LegalLimits = field(default_factory=LegalLimits)
    missed_offers_before_pause: int = 2
    """An agent who lets so many offers ring unanswered in a row is paused: he is not at his place. 0: never."""
    zone: tzinfo = UTC
    """The centre's own time zone: agents' phones show it."""
    callback_label: str = "Callback by {due}: {line}"
    """What the agent's phone shows for a callback; `due` is the legal deadline as hh:mm."""
