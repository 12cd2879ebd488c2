"""Prometheus metrics: fed by the journal, every counter and histogram there from the start at 0.

Names and units are part of the interface (DESIGN 7, docs/metrics.md); labels are bounded: queues, outcomes,
states and kinds from the settings and the closed vocabularies, never a number, a name or a call.
"""

from __future__ import annotations

import asyncio
from collections import Counter as Counts
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from ami_adapters.trunk_watch import TrunkWatch
from callengine.callback_metrics import CallbackMetrics, live_obligations
from callengine.pbx_metrics import live_pbx
from callengine.tally import DayTally
from queues import journal as facts
from queues.events import OfferResult
from queues.identifiers import CallId, CompanyId, OfferId, QueueName
from queues.journal import AgentState, JournalEntry, Outcome
from queues.views import CentreView
from sla.service_level import FORMULAS

EDGES = (1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 420, 600, 900, 1800)
"""Seconds: 30, 300 and 600 are exact edges; `le` is inclusive, as the promise is (ecosystem.md 3.2)."""
_FAST = (0.0001, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0)
_SECOND = timedelta(seconds=1)


class Metrics:
    """All metrics of one engine, in a registry of their own."""

    def __init__(
        self,
        queues: Iterable[QueueName],
        companies: Iterable[CompanyId],
        *,
        tally: DayTally,
        view: Callable[[], CentreView],
        now: Callable[[], datetime],
        version: str,
        trunks: TrunkWatch | None = None,
    ) -> None:
        self.registry = CollectorRegistry()
        names = tuple(queues)
        counter, histogram, gauge = self._counter, self._histogram, self._gauge
        self._offered = counter("calls_offered", "Calls that arrived", ["queue"])
        self._finished = counter(
            "calls_finished", "Calls that ended, by outcome", ["queue", "outcome", "served_by"]
        )
        self._answer_wait = histogram("answer_wait_seconds", "Arrival to human", ["queue"], EDGES)
        self._abandon_wait = histogram("abandon_wait_seconds", "Arrival to giving up", ["queue"], EDGES)
        self._talk = histogram("talk_seconds", "Human to hang-up", ["queue"], EDGES)
        self._ring = histogram("ring_seconds", "An agent's phone rang", ["result"], EDGES)
        self._callbacks = CallbackMetrics(self.registry, names, companies, EDGES)
        self._unexpected = counter("unexpected_events", "Events that fit no state", ["machine"])
        self.ami_connected = gauge("ami_connected", "Whether the AMI link is up")
        self.ami_connects = counter("ami_connects", "AMI logins that succeeded", [])
        self.ami_events = counter("ami_events", "AMI events that became domain events", ["event"])
        self.ledger_failures = counter(
            "ledger_write_failures", "Flushes that failed and were tried again", []
        )
        self.decision_seconds = histogram("routing_decision_seconds", "Handling one event", [], _FAST)
        self.loop_lag_seconds = histogram("event_loop_lag_seconds", "How late the loop was", [], _FAST)
        info = gauge("build_info", "The running version", ["version"])
        info.labels(version).set(1)
        self._create_at_zero(names)
        self._calls: dict[CallId, tuple[QueueName, datetime, datetime | None]] = {}
        self._rings: dict[OfferId, datetime] = {}
        self._live = _LiveFigures(tally, view, now, trunks or TrunkWatch(()))
        self.registry.register(self._live)

    def observe(self, entry: JournalEntry) -> None:
        """Take one journal entry into account."""
        match entry:
            case facts.CallOffered(call=call, arrived_at=arrived_at, queue=queue):
                self._offered.labels(queue).inc()
                self._calls[call] = (queue, arrived_at, None)
            case facts.CallConnected(at, call):
                if call in self._calls:
                    queue, arrived_at, _ = self._calls[call]
                    self._answer_wait.labels(queue).observe(max(0.0, (at - arrived_at) / _SECOND))
                    self._calls[call] = (queue, arrived_at, at)
            case facts.CallFinished():
                self._finish(entry)
            case facts.OfferRang(at, offer):
                self._rings[offer] = at
            case facts.OfferEnded(at, offer, result):
                rang_at = self._rings.pop(offer, at)
                self._ring.labels(result).observe(max(0.0, (at - rang_at) / _SECOND))
            case facts.Unexpected(machine=machine):
                self._unexpected.labels(machine).inc()
            case _:
                self._callbacks.observe(entry)

    async def exposition(self, accept: str) -> tuple[bytes, str]:
        """The text for a scrape and its content type, made in a thread: with many series it takes long."""
        encoder, content_type = choose_encoder(accept)
        self._live.take()
        body = await asyncio.to_thread(encoder, self.registry)
        return body, content_type

    def _finish(self, entry: facts.CallFinished) -> None:
        known = self._calls.pop(entry.call, None)
        if known is None:
            return
        queue, arrived_at, answered_at = known
        self._finished.labels(queue, entry.outcome, entry.served_by).inc()
        if answered_at is not None:
            self._talk.labels(queue).observe(max(0.0, (entry.at - answered_at) / _SECOND))
        elif entry.outcome is Outcome.ABANDONED:
            self._abandon_wait.labels(queue).observe(max(0.0, (entry.at - arrived_at) / _SECOND))

    def _create_at_zero(self, queues: Iterable[QueueName]) -> None:
        for queue in queues:
            for metric in (
                self._offered,
                self._answer_wait,
                self._abandon_wait,
                self._talk,
            ):
                metric.labels(queue)
            for outcome in Outcome:
                for served_by in facts.ServedBy:
                    self._finished.labels(queue, outcome, served_by)
        for result in OfferResult:
            self._ring.labels(result)
        for machine in ("call", "agent", "obligation"):
            self._unexpected.labels(machine)

    def _counter(self, name: str, text: str, labels: list[str]) -> Counter:
        return Counter(f"callengine_{name}", text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, labels: list[str], edges: tuple[float, ...]) -> Histogram:
        return Histogram(f"callengine_{name}", text, labels, buckets=edges, registry=self.registry)

    def _gauge(self, name: str, text: str, labels: Iterable[str] = ()) -> Gauge:
        return Gauge(f"callengine_{name}", text, labels, registry=self.registry)


