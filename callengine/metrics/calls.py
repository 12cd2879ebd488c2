"""Counters and histograms of calls and agents, fed by the journal; all there from the start at 0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, Counter, Histogram

from callengine.realtime.idle_while_waiting import LossCause, LostSeconds
from callengine.realtime.statistics import RealtimeStatistics
from queues.messages import journal as facts
from queues.messages.events import OfferResult
from queues.messages.journal import JournalEntry, Outcome, ServedBy
from queues.terms.identifiers import AgentId, OfferId, QueueName
from sla.call_facts import CallFacts
from sla.promises import ClockStart
from sla.waits import WAIT_EDGES

EDGES = WAIT_EDGES
_SECOND = timedelta(seconds=1)
_LONGEST_EXEMPLAR = 100
_TAKEN = "answered"
"""The result of an offer that was taken, beside those of the ones that were not."""
"""OpenMetrics allows an exemplar 128 characters, names included."""


class CallMetrics:
    """What the tally has just counted, as Prometheus counts: to be told after it."""

    def __init__(
        self,
        registry: CollectorRegistry,
        tally: RealtimeStatistics,
        agents: Mapping[AgentId, Iterable[QueueName]],
    ) -> None:
        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"callengine_{name}", text, labels, registry=registry)

        def histogram(name: str, text: str, label: str = "queue") -> Histogram:
            return Histogram(f"callengine_{name}", text, [label], buckets=EDGES, registry=registry)

        self._tally = tally
        self._offered = counter("calls_offered", "Calls that arrived", "queue")
        self._unlisted = counter(
            "calls_unlisted", "Calls to a number that no line of the settings has", "queue"
        )
        self._finished = counter(
            "calls_finished", "Calls that ended, by outcome", "queue", "outcome", "served_by"
        )
        self._targets = counter(
            "answer_targets",
            "Calls by whether a human answered within the queue's own target",
            "queue",
            "result",
        )
        self._answer_wait = histogram("answer_wait_seconds", "Arrival to human")
        self._queue_wait = histogram("queue_wait_seconds", "Entry into the waiting line to human")
        self._abandon_wait = histogram("abandon_wait_seconds", "Arrival to giving up")
        self._own = counter(
            "calls_from_own_numbers",
            "Calls from our own numbers or phones into our own lines: refused, in no figure",
        )
        self._talk = histogram("talk_seconds", "Human to hang-up")
        self._wrap_up = histogram("wrap_up_seconds", "An agent's rest after a call")
        self._ring = histogram("ring_seconds", "An agent's phone rang", "result")
        self._transfers = counter("transfers", "Conversations given to a colleague", "queue")
        self._repeats = counter(
            "repeat_calls", "Calls of a number that had called the company within the hour", "queue"
        )
        self._unknown = counter("link_down_seconds", "Time in which nobody saw what the PBX did")
        self._lost = counter(
            "waiting_lost_seconds",
            "Residents waited although an agent of their queue was there, by what kept him",
            "queue",
            "cause",
        )
        self._lost_seconds = LostSeconds(
            agents, lambda queue, cause, seconds: self._lost.labels(queue, cause).inc(seconds)
        )
        self._rings: dict[OfferId, datetime] = {}
        tally.on_rest = self._rested
        tally.on_repeat = lambda queue: self._repeats.labels(queue).inc()
        tally.on_unknown = lambda time: self._unknown.inc(time / _SECOND)
        self._create_at_zero(tally.queues)

    def observe(self, entry: JournalEntry) -> None:
        """Take one journal entry into account."""
        self._lost_seconds.observe(entry)
        match entry:
            case facts.CallOffered(queue=queue, unlisted=unlisted):
                self._offered.labels(queue).inc()
                if unlisted is not None:
                    self._unlisted.labels(queue).inc()
            case facts.OwnCallRefused():
                self._own.inc()
            case facts.CallConnected(at, call, _, offer):
                if offer in self._rings:
                    self._ring.labels(_TAKEN).observe(_seconds(at - self._rings.pop(offer)))
                known = self._tally.counted(call)
                if known is not None:
                    exemplar = _exemplar(call)
                    waited = known.facts.times(ClockStart.ARRIVAL).wait
                    self._answer_wait.labels(known.queue).observe(_seconds(waited), exemplar)
                    waited = known.facts.times(ClockStart.QUEUE).wait
                    self._queue_wait.labels(known.queue).observe(_seconds(waited), exemplar)
                    promise = self._tally.promise_of(known.queue)
                    waited = known.facts.times(promise.clock).wait
                    self._count_target(known.queue, kept=waited is not None and waited <= promise.target)
            case facts.CallFinished():
                self._finish(entry)
            case facts.CallPassedOn(_, call):
                known = self._tally.counted(call)
                if known is not None:
                    self._transfers.labels(known.queue).inc()
            case facts.OfferRang(at, offer):
                self._rings[offer] = at
            case facts.OfferEnded(at, offer, result):
                rang_at = self._rings.pop(offer, at)
                self._ring.labels(result).observe(_seconds(at - rang_at))
            case _:
                pass

    def follow(self, agents: Mapping[AgentId, Iterable[QueueName]], now: datetime) -> None:
        """The settings were read again, by the tally too: what is new is there from 0."""
        self._create_at_zero(self._tally.queues)
        self._lost_seconds.follow(agents, now)

    def settle(self, now: datetime) -> None:
        """Count what is still going on: before a scrape."""
        self._lost_seconds.settle(now)

    def _finish(self, entry: facts.CallFinished) -> None:
        known = self._tally.counted(entry.call)
        if known is None:
            return
        self._finished.labels(known.queue, entry.outcome, entry.served_by).inc()
        call: CallFacts = known.facts
        if call.answered_at is not None:
            self._talk.labels(known.queue).observe(_seconds(entry.at - call.answered_at))
            return
        self._count_target(known.queue, kept=False)
        if entry.outcome is Outcome.ABANDONED:
            waited = _seconds(entry.at - call.arrived_at)
            self._abandon_wait.labels(known.queue).observe(waited, _exemplar(entry.call))

    def _count_target(self, queue: QueueName, *, kept: bool) -> None:
        """Once for each call, when it is known: for alerts over any period, where the exact ratio has three."""
        self._targets.labels(queue, "kept" if kept else "missed").inc()

    def _rested(self, queue: QueueName, time: timedelta) -> None:
        self._wrap_up.labels(queue).observe(_seconds(time))

    def _create_at_zero(self, queues: Iterable[QueueName]) -> None:
        for queue in queues:
            for metric in (
                self._offered,
                self._unlisted,
                self._answer_wait,
                self._queue_wait,
                self._abandon_wait,
                self._talk,
                self._wrap_up,
                self._transfers,
                self._repeats,
            ):
                metric.labels(queue)
            for outcome in Outcome:
                for served_by in ServedBy:
                    self._finished.labels(queue, outcome, served_by)
            for result in ("kept", "missed"):
                self._targets.labels(queue, result)
            for cause in LossCause:
                self._lost.labels(queue, cause)
        for result in (_TAKEN, *OfferResult):
            self._ring.labels(result)


def _seconds(time: timedelta | None) -> float:
    return 0.0 if time is None else max(0.0, time / _SECOND)


def _exemplar(call: str) -> dict[str, str] | None:
    """Which call it was, for who asks for OpenMetrics: to find it in the ledger."""
    return {"call_id": call} if len(call) <= _LONGEST_EXEMPLAR else None
