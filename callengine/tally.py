"""Today's figures, kept up to date by the journal and rebuilt at start from the ledger (law 7)."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from queues import journal as facts
from queues.identifiers import CallId, QueueName
from queues.journal import JournalEntry, Outcome
from sla.service_level import CallTimes, ServiceLevel, count
from storage.ledger import CallRow


@dataclass(slots=True)
class _QueueTally:
    target: timedelta
    offered: int = 0
    finished: Counter[str] = field(default_factory=Counter)
    settled: ServiceLevel = field(default_factory=ServiceLevel)
    waiting: list[datetime] = field(default_factory=list)
    """Arrivals of those no human has answered yet, in order."""


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """One queue's figures of today at one moment."""

    offered: int
    answered: int
    answered_within: int
    abandoned: int
    waiting: int
    level: ServiceLevel
    longest_wait: timedelta
    by_outcome: Mapping[str, int]


class DayTally:
    """Counts of the calls that arrived today, per queue.

    A call belongs to the day of its arrival. The day ends in the centre's own time zone; at midnight everything
    starts at zero, but for those who are still on the line: they are yesterday's, and are only forgotten here.
    """

    def __init__(self, targets: Mapping[QueueName, timedelta], zone: ZoneInfo, now: datetime) -> None:
        self._targets = dict(targets)
        self._zone = zone
        self._start(now)

    def load(self, rows: Iterable[CallRow], now: datetime) -> None:
        """Count what the ledger has of today."""
        self._turn_day(now)
        for row in rows:
            entry = self._queue(QueueName(row.queue))
            entry.offered += 1
            call = CallId(row.call)
            self._open[call] = (QueueName(row.queue), row.arrived_at, row.answered_at)
            insort(entry.waiting, row.arrived_at)
            if row.answered_at is not None:
                self._settle(call, row.arrived_at, row.answered_at, None)
            if row.outcome is not None and row.ended_at is not None:
                self._finish(call, Outcome(row.outcome), max(row.ended_at, row.arrived_at))

    def observe(self, entry: JournalEntry) -> None:
        """Take one journal entry into account."""
        match entry:
            case facts.CallOffered(call=call, arrived_at=arrived_at, queue=queue):
                self._turn_day(arrived_at)
                tally = self._queue(queue)
                tally.offered += 1
                insort(tally.waiting, arrived_at)
                self._open[call] = (queue, arrived_at, None)
            case facts.CallConnected(at, call):
                queue_and_times = self._open.get(call)
                if queue_and_times is not None and queue_and_times[2] is None:
                    self._settle(call, queue_and_times[1], max(at, queue_and_times[1]), None)
            case facts.CallFinished(at, call, outcome):
                self._finish(call, outcome, at)
            case _:
                pass

    def figures(self, queue: QueueName, now: datetime) -> QueueFigures:
        """One queue's figures now; O(log n)."""
        self._turn_day(now)
        tally = self._queue(queue)
        late = bisect_left(tally.waiting, now - tally.target)
        level = tally.settled + ServiceLevel(waiting_within=len(tally.waiting) - late, waiting_late=late)
        return QueueFigures(
            offered=tally.offered,
            answered=level.answered,
            answered_within=level.answered_within,
            abandoned=tally.finished[Outcome.ABANDONED],
            waiting=len(tally.waiting),
            level=level,
            longest_wait=max(now - tally.waiting[0], timedelta(0)) if tally.waiting else timedelta(0),
            by_outcome=dict(tally.finished),
        )

    def total(self, now: datetime) -> ServiceLevel:
        """All queues together, each against its own target."""
        return sum((self.figures(queue, now).level for queue in self._targets), ServiceLevel())

    def imbalance(self) -> int:
        """Law 1: offered − outcomes − still on the line; 0, or there is a mistake."""
        offered = sum(tally.offered for tally in self._queues.values())
        finished = sum(tally.finished.total() for tally in self._queues.values())
        return offered - finished - len(self._open)

    @property
    def queues(self) -> tuple[QueueName, ...]:
        """The queues that are counted."""
        return tuple(self._targets)

    def _start(self, now: datetime) -> None:
        local = now.astimezone(self._zone)
        self._day = local.date()
        self._queues = {queue: _QueueTally(target) for queue, target in self._targets.items()}
        self._open: dict[CallId, tuple[QueueName, datetime, datetime | None]] = {}

    def _turn_day(self, now: datetime) -> None:
        if now.astimezone(self._zone).date() > self._day:
            self._start(now)

    def _queue(self, queue: QueueName) -> _QueueTally:
        return self._queues.setdefault(queue, _QueueTally(self._targets.get(queue, timedelta(seconds=30))))

    def _settle(
        self, call: CallId, arrived_at: datetime, answered_at: datetime | None, ended_at: datetime | None
    ) -> None:
        """He waits no more: count him for good."""
        queue = self._open[call][0]
        tally = self._queue(queue)
        tally.settled += count(CallTimes(arrived_at, answered_at, ended_at), tally.target, arrived_at)
        index = bisect_left(tally.waiting, arrived_at)
        if index < len(tally.waiting) and tally.waiting[index] == arrived_at:
            del tally.waiting[index]
        self._open[call] = (queue, arrived_at, answered_at)

    def _finish(self, call: CallId, outcome: Outcome, at: datetime) -> None:
        known = self._open.get(call)
        if known is None:
            return  # Yesterday's.
        queue, arrived_at, answered_at = known
        if answered_at is None:
            self._settle(call, arrived_at, None, max(at, arrived_at))
        del self._open[call]
        self._queue(queue).finished[outcome] += 1
