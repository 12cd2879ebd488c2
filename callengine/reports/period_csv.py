"""A period's report for a spreadsheet: one figure a line, with its unit, its n and its formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from fractions import Fraction

from callengine.reports.evidence import harmless
from callengine.reports.model import AgentFigures, PeriodReport
from config.schema.pauses import PauseNames
from sla.figures import Figures
from sla.promises import ClockStart
from sla.service_level import FORMULAS

CSV_COLUMNS = ("table", "row", "figure", "value", "unit", "n", "formula")
Line = tuple[str, str, str, object, str, object, str]
_SECOND = timedelta(seconds=1)


def as_csv(report: PeriodReport) -> str:
    """Decimal points, seconds, shares from 0 to 1; an empty value is one that cannot be told."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    for line in _lines(report):
        writer.writerow(harmless(_cell(cell)) for cell in line)
    return out.getvalue()


def _lines(report: PeriodReport) -> Iterator[Line]:
    one = report.subject.subject
    for name, value in (
        ("first day", report.period.first.isoformat()),
        ("last day", report.period.last.isoformat()),
        ("time zone", str(report.period.zone)),
        ("made at", report.made_at.isoformat(timespec="seconds")),
        ("company", one.company or ""),
        ("queue", one.queue or ""),
        ("agent", one.agent or ""),
    ):
        yield ("report", "", name, value, "", "", "")
    names, others = report.subject.pauses, report.subject.other_queues
    if others:
        yield (
            "report",
            "",
            "the agents' other queues",
            ", ".join(others),
            "",
            "",
            "their time is of all their work",
        )
    if not report.is_of_agent:
        yield from _calls(report)
    for agent in report.agents:
        yield from _agent("agents", agent.agent, agent, names)
    for start, agent in report.agent_days:
        yield from _agent("agent by day", _local(report, start)[:10], agent, names)
    for (day, hour), cell in sorted(report.week.items()):
        figure = "conversations an hour" if report.is_of_agent else "calls an hour"
        formula = "all in this hour of this weekday ÷ such hours in the period"
        yield ("week", f"{day + 1} {hour:02}:00", figure, cell.mean, "1/h", cell.calls, formula)


def _calls(report: PeriodReport) -> Iterator[Line]:
    yield from _figures("total", "", report.total)
    offered = report.offered
    for step in report.speed:
        for name, number in (("arrival", step.from_arrival), ("queue entry", step.from_queue)):
            share = Fraction(number, offered) if offered else None
            formula = f"answered within it of {name} ÷ offered"
            yield ("speed", f"{step.seconds} s", f"answered, from {name}", share, "share", offered, formula)
    for queue in report.queues:
        promise = queue.promise
        yield ("queues", queue.queue, "target", promise.target, "s", "", f"from {promise.clock.value}")
        yield ("queues", queue.queue, "goal", promise.goal, "share", "", "")
        yield from _figures("queues", queue.queue, queue.figures)
    for interval in report.intervals:
        local = _local(report, interval.start)
        name = local[:16] if report.by_hours else local[:10]
        yield from _figures("hours" if report.by_hours else "days", name, interval.figures)
    for ending in report.unanswered:
        for verdict, number in {**ending.by_verdict, "not judged": ending.not_judged}.items():
            yield (
                "without a human",
                ending.ending,
                verdict,
                number,
                "calls",
                ending.calls,
                "by the law's verdict",
            )
    law = report.law
    settled = law.under_rules - law.pending
    formula = "kept ÷ (kept + broken + nothing owed)"
    yield ("law", "", "kept", law.ratio, "share", settled, formula)
    for name in ("answered_in_time", "contacted_in_time", "message_reviewed_in_time", "broken", "not_owed"):
        yield ("law", "", name, getattr(law, name), "calls", settled, "")
    yield from _callbacks(report)
    for quarter in report.busiest:
        row = _local(report, quarter.start)[:16]
        level = quarter.figures.service_level()
        yield ("busiest quarters", row, "calls", quarter.calls, "calls", "", "arrived within 15 minutes")
        yield (
            "busiest quarters",
            row,
            "calls of all companies",
            quarter.load,
            "calls",
            "",
            "of the same queues",
        )
        yield ("busiest quarters", row, "service level", level.value, "share", level.calls, "offered")
        yield ("busiest quarters", row, "agents logged in", round(quarter.logged_in, 3), "agents", "", "mean")
        yield ("busiest quarters", row, "agents at work", round(quarter.available, 3), "agents", "", "mean")
        yield ("busiest quarters", row, "agents needed", quarter.needed, "agents", "", "Erlang C")


