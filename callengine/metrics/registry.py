"""Prometheus metrics: fed by the journal, every counter and histogram there from the start at 0.

Names and units are part of the interface (DESIGN 7, docs/reference/metrics.md); labels are bounded: queues, outcomes,
states and kinds from the settings and the closed vocabularies, never a number, a name or a call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from ami_adapters.connection.trunks import TrunkWatch
from callengine.http.door.metrics import DoorMetrics
from callengine.metrics.callbacks import CallbackMetrics, live_obligations
from callengine.metrics.calls import EDGES, CallMetrics
from callengine.metrics.charge import ChargeMetrics, InCharge
from callengine.metrics.desk import DeskMetrics
from callengine.metrics.figures import agents_by_queue, families_of, paused_by_reason
from callengine.metrics.ledger import LedgerMetrics
from callengine.metrics.link import LinkMetrics
from callengine.metrics.pbx import live_pbx
from callengine.realtime.figures import CentreFigures
from callengine.realtime.statistics import RealtimeStatistics
from config.schema.pauses import PauseNames
from queues.live_state import CentreView
from queues.messages import journal as facts
from queues.messages.events import Event, PbxSnapshot
from queues.messages.journal import JournalEntry
from queues.policy import CentrePolicy
from queues.terms.identifiers import AgentId, CompanyId, QueueName

_FAST = (0.0001, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0)


class Metrics:
    """All metrics of one engine, in a registry of their own."""

    def __init__(
        self,
        queues: Iterable[QueueName],
        companies: Iterable[CompanyId],
        *,
        tally: RealtimeStatistics,
        view: Callable[[], CentreView],
        now: Callable[[], datetime],
        version: str,
        trunks: TrunkWatch | None = None,
        agents: Mapping[AgentId, Iterable[QueueName]] | None = None,
        last_event_at: Callable[[], datetime | None] = lambda: None,
        pauses: PauseNames | None = None,
        in_charge: Callable[[], InCharge] = lambda: InCharge(is_ours=True, who="", sessions=0),
        times_lost: int = 0,
    ) -> None:
        self.registry = CollectorRegistry()
        names = tuple(queues)
        counter, histogram, gauge = self._counter, self._histogram, self._gauge
        self._calls = CallMetrics(self.registry, tally, agents or {})
        self._callbacks = CallbackMetrics(self.registry, names, companies, EDGES)
        self._unexpected = counter("unexpected_events", "Events that fit no state", ["machine"])
        self._recordings_lost = counter(
            "recordings_lost", "Conversations whose recording the PBX could not write, or not whole", []
        )
        self._settings_reads = counter(
            "settings_reads", "Times the settings were read anew (SIGHUP), by result", ["result"]
        )
        for result in ("applied", "refused"):
            self._settings_reads.labels(result)
        self._awaiting_restart = gauge(
            "settings_awaiting_restart", "Settings of the file that take effect with the next start"
        )
        self.inbox_leftovers = gauge(
            "inbox_leftovers", "Entries of AstDB callengine/… that are damaged or not ours"
        )
        self.ami_connected = gauge("ami_connected", "Whether the AMI link is up")
        self.ami_connects = counter("ami_connects", "AMI logins that succeeded", [])
        self.ami_reconnects = counter("ami_reconnects", "AMI logins after the first", [])
        self.ami_events = counter("ami_events", "AMI events that became domain events", ["event"])
        self.decision_seconds = histogram("routing_decision_seconds", "Handling one event", [], _FAST)
        self.loop_lag_seconds = histogram("event_loop_lag_seconds", "How late the loop was", [], _FAST)
        self.ledger = LedgerMetrics(self.registry)
        self.link = LinkMetrics(self.registry)
        self.door = DoorMetrics(self.registry)
        self.desk = DeskMetrics(self.registry)
        ChargeMetrics(self.registry, in_charge, times_lost)
        info = gauge("build_info", "The running version", ["version"])
        info.labels(version).set(1)
        for kind in get_args(Event):
            self.ami_events.labels(kind.__name__)
        for machine in ("call", "agent", "obligation"):
            self._unexpected.labels(machine)
        self._connected_before = False
        self._now = now
        self._live = _LiveFigures(tally, view, now, trunks or TrunkWatch(()), last_event_at)
        self._live.pauses = pauses or PauseNames()
        self.registry.register(self._live)

    def settings_refused(self) -> None:
        """The settings file was read again and has a mistake: nothing changed."""
        self._settings_reads.labels("refused").inc()

    def settings_applied(self, awaiting_restart: int) -> None:
        """The settings file was read again; so many of its changes need a restart."""
        self._settings_reads.labels("applied").inc()
        self._awaiting_restart.set(awaiting_restart)

    def heard(self, event: Event) -> None:
        """The PBX told us something."""
        self.ami_events.labels(type(event).__name__).inc()
        if isinstance(event, PbxSnapshot):
            self.link.note_pbx_start(event.pbx_started_at)

    def observe(self, entry: JournalEntry) -> None:
        """Take one journal entry into account."""
        self._calls.observe(entry)
        self._callbacks.observe(entry)
        if isinstance(entry, facts.Unexpected):
            self._unexpected.labels(entry.machine).inc()
        elif isinstance(entry, facts.RecordingMissed):
            self._recordings_lost.inc()

    def follow(self, policy: CentrePolicy, pauses: PauseNames) -> None:
        """The settings were read again, by the tally too."""
        self._live.pauses = pauses
        self._calls.follow({agent: profile.queues for agent, profile in policy.agents.items()}, self._now())

    def ami_connection_made(self) -> None:
        """Another login succeeded."""
        self.ami_connects.inc()
        if self._connected_before:
            self.ami_reconnects.inc()
        self._connected_before = True

    def accounts_differ(self, differences: int) -> None:
        """What the nightly reconcile found."""
        self._live.mismatch = differences

    @staticmethod
    def form(accept: str) -> str:
        """The content type that whoever accepts this is given."""
        return choose_encoder(accept)[1]

    async def exposition(self, accept: str) -> tuple[bytes, str]:
        """The text for a scrape and its content type, made in a thread: with many series it takes long."""
        encoder, content_type = choose_encoder(accept)
        self._calls.settle(self._now())
        self._live.take()
        body = await asyncio.to_thread(encoder, self.registry)
        return body, content_type

    def _counter(self, name: str, text: str, labels: list[str]) -> Counter:
        return Counter(f"callengine_{name}", text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, labels: list[str], edges: tuple[float, ...]) -> Histogram:
        return Histogram(f"callengine_{name}", text, labels, buckets=edges, registry=self.registry)

    def _gauge(self, name: str, text: str, labels: Iterable[str] = ()) -> Gauge:
        return Gauge(f"callengine_{name}", text, labels, registry=self.registry)


class _LiveFigures(Collector):
    """Gauges of the live state and the tally: taken on the loop at each scrape, divided and written in its thread."""

    def __init__(
        self,
        tally: RealtimeStatistics,
        view: Callable[[], CentreView],
        now: Callable[[], datetime],
        trunks: TrunkWatch,
        last_event_at: Callable[[], datetime | None],
    ) -> None:
        self._trunks = trunks
        self._tally = tally
        self._view = view
        self._now = now
        self._last_event_at = last_event_at
        self._taken: tuple[GaugeMetricFamily, ...] = ()
        self._figures: CentreFigures | None = None
        self._seen = CentreView((), (), synced=False)
        self.mismatch: int | None = None
        self.pauses = PauseNames()

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing is computed at registration."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """What was taken last."""
        if self._figures is None:
            return
        yield from families_of(self._figures)
        yield from agents_by_queue(self._tally.queues, self._seen.agents)
        yield paused_by_reason(self._seen.agents, self.pauses)
        yield from self._taken

    def take(self) -> None:
        """Read everything at one moment, from the loop: in the thread it could change under its hands."""
        now, seen = self._now(), self._view()
        self._seen, self._figures = seen, self._tally.take(now)
        self._taken = (
            *live_obligations(lambda: seen, now),
            *live_pbx(lambda: seen, self._trunks),
            *self._accounts(),
        )

    def _accounts(self) -> Iterator[GaugeMetricFamily]:
        imbalance = GaugeMetricFamily(
            "callengine_accounting_imbalance_calls", "Law 1: offered − outcomes − on the line; must stay 0"
        )
        imbalance.add_metric([], self._tally.imbalance())
        yield imbalance
        mismatch = GaugeMetricFamily(
            "callengine_accounting_mismatch", "Law 7: calls that the nightly reconcile found told differently"
        )
        if self.mismatch is not None:
            mismatch.add_metric([], self.mismatch)
        yield mismatch
        last_event = GaugeMetricFamily(
            "callengine_ami_last_event_timestamp_seconds", "When the PBX last told us anything"
        )
        at = self._last_event_at()
        if at is not None:
            last_event.add_metric([], at.timestamp())
        yield last_event
