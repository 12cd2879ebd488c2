"""The rules the core works by: immutable values that `config` builds from the settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo
from enum import StrEnum

from queues.terms.identifiers import AgentId, CompanyId, Did, Endpoint, QueueName
from queues.terms.outcomes import Disposition
from queues.terms.phone import Phone
from queues.terms.phone_numbers import HOME_REGION, NumberFormat
from sla.call_facts import Promise
from sla.promises import RU_416, ClockStart, RuleSet, rule_set_at


class Dispatch(StrEnum):
    """Who gives a queue's calls to agents."""

    ENGINE = "engine"
    ASTERISK = "asterisk"
    """Asterisk's own app_queue does: we watch, measure and see to the missed, and move nothing."""


class KeyExit(StrEnum):
    """What it means that a resident left a watched queue by pressing a key."""

    ABANDONED = "abandoned"
    CALLBACK = "callback"
    """The queue told him that this key asks for a callback."""


@dataclass(frozen=True, slots=True)
class WatchPolicy:
    """Asterisk's own queues that are measured as one of ours.

    `pbx_queues` are their names in queues.conf. `line` is whose a call is when the number it dialled is none of ours.
    """

    pbx_queues: tuple[str, ...]
    line: Did | None = None
    dial_callbacks: bool = False
    """False: whom no human answered becomes a task for one; the engine dials nobody."""
    key_exit: KeyExit = KeyExit.ABANDONED


@dataclass(frozen=True, slots=True)
class QueuePolicy:
    """How one queue's calls are offered.

    `target`, `goal_ratio` and `clock` are the promise "goal_ratio of the calls answered within target of the clock's
    start".
    A call of a queue with a smaller `priority` number is served before one with a larger.
    `decline_pause` keeps an agent who declined or did not answer from being rung at once again.
    """

    name: QueueName
    target: timedelta = timedelta(seconds=30)
    goal_ratio: float = 0.88
    clock: ClockStart = ClockStart.ARRIVAL
    priority: int = 10
    ring_time: timedelta = timedelta(seconds=20)
    wrap_up: timedelta = timedelta(seconds=10)
    decline_pause: timedelta = timedelta(seconds=5)
    record: bool = True
    """Whether conversations are recorded, in both directions of work."""
    dispatch: Dispatch = Dispatch.ENGINE
    watch: WatchPolicy | None = None
    """Also with ENGINE: calls that still go to those app_queues are measured as this queue's."""

    @property
    def dials_callbacks(self) -> bool:
        """Whether the engine itself may ring agents of this queue for a callback."""
        return self.dispatch is Dispatch.ENGINE or (self.watch is not None and self.watch.dial_callbacks)

    @property
    def promise(self) -> Promise:
        """What its figures are held against."""
        return Promise(self.target, self.goal_ratio, self.clock)


@dataclass(frozen=True, slots=True)
class DayHours:
    """The part of each day in which something may be done, in the centre's own time; may pass midnight."""

    opens: time
    closes: time

    def next_open(self, moment: datetime, zone: tzinfo) -> datetime:
        """`moment` itself if it lies inside, else the next opening."""
        local = moment.astimezone(zone)
        clock = local.time()
        inside = (
            self.opens <= clock < self.closes
            if self.opens <= self.closes
            else clock >= self.opens or clock < self.closes
        )
        if inside:
            return moment
        opening = local.replace(
            hour=self.opens.hour, minute=self.opens.minute, second=self.opens.second, microsecond=0
        )
        if opening <= local:
            opening += timedelta(days=1)
        return opening.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class LineCallback:
    """How a line's residents are called back: through which trunk, showing which number, at which hours.

    `other_trunks` are tried in turn when the network, not the resident, was the reason of a failure.
    """

    trunk: str
    caller_id: Phone
    number_format: NumberFormat = NumberFormat.E164
    other_trunks: tuple[str, ...] = ()
    hours: DayHours | None = None
    """None: around the clock."""

    @property
    def trunks(self) -> tuple[str, ...]:
        """All of them, the first choice first."""
        return (self.trunk, *self.other_trunks)

    def trunk_after(self, network_failures: int) -> str:
        """The trunk for the next dial."""
        return self.trunks[network_failures % len(self.trunks)]


