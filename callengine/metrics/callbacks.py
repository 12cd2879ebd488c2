"""Metrics of what is owed and of how it is kept: obligations, dials, dispositions, the law's verdicts."""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily

from queues.live_state import CentreView
from queues.messages import journal as facts
from queues.messages.events import Choice, ContactResult, Disposition, Review
from queues.messages.journal import JournalEntry, ObligationClosing
from queues.terms.identifiers import CompanyId, QueueName
from queues.terms.phone_numbers import CAPS, DialRefusal
from sla.compliance import Verdict
from sla.obligation import FINAL, HUMAN, ObligationState

_SECOND = timedelta(seconds=1)
_GIVEN = [verdict for verdict in Verdict if verdict is not Verdict.PENDING]


class CallbackMetrics:
    """Counters and histograms, fed by the journal; all there from the start at 0."""

    def __init__(
        self,
        registry: CollectorRegistry,
        queues: Iterable[QueueName],
        companies: Iterable[CompanyId],
        edges: tuple[float, ...],
    ) -> None:
        def counter(name: str, text: str, labels: Iterable[str] = ()) -> Counter:
            return Counter(f"callengine_{name}", text, labels, registry=registry)

        self._opened = counter("obligations_opened", "Residents owed a contact", ["queue"])
        self._closed = counter("obligations_closed", "Obligations closed, by how", ["closing"])
        self._overdue = counter("obligations_overdue", "Obligations not kept by their deadline")
        self._delay = Histogram(
            "callengine_callback_delay_seconds", "Arrival to contact", buckets=edges, registry=registry
        )
        self._attempts = counter("callback_attempts", "Dials of callbacks, by result", ["result"])
        self._by_hand = counter("outgoing_calls", "Calls that agents made by hand, by result", ["result"])
        self._refused = counter("callback_refusals", "Numbers that may not be dialled", ["reason"])
        self._postponed = counter(
            "callbacks_postponed", "Callbacks that wait for a cap to be free again", ["cap"]
        )
        self._dispositions = counter("callback_dispositions", "Whom callbacks reached", ["disposition"])
        self._tasks = counter("human_tasks", "Obligations handed to a human")
        self._judged = counter(
            "calls_judged", "Calls by the law's verdict, every one of them once", ["company", "verdict"]
        )
        self._choices = counter(
            "choices", "Waiting residents who pressed a key, by what they chose", ["choice"]
        )
        self._messages = counter("messages_recorded", "Voice messages left")
        self._reviews = counter(
            "messages_reviewed", "Voice messages reviewed, by what became of them", ["review"]
        )
        self._arrivals: dict[str, datetime] = {}
        for queue in queues:
            self._opened.labels(queue)
        for company in companies:
            for verdict in _GIVEN:
                self._judged.labels(company, verdict)
        for labelled, words in (
            (self._attempts, ContactResult),
            (self._by_hand, ContactResult),
            (self._closed, ObligationClosing),
            (self._refused, DialRefusal),
            (self._postponed, CAPS),
            (self._dispositions, Disposition),
            (self._choices, Choice),
            (self._reviews, Review),
        ):
            for word in words:
                labelled.labels(word)

    def observe(self, entry: JournalEntry) -> None:
        """Take one journal entry into account."""
        match entry:
            case facts.ObligationOpened(obligation=obligation, queue=queue, arrived_at=arrived_at):
                self._opened.labels(queue).inc()
                self._arrivals[obligation] = arrived_at
            case facts.ObligationClosed(_, obligation, closing):
                self._closed.labels(closing).inc()
                contacted_at = entry.contacted_at or entry.at
                arrived = self._arrivals.pop(obligation, contacted_at)
                if closing is ObligationClosing.CONTACTED:
                    self._delay.observe(max(0.0, (contacted_at - arrived) / _SECOND))
            case facts.ObligationOverdue():
                self._overdue.inc()
            case facts.AttemptFinished(result=result):
                self._attempts.labels(result).inc()
            case facts.OutgoingFinished(result=result):
                self._by_hand.labels(result).inc()
            case facts.DialPostponed(reason=reason):
                self._postponed.labels(reason).inc()
            case facts.DialRefused(reason=reason):
                self._refused.labels(reason).inc()
            case facts.DispositionNoted(disposition=disposition):
                self._dispositions.labels(disposition).inc()
            case facts.HumanTaskOpened():
                self._tasks.inc()
            case facts.CallJudged(company=company, verdict=verdict):
                self._judged.labels(company, verdict).inc()
            case _:
                self._observe_message(entry)

    def _observe_message(self, entry: JournalEntry) -> None:
        match entry:
            case facts.ChoiceTaken(choice=choice):
                self._choices.labels(choice).inc()
            case facts.MessageRecorded():
                self._messages.inc()
            case facts.MessageClosed(review=review):
                self._reviews.labels(review).inc()
            case _:
                pass


def live_obligations(view: Callable[[], CentreView], now: datetime) -> Iterator[GaugeMetricFamily]:
    """What is owed at this moment. The slack is absent while nothing is owed that the engine could still keep."""
    seen = view()
    open_ones = GaugeMetricFamily(
        "callengine_obligations_open", "What is owed now, by state", labels=["state"]
    )
    states = Counts(one.state for one in seen.obligations)
    for state in ObligationState:
        if state not in FINAL:
            open_ones.add_metric([state], states[state])
    yield open_ones
    slack = GaugeMetricFamily(
        "callengine_callback_slack_seconds", "Until the nearest deadline of what is owed; negative: past it"
    )
    deadlines = [one.due_at for one in seen.obligations if one.state not in HUMAN]
    if deadlines:
        slack.add_metric([], (min(deadlines) - now) / _SECOND)
    yield slack
    overdue = GaugeMetricFamily("callengine_obligations_overdue_now", "Owed now, and past the deadline")
    overdue.add_metric([], sum(one.is_overdue for one in seen.obligations))
    yield overdue
    tasks = GaugeMetricFamily(
        "callengine_human_tasks_unassigned", "Tasks for a human now that nobody has taken"
    )
    tasks.add_metric([], sum(one.state in HUMAN and not one.is_taken for one in seen.obligations))
    yield tasks
    waiting = GaugeMetricFamily("callengine_messages_waiting", "Voice messages that nobody has reviewed")
    waiting.add_metric([], seen.messages_waiting)
    yield waiting
    stopped = GaugeMetricFamily("callengine_callbacks_stopped", "Whether a supervisor stopped all callbacks")
    stopped.add_metric([], seen.callbacks_stopped)
    yield stopped
