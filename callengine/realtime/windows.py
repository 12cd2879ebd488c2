"""Every call of the last two days and the sums it is in: of the centre, its queue, its company, by window."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from callengine.realtime.seed import CountedCall
from queues.terms.identifiers import CallId, QueueName
from sla.call_facts import CallFacts, Measure, Promise, contributions
from sla.quarters import QUARTER, quarter_of

HOUR = timedelta(hours=1)
_KEPT_QUARTERS = 49 * 4

Sums = dict[Measure, int]
ScopeName = tuple[str, str]
"""("centre", ""), ("queue", its name), ("company", its id)."""
CENTRE: ScopeName = ("centre", "")


@dataclass(slots=True)
class Scope:
    """One scope's sums. They are changed in place: who shows them takes a copy."""

    promise: Promise | None
    today: Sums = field(default_factory=dict)
    hour: Sums = field(default_factory=dict)
    quarter: Sums = field(default_factory=dict)
    quarters: dict[datetime, Sums] = field(default_factory=dict)


def scopes_of(counted: CountedCall) -> tuple[ScopeName, ScopeName, ScopeName]:
    """The scopes that a call is counted in."""
    return (CENTRE, ("queue", counted.queue), ("company", counted.company))


class CallRecords:
    """The calls and their sums. `advance` moves day and windows on; time never goes back.

    Of a call only its facts are kept: what it has added follows from them, and from where day and windows stand.
    """

    def __init__(self, promises: Mapping[QueueName, Promise], zone: ZoneInfo, now: datetime) -> None:
        self._promises = dict(promises)
        self._zone = zone
        self.now = now
        self._start_day(now)
        self.scopes: dict[ScopeName, Scope] = {CENTRE: Scope(_common(promises))}
        for queue, promise in promises.items():
            self.scopes["queue", queue] = Scope(promise)
        self._calls: dict[CallId, CountedCall] = {}
        self._by_quarter: dict[datetime, list[CallId]] = {}
        self._waiting: dict[CallId, CountedCall] = {}
        self._open: dict[CallId, CountedCall] = {}
        self._hour: list[tuple[datetime, CallId]] = []
        self._quarter: list[tuple[datetime, CallId]] = []

    def __contains__(self, call: CallId) -> bool:
        return call in self._calls

    @property
    def kept_since(self) -> datetime:
        """Calls that arrived earlier are forgotten."""
        return quarter_of(self.now) - _KEPT_QUARTERS * QUARTER

    @property
    def waiting(self) -> Mapping[CallId, CountedCall]:
        """Everybody who waits for a human now."""
        return self._waiting

    @property
    def open_today(self) -> int:
        """Today's calls that are still on the line."""
        return sum(self.is_of_today(counted) for counted in self._open.values())

    def is_of_today(self, counted: CountedCall) -> bool:
        """Whether it arrived since midnight."""
        return counted.facts.arrived_at >= self.midnight

    def add_queue(self, queue: QueueName, promise: Promise) -> None:
        """Count this queue too."""
        self._promises[queue] = promise
        self.scopes["queue", queue] = Scope(promise)

    def promise(self, queue: QueueName) -> Promise:
        """What the queue's figures are held against; the usual one for a queue that the settings name no more."""
        return self._promises.get(queue, Promise())

    def scope(self, name: ScopeName) -> Scope:
        """A scope's sums; one that nobody configured appears when it is asked for."""
        if name not in self.scopes:
            is_queue = name[0] == "queue"
            self.scopes[name] = Scope(
                self.promise(QueueName(name[1])) if is_queue else self.scopes[CENTRE].promise
            )
        return self.scopes[name]

    def counted(self, call: CallId) -> CountedCall | None:
        """What is known of a call; None of one that nobody knows, or that is long over."""
        return self._calls.get(call)

    def facts(self, call: CallId) -> CallFacts | None:
        """The same without whose it is."""
        counted = self._calls.get(call)
        return None if counted is None else counted.facts

    def arrived_in(self, quarter: datetime) -> Iterator[CountedCall]:
        """The calls that arrived in this quarter of an hour."""
        for call in self._by_quarter.get(quarter, ()):
            yield self._calls[call]

    def arrived_since(self, moment: datetime) -> tuple[CountedCall, ...]:
        """The calls that arrived since then."""
        quarters = [quarter for quarter in self._by_quarter if quarter + QUARTER > moment]
        calls = (self._calls[call] for quarter in quarters for call in self._by_quarter[quarter])
        return tuple(counted for counted in calls if counted.facts.arrived_at >= moment)

    def add(self, counted: CountedCall) -> None:
        """Another call."""
        arrived_at = counted.facts.arrived_at
        self.advance(arrived_at)
        if counted.call in self._calls:
            return
        self._by_quarter.setdefault(quarter_of(arrived_at), []).append(counted.call)
        for length, heap in ((HOUR, self._hour), (QUARTER, self._quarter)):
            if arrived_at >= self.now - length:
                heapq.heappush(heap, (arrived_at, counted.call))
        self._keep(counted, contributions(counted.facts, self.promise(counted.queue)))

    def change(self, call: CallId, **changes: Any) -> None:
        """Something more is known of a call; of one that nobody knows, nothing is."""
        before = self._calls.get(call)
        if before is None:
            return
        promise = self.promise(before.queue)
        after = replace(before, facts=replace(before.facts, **changes))
        difference = contributions(after.facts, promise)
        _add(difference, contributions(before.facts, promise), -1)
        self._keep(after, difference)

    def advance(self, now: datetime) -> None:
        """Let calls leave the windows, and let the day turn."""
        if now <= self.now:
            return
        self.now = now
        for length, heap, window in ((HOUR, self._hour, "hour"), (QUARTER, self._quarter, "quarter")):
            while heap and heap[0][0] < now - length:
                self._leave(self._calls[heapq.heappop(heap)[1]], window)
        if now >= self._next_midnight:
            self._start_day(now)
            for scope in self.scopes.values():
                scope.today = {}
        self._forget(self.kept_since)

    def _start_day(self, now: datetime) -> None:
        day = now.astimezone(self._zone).date()
        self.midnight = self._start_of(day)
        """When the present day began."""
        self._next_midnight = self._start_of(day + timedelta(days=1))

    def _start_of(self, day: date) -> datetime:
        return datetime.combine(day, time(), self._zone).astimezone(UTC)

    def _leave(self, counted: CountedCall, window: str) -> None:
        added = contributions(counted.facts, self.promise(counted.queue))
        for name in scopes_of(counted):
            _add(getattr(self.scopes[name], window), added, -1)

    def _keep(self, counted: CountedCall, difference: Sums) -> None:
        """Store it, and add what is new to every sum that it is in now."""
        call, arrived_at = counted.call, counted.facts.arrived_at
        quarter = quarter_of(arrived_at)
        of_today, is_kept = self.is_of_today(counted), quarter in self._by_quarter
        in_hour, in_quarter = arrived_at >= self.now - HOUR, arrived_at >= self.now - QUARTER
        for name in scopes_of(counted):
            scope = self.scope(name)
            if of_today:
                _add(scope.today, difference, 1)
            if in_hour:
                _add(scope.hour, difference, 1)
            if in_quarter:
                _add(scope.quarter, difference, 1)
            if is_kept:
                _add(scope.quarters.setdefault(quarter, {}), difference, 1)
        self._calls[call] = counted
        for pool, belongs in (
            (self._waiting, counted.facts.waits),
            (self._open, counted.facts.outcome is None),
        ):
            if belongs:
                pool[call] = counted
            else:
                pool.pop(call, None)
        if not is_kept and call not in self._open:
            del self._calls[call]

    def _forget(self, before: datetime) -> None:
        while self._by_quarter and (oldest := next(iter(self._by_quarter))) < before:
            for call in self._by_quarter.pop(oldest):
                if call not in self._open:
                    del self._calls[call]
            for scope in self.scopes.values():
                scope.quarters.pop(oldest, None)


def _common(promises: Mapping[QueueName, Promise]) -> Promise | None:
    """The promise of all queues, if they have the same."""
    different = set(promises.values())
    return next(iter(different)) if len(different) == 1 else None


def _add(sums: Sums, added: Mapping[Measure, int], sign: int) -> None:
    for measure, amount in added.items():
        left = sums.get(measure, 0) + sign * amount
        if left:
            sums[measure] = left
        else:
            sums.pop(measure, None)
