"""Today's and the last hour's figures, kept up to date by the journal and rebuilt at start from the ledger (law 7).

Each entry costs O(1), or O(log n) for a window; reading costs what is shown and who waits, never the history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from callengine.realtime.agent_times import AgentClock, Rest
from callengine.realtime.blind_intervals import GapLog
from callengine.realtime.figures import CentreFigures, QuarterHour, ScopeFigures
from callengine.realtime.figures_json import quarter_json
from callengine.realtime.recheck import Shown
from callengine.realtime.repeat_callers import RepeatCalls
from callengine.realtime.seed import CountedCall, Recount
from callengine.realtime.windows import CENTRE, HOUR, CallRecords, Scope, ScopeName, Sums, scopes_of
from queues.messages import journal as facts
from queues.messages.journal import JournalEntry, Outcome, ServedBy
from queues.terms.identifiers import AgentId, AttemptId, CallId, CompanyId, ObligationId, QueueName
from sla.call_facts import OWN, CallFacts, Promise, waiting
from sla.figures import Figures
from sla.quarters import QUARTER, quarter_of
from sla.service_level import ServiceLevel
from sla.unknown import doubted_since, expected_calls

_ZERO = timedelta(0)
COUNTED_FOR = timedelta(hours=29)
"""Calls that a start takes up: yesterday must be whole for the nightly reconcile, and an hour more for repeats."""
_STRIP = 96
"""Quarters of an hour in a day."""


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


@dataclass(slots=True)
class _Waits:
    """Who waits in one scope now, and what that adds to its windows."""

    number: int = 0
    late: int = 0
    since: datetime | None = None
    today: Sums = field(default_factory=dict)
    hour: Sums = field(default_factory=dict)
    quarter: Sums = field(default_factory=dict)


class RealtimeStatistics:
    """Counts of the calls by their arrival, per queue, per company and together.

    The day ends in the centre's own time zone; at midnight everything starts at zero, and who is on the line then
    is yesterday's: he is shown as waiting, and counts in the last hour only.
    """

    def __init__(
        self,
        promises: Mapping[QueueName, Promise],
        zone: ZoneInfo,
        now: datetime,
        *,
        not_recovered: Iterable[QueueName] = (),
    ) -> None:
        """`not_recovered`: queues whose calls leave no trace for us while we do not look (Asterisk's own)."""
        self._promises = dict(promises)
        self._not_recovered = frozenset(not_recovered)
        self._records = CallRecords(promises, zone, now)
        self._agents = AgentClock(self._records.midnight)
        self._repeats = RepeatCalls()
        self._gaps = GapLog()
        self._first_start = self._records.midnight
        self._loaded_since = self._records.midnight
        self._decided_blindly: list[CallId] = []
        self._owed: dict[ObligationId, list[CallId]] = {}
        self._dialling: dict[AttemptId, AgentId] = {}
        self.on_rest: Callable[[QueueName, timedelta], None] = lambda queue, time: None
        """Told of each rest that followed a call of the queue."""
        self.on_repeat: Callable[[QueueName], None] = lambda queue: None
        self.on_unknown: Callable[[timedelta], None] = lambda time: None
        """Told of each gap when it is over."""

    def add_queues(
        self, promises: Mapping[QueueName, Promise], *, not_recovered: Iterable[QueueName] = ()
    ) -> None:
        """The settings name further queues. What a counted queue promises changes with the next start only."""
        self._not_recovered = frozenset(not_recovered)
        for queue, promise in promises.items():
            if self._promises.setdefault(queue, promise) is promise:
                self._records.add_queue(queue, promise)

    def load(self, past: Recount, now: datetime) -> None:
        """Take up what the ledger knows. Nothing is seen from here until the link is up."""
        self._records.advance(now)
        for counted in past.calls:
            self._records.add(counted)
        self._agents, self._repeats, self._gaps = past.agents, past.repeats, past.gaps
        self._owed, self._dialling = past.owed, past.dialling
        self._first_start = past.first_start or now
        self._loaded_since = past.start
        self._gaps.lost(now)

    def observe(self, entry: JournalEntry) -> None:
        """Take one journal entry into account."""
        match entry:
            case facts.CallOffered():
                self._offered(entry)
            case facts.CallQueued(at, call) | facts.CallMovedToFallback(at, call):
                self._entered_line(call, at)
            case facts.CallConnected(at, call, agent, _, served_by):
                self._decided(call, answered_at=at, by_fallback=served_by is ServedBy.FALLBACK)
                self._agents.spoke(agent, call)
            case facts.CallPassedOn(_, call, agent):
                known = self._records.facts(call)
                if known is not None:
                    self._records.change(call, transfers=known.transfers + 1)
                self._agents.spoke(agent, call)
            case facts.CallFinished(at, call, outcome, served_by):
                by_fallback = served_by is ServedBy.FALLBACK
                self._decided(call, ended_at=at, outcome=outcome.value, by_fallback=by_fallback)
            case facts.AgentStateChanged(at, agent, state):
                self._advance(at)
                self._rested(self._agents.changed(agent, state, at))
            case facts.LinkLost(at):
                self._advance(at)
                self._gaps.lost(at)
                for rest in self._agents.link_lost(at):
                    self._rested(rest)
            case facts.LinkRestored(at):
                self._restored(at)
            case _:
                self._observe_callback(entry)

    def take(self, now: datetime) -> CentreFigures:
        """Everything at this moment: on the loop. What is divided is divided when it is read."""
        self._advance(now)
        waits = self._waits(self._records.now)
        scopes = {
            name: self._scope_figures(name, scope, waits.get(name) or _Waits())
            for name, scope in self._records.scopes.items()
        }
        return CentreFigures(
            at=self._records.now,
            since=max(self._records.midnight, self._first_start),
            total=scopes[CENTRE],
            queues={QueueName(name): one for (kind, name), one in scopes.items() if kind == "queue"},
            companies={CompanyId(name): one for (kind, name), one in scopes.items() if kind == "company"},
            agents=self._agents.take(self._records.now),
            unknown_since=self._gaps.blind_since,
        )

    def quarters(
        self, now: datetime, *, queue: QueueName | None = None, company: CompanyId | None = None
    ) -> tuple[QuarterHour, ...]:
        """The 96 quarters of an hour that end with the present one, across midnight: of one scope."""
        self._advance(now)
        name: ScopeName = CENTRE
        if queue is not None:
            name = ("queue", queue)
        elif company is not None:
            name = ("company", company)
        scope = self._records.scope(name)
        sums: dict[datetime, Sums] = {}
        for counted in self._records.waiting.values():
            if name in scopes_of(counted):
                quarter = sums.setdefault(quarter_of(counted.facts.arrived_at), {})
                _merge(quarter, self._waiting_adds(counted, now))
        last = quarter_of(now)
        starts = [last - QUARTER * (_STRIP - 1 - index) for index in range(_STRIP)]
        return tuple(
            QuarterHour(
                start,
                Figures(
                    _merge(dict(scope.quarters.get(start, {})), sums.get(start, {})),
                    self._gaps.unknown(start, min(start + QUARTER, now)),
                ),
            )
            for start in starts
        )

    def shown(self, now: datetime) -> Shown:
        """The figures of this moment together with their calls: for who makes the sums again."""
        figures = self.take(now)
        since = min(self._records.midnight, figures.at - HOUR)
        return Shown(figures, self._records.midnight, self._records.arrived_since(since), self._promises)

    def quarter(self, start: datetime) -> dict[str, Any]:
        """What is counted of the calls that arrived in a quarter of an hour, of the last two days, as JSON."""
        scopes = self._records.scopes.items()
        sums = {name: dict(scope.quarters[start]) for name, scope in scopes if start in scope.quarters}
        calls = self._records.arrived_in(start)
        return quarter_json(start, self.known_since, calls, sums, self._promises)

    def counted(self, call: CallId) -> CountedCall | None:
        """What is counted of one call; None of one that nobody knows, or that is long over."""
        return self._records.counted(call)

    @property
    def known_since(self) -> datetime:
        """Calls that arrived earlier are not counted here, or no more."""
        return max(self._loaded_since, self._records.kept_since)

    def promise_of(self, queue: QueueName) -> Promise:
        """What the queue promises; the usual one for a queue that the settings name no more."""
        return self._records.promise(queue)

    def figures(self, queue: QueueName, now: datetime) -> QueueFigures:
        """One queue's figures of today."""
        return _of_today(self.take(now).queues[queue])

    def total(self, now: datetime) -> ServiceLevel:
        """All queues together, each by its own promise."""
        return self.take(now).total.today.level

    def imbalance(self) -> int:
        """Law 1: offered − outcomes − still on the line; 0, or there is a mistake."""
        sums = self._records.scopes[CENTRE].today
        finished = sum(sums.get(("outcome", outcome.value), 0) for outcome in Outcome)
        return sums.get(("calls", "offered"), 0) - finished - self._records.open_today

    @property
    def midnight(self) -> datetime:
        """When the present day began."""
        return self._records.midnight

    @property
    def queues(self) -> tuple[QueueName, ...]:
        """The queues that are counted."""
        return tuple(self._promises)

    def _advance(self, now: datetime) -> None:
        self._records.advance(now)
        self._turn_agents_day()

    def _turn_agents_day(self) -> None:
        if self._agents.day_start < self._records.midnight:
            self._agents.turn_day(self._records.midnight)

    def _offered(self, entry: facts.CallOffered) -> None:
        repeats = list(self._repeats.arrived(entry.call, entry.company, entry.number, entry.arrived_at))
        self._records.add(
            CountedCall(entry.call, entry.queue, entry.company, CallFacts(arrived_at=entry.arrived_at))
        )
        self._turn_agents_day()
        for call in repeats:
            repeated = self._records.counted(call)
            if repeated is not None and not repeated.facts.is_repeat:
                self._records.change(call, is_repeat=True)
                self.on_repeat(repeated.queue)

    def _entered_line(self, call: CallId, at: datetime) -> None:
        known = self._records.facts(call)
        if known is not None and (known.queued_at is None or at < known.queued_at):
            self._records.change(call, queued_at=at)

    def _decided(self, call: CallId, **changes: object) -> None:
        if call not in self._records:
            return
        self._records.change(call, **changes)
        if self._gaps.blind_since is not None:
            self._decided_blindly.append(call)
        else:
            self._doubt(call)

    def _restored(self, at: datetime) -> None:
        """What is dated now was found now: nobody knows since when it holds. The PBX's own notes are earlier."""
        self._advance(at)
        gap = self._gaps.restored(at)
        self._agents.link_restored(at)
        if gap is not None:
            self.on_unknown(gap.end - gap.start)
        for call in self._decided_blindly:
            self._doubt(call)
        self._decided_blindly.clear()

    def _doubt(self, call: CallId) -> None:
        known = self._records.facts(call)
        since = None if known is None else doubted_since(known.decided_at, self._gaps.over)
        if known is not None and since != known.doubted_since:
            self._records.change(call, doubted_since=since)

    def _rested(self, rest: Rest | None) -> None:
        known = None if rest is None else self._records.counted(rest.call)
        if rest is not None and known is not None:
            self._records.change(rest.call, wrap_up=known.facts.wrap_up + rest.time)
            self.on_rest(known.queue, rest.time)

    def _observe_callback(self, entry: JournalEntry) -> None:
        match entry:
            case facts.ObligationOpened(obligation=obligation, call=call):
                self._owed.setdefault(obligation, []).append(call)
            case facts.ObligationJoined(_, obligation, call):
                self._owed.setdefault(obligation, []).append(call)
            case facts.ObligationClosed(obligation=obligation, contacted_at=contacted_at):
                for call in self._owed.pop(obligation, ()):
                    if contacted_at is not None and call in self._records:
                        self._records.change(call, contacted_at=contacted_at)
            case (
                facts.AttemptMade(attempt=attempt, agent=agent)
                | facts.OutgoingMade(attempt=attempt, agent=agent)
            ):
                self._dialling[attempt] = agent
            case facts.AttemptDialled(_, attempt) | facts.OutgoingDialled(_, attempt):
                self._agents.spoke(self._dialling.get(attempt), None)
            case facts.AttemptFinished(_, attempt) | facts.OutgoingFinished(_, attempt):
                self._dialling.pop(attempt, None)
            case _:
                pass

    def _waits(self, now: datetime) -> dict[ScopeName, _Waits]:
        """One pass over those who wait: O(them)."""
        found: dict[ScopeName, _Waits] = {}
        for counted in self._records.waiting.values():
            call, added = counted.facts, self._waiting_adds(counted, now)
            for name in scopes_of(counted):
                waits = found.setdefault(name, _Waits())
                waits.number += 1
                waits.late += (OWN, "waiting_late") in added
                waits.since = min(waits.since or call.arrived_at, call.arrived_at)
                if self._records.is_of_today(counted):
                    _merge(waits.today, added)
                if call.arrived_at >= now - HOUR:
                    _merge(waits.hour, added)
                if call.arrived_at >= now - QUARTER:
                    _merge(waits.quarter, added)
        return found

    def _waiting_adds(self, counted: CountedCall, now: datetime) -> Sums:
        promise = self._records.promise(counted.queue)
        return waiting(counted.facts, promise, now, self._gaps.blind_since)

    def _scope_figures(self, name: ScopeName, scope: Scope, waits: _Waits) -> ScopeFigures:
        now, start = self._records.now, max(self._records.midnight, self._first_start)
        not_recovered = bool(self._not_recovered) and (name[0] != "queue" or name[1] in self._not_recovered)

        def figures(sums: Sums, more: Sums, since: datetime) -> Figures:
            since = min(since, now)
            unknown = self._gaps.unknown(since, now)
            unseen = unknown if not_recovered else self._gaps.open_within(since, now)
            expected = expected_calls(sums.get(("calls", "offered"), 0), now - since - unknown, unseen)
            return Figures(_merge(dict(sums), more), unknown, expected)

        return ScopeFigures(
            promise=scope.promise,
            waiting=waits.number,
            waiting_late=waits.late,
            longest_wait=_ZERO if waits.since is None else max(now - waits.since, _ZERO),
            today=figures(scope.today, waits.today, start),
            hour=figures(scope.hour, waits.hour, now - HOUR),
            quarter=figures(scope.quarter, waits.quarter, now - QUARTER),
        )


def _merge(sums: Sums, more: Sums) -> Sums:
    for measure, amount in more.items():
        sums[measure] = sums.get(measure, 0) + amount
    return sums


def _of_today(scope: ScopeFigures) -> QueueFigures:
    today = scope.today
    return QueueFigures(
        offered=today.offered,
        answered=today.answered,
        answered_within=today.answered_within,
        abandoned=today.abandoned,
        waiting=scope.waiting,
        level=today.level,
        longest_wait=scope.longest_wait,
        by_outcome=today.outcomes,
    )
