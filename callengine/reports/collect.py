"""A period's report out of the ledger: sums of quarters of an hour, turned into the figures of `sla`."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import groupby

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from callengine.reports.model import (
    SPEED_STEPS,
    Callbacks,
    HourOfWeek,
    IntervalFigures,
    PeriodReport,
    QueueFigures,
    SpeedStep,
    Unanswered,
)
from callengine.reports.period import Period
from callengine.reports.sightings import gaps_between
from callengine.reports.staffing import agents_of, busiest_quarters, days_of_agent
from callengine.reports.subject import KnownSubject
from queues.messages.journal import Outcome
from sla.call_facts import IN_DOUBT, CallFacts, Measure, Promise, contributions, waiting
from sla.compliance import Verdict
from sla.figures import Figures
from sla.legal_figure import LegalFigure
from sla.promises import ClockStart
from sla.quarters import quarter_of
from sla.unknown import Gap, unknown_within
from sla.waits import WAIT_EDGES
from storage.queries import intervals as ledger
from storage.schema.interval_columns import JUDGED, is_edge, measures_of, wait_columns

Sums = Counter[Measure]
_HOUR = timedelta(hours=1)


class Collector:
    """Reads one report."""

    def __init__(
        self,
        connection: AsyncConnection,
        subject: KnownSubject,
        period: Period,
        now: datetime,
        gaps: list[Gap],
    ) -> None:
        self._connection = connection
        self._subject = subject
        self._period = period
        self._now = now
        self._gaps = gaps
        self._start, self._end = period.start, min(period.end, now)
        self._raw: Counter[str] = Counter()
        self._by_queue: dict[str, Sums] = {}

    async def report(self) -> PeriodReport:
        """Everything."""
        intervals = [] if self._subject.subject.agent else await self._intervals()
        total: Sums = Counter()
        for sums in self._by_queue.values():
            total.update(sums)
        figures = self._figures(total, self._start, self._end)
        connection, node = self._connection, self._subject.scope.node
        agents = await agents_of(connection, self._subject, self._start, self._end, self._now, self._gaps)
        if self._subject.subject.agent:
            quarters = await ledger.conversations_by_quarter(
                connection, node, self._start, self._end, list(self._subject.agents)
            )
        else:
            quarters = await ledger.offered_by_quarter(
                connection, self._subject.scope, self._start, self._end
            )
        return PeriodReport(
            subject=self._subject,
            period=self._period,
            made_at=self._now,
            total=figures,
            promise=_common(self._promise(queue) for queue in self._by_queue or self._subject.queues),
            queues=[
                QueueFigures(queue, self._promise(queue), self._figures(sums, self._start, self._end))
                for queue, sums in sorted(self._by_queue.items())
            ],
            intervals=intervals,
            speed=list(self._speed()),
            week=self._week(quarters),
            unanswered=list(self._unanswered()),
            law=self._law(),
            callbacks=await self._callbacks(),
            agents=agents,
            agent_days=await days_of_agent(connection, self._subject, self._period, self._now, self._gaps),
            busiest=[]
            if self._subject.subject.agent
            else await busiest_quarters(connection, self._subject, quarters, figures, self._queue_figures),
        )

    async def _intervals(self) -> list[IntervalFigures]:
        found = [interval async for interval in self._sums()]
        extra = [*await self._doubted(), *await self._waiting()]
        told = []
        for start, end, by_queue in found:
            sums: Sums = Counter()
            for queue, of_queue in by_queue.items():
                sums.update(of_queue)
                self._by_queue.setdefault(queue, Counter()).update(of_queue)
            for queue, arrived_at, added in extra:
                if start <= arrived_at < end:
                    sums.update(added)
                    self._by_queue.setdefault(queue, Counter()).update(added)
            told.append(IntervalFigures(start, end, self._figures(sums, start, min(end, self._now))))
        return told

    def _cuts(self) -> Iterator[tuple[datetime, datetime]]:
        """Days of the centre's own time; of one day its hours."""
        if self._period.first == self._period.last:
            start = self._start
            while start < self._period.end:
                yield start, start + _HOUR
                start += _HOUR
            return
        for start, end in self._period.days():
            if start < self._now:
                yield start, end

    async def _sums(self) -> AsyncIterator[tuple[datetime, datetime, dict[str, Sums]]]:
        """Each interval's sums by queue; intervals of the same length, which most days are, are read at once."""
        for length, run in groupby(self._cuts(), key=lambda cut: cut[1] - cut[0]):
            cuts = list(run)
            by_step = await ledger.sums_by_step(
                self._connection, self._subject.scope, cuts[0][0], cuts[-1][1], length
            )
            for number, (start, end) in enumerate(cuts):
                found: dict[str, Sums] = {}
                for queue, sums in by_step.get(number, {}).items():
                    self._raw.update(sums)
                    found[queue] = await self._measures(queue, sums, start, end)
                yield start, end, found

    async def _queue_figures(self, start: datetime, end: datetime) -> Figures:
        """All queues together."""
        by_step = await ledger.sums_by_step(self._connection, self._subject.scope, start, end, end - start)
        total: Sums = Counter()
        for queue, sums in by_step.get(0, {}).items():
            total.update(await self._measures(queue, sums, start, end))
        return self._figures(total, start, end)

    async def _measures(self, queue: str, sums: Mapping[str, int], start: datetime, end: datetime) -> Sums:
        promise = self._promise(queue)
        if is_edge(promise.target):
            return Counter(measures_of(sums, promise))
        found: Sums = Counter({("time", "wrap-up"): sums["wrap_up_us"]})
        scope = replace(self._subject.scope, queue=queue)
        for facts in await ledger.calls_of_queue(self._connection, scope, start, end):
            found.update(contributions(facts, promise))
        return found

    async def _doubted(self) -> list[tuple[str, datetime, Mapping[Measure, int]]]:
        """Calls that were found over when a gap ended: what they add to the bounds."""
        found: list[tuple[str, datetime, Mapping[Measure, int]]] = []
        for gap in self._gaps:
            if gap.end >= self._end:
                continue  # It is still open: nothing was found yet.
            for queue, facts in await ledger.calls_decided_at(self._connection, self._subject.scope, gap):
                sums = contributions(replace(facts, doubted_since=gap.start), self._promise(queue))
                doubt = {measure: n for measure, n in sums.items() if measure[0].endswith(IN_DOUBT)}
                found.append((queue, facts.arrived_at, doubt))
        return found

    async def _waiting(self) -> list[tuple[str, datetime, Mapping[Measure, int]]]:
        found = await ledger.waiting_calls(self._connection, self._subject.scope, self._start, self._end)
        return [(queue, call.arrived_at, self._waits(queue, call)) for queue, call in found]

    def _waits(self, queue: str, call: CallFacts) -> Mapping[Measure, int]:
        return waiting(call, self._promise(queue), self._now, None)

    def _figures(self, sums: Sums, start: datetime, end: datetime) -> Figures:
        return Figures(dict(sums), unknown_within(self._gaps, start, end) if end > start else timedelta(0))

    def _promise(self, queue: str) -> Promise:
        return self._subject.promises.get(queue, Promise())

    def _speed(self) -> Iterator[SpeedStep]:
        for seconds in SPEED_STEPS:
            edges = WAIT_EDGES.index(seconds) + 1
            from_arrival, from_queue = (
                sum(self._raw[column] for column in wait_columns("answered", clock)[:edges])
                for clock in (ClockStart.ARRIVAL, ClockStart.QUEUE)
            )
            yield SpeedStep(seconds, from_arrival, from_queue)

    def _week(self, quarters: Mapping[datetime, int]) -> dict[tuple[int, int], HourOfWeek]:
        zone = self._period.zone
        calls: Counter[tuple[int, int]] = Counter()
        for quarter, number in quarters.items():
            local = quarter.astimezone(zone)
            calls[local.weekday(), local.hour] += number
        hours: Counter[tuple[int, int]] = Counter()
        quarter = quarter_of(self._start)
        while quarter < self._end:
            local = quarter.astimezone(zone)
            hours[local.weekday(), local.hour] += 1
            quarter += timedelta(minutes=15)
        return {key: HourOfWeek(calls[key], Fraction(number, 4)) for key, number in hours.items()}

    def _unanswered(self) -> Iterator[Unanswered]:
        others = [outcome for outcome in Outcome if outcome not in {Outcome.ANSWERED, Outcome.ABANDONED}]
        for ending, calls in (
            ("abandoned", self._raw["outcome_abandoned"]),
            ("other", sum(self._raw[f"outcome_{outcome.value}"] for outcome in others)),
        ):
            yield Unanswered(
                ending,
                calls,
                {verdict.value: self._raw[f"judged_{ending}_{verdict.value}"] for verdict in JUDGED},
            )

    def _law(self) -> LegalFigure:
        """Not judged calls are told as pending: their time is not over, or their line has no rules."""
        judged = {
            verdict: sum(
                self._raw[f"judged_{ending}_{verdict.value}"] for ending in ("answered", "abandoned", "other")
            )
            for verdict in JUDGED
        }
        return LegalFigure(
            answered_in_time=judged[Verdict.ANSWERED_IN_TIME],
            contacted_in_time=judged[Verdict.CONTACTED_IN_TIME],
            message_reviewed_in_time=judged[Verdict.MESSAGE_REVIEWED_IN_TIME],
            broken=judged[Verdict.BROKEN],
            not_owed=judged[Verdict.NOT_OWED],
            pending=self._raw["offered"] - sum(judged.values()),
        )

    async def _callbacks(self) -> Callbacks:
        scope, start, end = self._subject.scope, self._start, self._end
        if self._subject.subject.agent:
            return Callbacks([], {})
        return Callbacks(*await ledger.owed(self._connection, scope, start, end, self._now))


async def collect(engine: AsyncEngine, subject: KnownSubject, period: Period, now: datetime) -> PeriodReport:
    """Read a report. Raises ValueError for a period that has not begun, SQLAlchemyError."""
    if period.start >= now:
        raise ValueError(f"{period} has not begun yet")
    gaps = await gaps_between(engine, subject.scope.node, period.start, min(period.end, now))
    async with engine.connect() as connection:
        return await Collector(connection, subject, period, now, gaps).report()


def _common(promises: Iterable[Promise]) -> Promise | None:
    different = set(promises)
    return different.pop() if len(different) == 1 else None