@dataclass(frozen=True, slots=True)
class CallbackPolicy:
    """When a missed resident is called back, how often, and the caps that bound the harm of any mistake.

    `settle` is the time a resident who hung up is given to call again by himself. The last dial inside the deadline
    starts `last_start_before_due` before it; after the deadline there are `late_attempts` more, `retry_when_late`
    apart. Whom the agent reached must be said within `disposition_time`, else `disposition_default` is taken;
    0: at once.
    """

    enabled: bool = True
    settle: timedelta = timedelta(seconds=15)
    max_attempts: int = 3
    late_attempts: int = 2
    last_start_before_due: timedelta = timedelta(seconds=45)
    retry_after_busy: timedelta = timedelta(seconds=40)
    retry_after_no_answer: timedelta = timedelta(seconds=120)
    retry_after_failure: timedelta = timedelta(seconds=20)
    retry_when_late: timedelta = timedelta(seconds=300)
    max_network_failures: int = 6
    """Dials of one obligation that the network did not carry: they spend none of the resident's attempts."""
    disposition_time: timedelta = timedelta(seconds=120)
    disposition_default: Disposition = Disposition.REACHED
    agent_ring_time: timedelta = timedelta(seconds=20)
    resident_ring_time: timedelta = timedelta(seconds=30)
    network_answer_time: timedelta = timedelta(seconds=12)
    """Within this the network must say that it rings, else it is silent, and the next trunk is tried."""
    max_per_number_and_day: int = 6
    max_per_hour: int = 300
    max_in_flight: int = 0
    """Dials at the same time; 0: as many as agents are free for."""
    trunk_channels: int = 0
    """How many calls the trunks carry together; 0: not known, no limit."""
    keep_for_arrivals: int = 2
    """Of the trunks' channels, so many are left to residents who call."""
    max_talk: timedelta = timedelta(hours=1)
    """A callback is cut after this: a bound for the harm of a forgotten or a hijacked call."""
    listen_for_machines: bool = False
    """A detector's hint is kept with each dial; it decides nothing."""
    do_not_call: frozenset[Phone] = frozenset()
    """E.164; residents who asked never to be called by us."""
    own_numbers: frozenset[Phone] = frozenset()
    """E.164; every DID and outgoing caller id of the centre belongs here."""
    region: str = HOME_REGION


@dataclass(frozen=True, slots=True)
class ChoicePolicy:
    """When a waiting resident is told that he may be called back or leave a message.

    `after`: from his arrival; None: never. A callback to one who left a message waits until `callback_before_due` of
    his deadline: whoever reviews the message in time makes it needless.
    """

    after: timedelta | None = timedelta(seconds=180)
    again_after: timedelta = timedelta(seconds=15)
    """When he was just being offered to an agent: asked again so much later."""
    callback_before_due: timedelta = timedelta(seconds=180)


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
    choice: bool = False
    """Whether waiting residents are offered a callback or a message: never on lift, gas or flood lines."""
    rules: tuple[RuleSet, ...] = (RU_416,)
    """The rule sets this line works under, by date; none: nothing is owed for a call that no human answered."""

    def rules_at(self, arrived_at: datetime, zone: tzinfo) -> RuleSet | None:
        """The rule set in force when a call arrived, by the centre's calendar; before the first, the first."""
        if not self.rules:
            return None
        day = arrived_at.astimezone(zone).date()
        if all(rules.since > day for rules in self.rules):
            return min(self.rules, key=lambda rules: rules.since)
        return rule_set_at(self.rules, day)


@dataclass(frozen=True, slots=True)
class AgentProfile:
    """One agent: his phone and the queues he serves."""

    id: AgentId
    name: str
    endpoint: Endpoint
    queues: frozenset[QueueName]
    member: str = ""
    """His interface in Asterisk's own queues, where it is neither the endpoint nor Local/<the phone's name>@…"""


@dataclass(frozen=True, slots=True)
class ServiceNumber:
    """A number that people may dial by hand through this trunk though no callback ever would: 112, a lift company."""

    trunk: str
    number: Phone
    """Exactly as the trunk wants it."""


@dataclass(frozen=True, slots=True)
class CentrePolicy:
    """Everything the dispatcher must know before the first event."""

    queues: Mapping[QueueName, QueuePolicy]
    lines: Mapping[Did, LinePolicy]
    agents: Mapping[AgentId, AgentProfile]
    unlisted_line: Did | None = None
    """The line whose calls those are whose DID nobody configured; None: `queues.state.unlisted` finds what is fit."""
    unlisted_label: str = "Unlisted number {did}"
    """What the agent's phone shows for a call to a DID nobody configured."""
    callbacks: CallbackPolicy = field(default_factory=CallbackPolicy)
    choice: ChoicePolicy = field(default_factory=ChoicePolicy)
    missed_offers_before_pause: int = 2
    """An agent who takes none of so many offers in a row is paused: he is away, or his phone refuses. 0: never."""
    refused_phone_retry: timedelta = timedelta(seconds=60)
    """A phone that refused by itself is tried again after this, then twice as long each time. 0: never by itself."""
    zone: tzinfo = UTC
    """The centre's own time zone: agents' phones show it."""
    callback_label: str = "Callback by {due}: {line}"
    """What the agent's phone shows for a callback; `due` is the legal deadline as hh:mm."""
    outgoing_label: str = "Outgoing: {line}"
    """What it shows for a call that he makes by hand."""
    service_numbers: tuple[ServiceNumber, ...] = ()

    @property
    def trunks(self) -> tuple[str, ...]:
        """Every trunk that callbacks may be dialled through, once."""
        callbacks = [line.callback for line in self.lines.values() if line.callback is not None]
        return tuple(dict.fromkeys(trunk for callback in callbacks for trunk in callback.trunks))

    @property
    def not_recovered(self) -> frozenset[QueueName]:
        """Queues whose calls leave no trace for us while we do not look: Asterisk's own."""
        return frozenset(name for name, queue in self.queues.items() if queue.dispatch is Dispatch.ASTERISK)