def _callbacks(report: PeriodReport) -> Iterator[Line]:
    care = report.callbacks
    share = Fraction(care.in_time, care.owed) if care.owed else None
    yield ("callbacks", "", "in time", share, "share", care.owed, "in time ÷ all that were owed")
    for one in care.counts:
        row = one.closing or ("open, overdue" if one.overdue else "open")
        what = "in time" if one.in_time or one.closing == "message_reviewed" else "not in time"
        yield ("callbacks", row, what, one.number, "residents", care.owed, "")
    for seconds, number in care.within.items():
        spoken = Fraction(number, care.owed) if care.owed else None
        formula = "spoken with within it of the arrival ÷ all that were owed"
        yield ("callbacks", f"{seconds} s", "spoken with", spoken, "share", care.owed, formula)


def _figures(table: str, row: str, figures: Figures) -> Iterator[Line]:
    for name in ("offered", "answered", "answered_within", "unanswered", "abandoned", "short_abandons"):
        yield (table, row, name, getattr(figures, name), "calls", figures.offered, "")
    for formula in FORMULAS:
        for clock, named in ((None, "own clock"), *((clock, clock.value) for clock in ClockStart)):
            rated = figures.service_level(formula, clock)
            yield (table, row, f"service level, {named}", rated.value, "share", rated.calls, formula)
    rated = figures.service_level()
    low, high = rated.interval or (None, None)
    yield (table, row, "interval, low", low, "share", rated.calls, "Wilson 95%")
    yield (table, row, "interval, high", high, "share", rated.calls, "Wilson 95%")
    yield (table, row, "bound, low", rated.low, "share", rated.calls, "whatever happened unseen")
    yield (table, row, "bound, high", rated.high, "share", rated.calls, "whatever happened unseen")
    yield (table, row, "unknown", figures.unknown, "s", "", "nobody saw the PBX")
    for name, n in (
        ("speed_of_answer", figures.answered),
        ("time_to_abandon", figures.abandoned),
        ("handle_time", figures.handled),
        ("talk_time", figures.handled),
        ("wrap_up_time", figures.handled),
    ):
        yield (table, row, name, getattr(figures, name), "s", n, "mean")
    yield (table, row, "abandonment", figures.abandonment, "share", figures.offered, "hung up ÷ decided")


def _agent(table: str, row: str, agent: AgentFigures, names: PauseNames) -> Iterator[Line]:
    yield (table, row, "name", agent.name, "", "", "")
    yield (table, row, "logged in", agent.logged_in, "s", "", "")
    yield (table, row, "conversations", agent.conversations, "conversations", "", "begun, callbacks included")
    n = agent.conversations
    yield (table, row, "handle_time", agent.handle_time, "s", n, "(talking + wrap-up) ÷ conversations")
    yield (table, row, "talk_time", agent.talk_time, "s", n, "talking ÷ conversations")
    formula = "(talking + wrap-up) ÷ (talking + wrap-up + ringing + free)"
    yield (table, row, "occupancy", agent.time.occupancy, "share", n, formula)
    for state, time in sorted(agent.time.times.items()):
        yield (table, row, f"time {state}", time, "s", "", "")
    for reason, time in sorted(agent.pauses.items()):
        yield (
            table,
            row,
            f"pause {names.name(reason, 'en')}",
            time,
            "s",
            "",
            f"reason {reason or 'not told'}",
        )


def _local(report: PeriodReport, moment: datetime) -> str:
    return moment.astimezone(report.period.zone).isoformat(sep=" ", timespec="minutes")


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case timedelta():
            return f"{value / _SECOND:.3f}"
        case Fraction() | float():
            return f"{float(value):.6f}"
        case _:
            return str(value)
