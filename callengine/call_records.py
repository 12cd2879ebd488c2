"""Every call of the last two days and the sums it is in: of the centre, its queue, its company, by window."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from callengine.recount import CountedCall
from queues.identifiers import CallId, QueueName
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


@dataclass(slots=True)
class CallRecord:
    """One call, what it has added so far, and to which sums."""

    counted: CountedCall
    promise: Promise
    scopes: tuple[ScopeName, ...]
    of_today: bool
    added: Mapping[Measure, int]
    sums: list[Sums]

    @property
    def facts(self) -> CallFacts:
        """What figures need of it."""
        return self.counted.facts


class CallRecords:
    """The calls and their sums. `advance` moves day and windows on; time never goes back."""

    def __init__(self, promises: Mapping[QueueName, Promise], zone: ZoneInfo, now: datetime) -> None:
        self._promises = dict(promises)
        self._zone = zone
        self.now = now
        self.day = now.astimezone(zone).date()
        self.scopes: dict[ScopeName, Scope] = {CENTRE: Scope(_common(promises))}
        for queue, promise in promises.items():
            self.scopes["queue", queue] = Scope(promise)
        self._records: dict[CallId, CallRecord] = {}
        self._by_quarter: dict[datetime, list[CallId]] = {}
        self._waiting: dict[CallId, CallRecord] = {}
        self._open: dict[CallId, CallRecord] = {}
        self._windows: tuple[tuple[timedelta, str, list[tuple[datetime, int, CallRecord]]], ...] = (
            (HOUR, "hour", []),
            (QUARTER, "quarter", []),
        )
        self._serial = 0

    def __contains__(self, call: CallId) -> bool:
        return call in self._records

    @property
    def waiting(self) -> Mapping[CallId, CallRecord]:
        """Everybody who waits for a human now."""
        return self._waiting

    @property
    def open_today(self) -> int:
        """Today's calls that are still on the line."""
        return sum(record.of_today for record in self._open.values())

    @property
    def midnight(self) -> datetime:
        """When the present day began."""
        return datetime.combine(self.day, datetime.min.time(), self._zone).astimezone(UTC)

    def scope(self, name: ScopeName) -> Scope:
        """A scope's sums; one that nobody configured appears when it is asked for."""
        if name not in self.scopes:
            self.scopes[name] = Scope(Promise() if name[0] == "queue" else self.scopes[CENTRE].promise)
        return self.scopes[name]

    def counted(self, call: CallId) -> CountedCall | None:
        """What is known of a call; None of one that nobody knows, or that is long over."""
        record = self._records.get(call)
        return None if record is None else record.counted

    def facts(self, call: CallId) -> CallFacts | None:
        """The same without whose it is."""
        record = self._records.get(call)
        return None if record is None else record.facts

    def arrived_in(self, quarter: datetime) -> Iterator[CountedCall]:
        """The calls that arrived in this quarter of an hour."""
        for call in self._by_quarter.get(quarter, ()):
            yield self._records[call].counted

    def add(self, counted: CountedCall) -> None:
        """Another call."""
        facts = counted.facts
        self.advance(facts.arrived_at)
        if counted.call in self._records:
            return
        promise = self._promises.get(counted.queue, Promise())
        names: tuple[ScopeName, ...] = (CENTRE, ("queue", counted.queue), ("company", counted.company))
        of_today = facts.arrived_at.astimezone(self._zone).date() == self.day
        quarter = quarter_of(facts.arrived_at)
        record = CallRecord(counted, promise, names, of_today, {}, [])
        for name in names:
            scope = self.scope(name)
            record.sums += [scope.hour, scope.quarter, scope.quarters.setdefault(quarter, {})]
            if of_today:
                record.sums.append(scope.today)
        self._records[counted.call] = record
        self._by_quarter.setdefault(quarter, []).append(counted.call)
        self._serial += 1
        for _, _, heap in self._windows:
            heapq.heappush(heap, (facts.arrived_at, self._serial, record))
        self._update(counted.call, record)

    def change(self, call: CallId, **changes: Any) -> None:
        """Something more is known of a call; of one that nobody knows, nothing is."""
        record = self._records.get(call)
        if record is not None:
            record.counted = replace(record.counted, facts=replace(record.facts, **changes))
            self._update(call, record)

    def advance(self, now: datetime) -> None:
        """Let calls leave the windows, and let the day turn."""
        if now <= self.now:
            return
        self.now = now
        for length, name, heap in self._windows:
            while heap and heap[0][0] < now - length:
                self._leave(heapq.heappop(heap)[2], name)
        day = now.astimezone(self._zone).date()
        if day > self.day:
            self.day = day
            for scope in self.scopes.values():
                scope.today = {}
            for record in self._open.values():
                record.of_today = False
        self._forget(quarter_of(now) - _KEPT_QUARTERS * QUARTER)

    def _leave(self, record: CallRecord, window: str) -> None:
        for name in record.scopes:
            sums: Sums = getattr(self.scopes[name], window)
            _add(sums, record.added, -1)
            record.sums = [one for one in record.sums if one is not sums]

    def _update(self, call: CallId, record: CallRecord) -> None:
        added = contributions(record.facts, record.promise)
        for sums in record.sums:
            _add(sums, record.added, -1)
            _add(sums, added, 1)
        record.added = added
        for pool, belongs in (
            (self._waiting, record.facts.waits),
            (self._open, record.facts.outcome is None),
        ):
            if belongs:
                pool[call] = record
            else:
                pool.pop(call, None)
        if call not in self._open and quarter_of(record.facts.arrived_at) not in self._by_quarter:
            del self._records[call]

    def _forget(self, before: datetime) -> None:
        while self._by_quarter and (oldest := next(iter(self._by_quarter))) < before:
            for call in self._by_quarter.pop(oldest):
                if call not in self._open:
                    del self._records[call]
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