class _LiveFigures(Collector):
    """Gauges of the live state and today's tally, taken on the loop at each scrape.

    The text is made in a thread: what it would read there could change under its hands.
    """

    def __init__(
        self,
        tally: DayTally,
        view: Callable[[], CentreView],
        now: Callable[[], datetime],
        trunks: TrunkWatch,
    ) -> None:
        self._trunks = trunks
        self._tally = tally
        self._view = view
        self._now = now
        self._taken: tuple[GaugeMetricFamily, ...] = ()

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing is computed at registration."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """What was taken last."""
        yield from self._taken

    def take(self) -> None:
        """Read all figures at one moment, from the loop."""
        now = self._now()
        self._taken = (
            *self._of_queues(now),
            *live_obligations(self._view, now),
            *live_pbx(self._view, self._trunks),
            self._of_agents(),
            self._balance(),
        )

    def _of_queues(self, now: datetime) -> tuple[GaugeMetricFamily, ...]:
        """A ratio is absent until a call was counted."""
        waiting = GaugeMetricFamily("callengine_calls_waiting", "Residents without a human", labels=["queue"])
        longest = GaugeMetricFamily(
            "callengine_longest_wait_seconds", "The longest present wait from arrival", labels=["queue"]
        )
        ratio = GaugeMetricFamily(
            "callengine_service_level_ratio",
            "Service level of today by named formula",
            labels=["queue", "formula"],
        )
        for queue in self._tally.queues:
            figures = self._tally.figures(queue, now)
            waiting.add_metric([queue], figures.waiting)
            longest.add_metric([queue], figures.longest_wait / _SECOND)
            for formula in FORMULAS:
                value = getattr(figures.level, formula)
                if value is not None:
                    ratio.add_metric([queue, "offered" if formula == "ratio" else formula], float(value))
        return waiting, longest, ratio

    def _of_agents(self) -> GaugeMetricFamily:
        agents = GaugeMetricFamily("callengine_agents", "Agents by state", labels=["state"])
        states = Counts(agent.state for agent in self._view().agents)
        for state in AgentState:
            agents.add_metric([state], states[state])
        return agents

    def _balance(self) -> GaugeMetricFamily:
        imbalance = GaugeMetricFamily(
            "callengine_accounting_imbalance_calls", "Law 1: offered − outcomes − on the line; must stay 0"
        )
        imbalance.add_metric([], self._tally.imbalance())
        return imbalance
