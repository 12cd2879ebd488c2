"""A period's report as one printable page: no script, no network, pictures inside."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

from jinja2 import Environment, PackageLoader, StrictUndefined

from callengine.platform.language import texts_of
from callengine.reports.charts.calls import Words, days_chart, duration_words, speed_chart, week_chart
from callengine.reports.charts.care import contact_chart, lost_chart
from callengine.reports.charts.staff import share_bar, staff_chart
from callengine.reports.model import AgentFigures, PeriodReport
from callengine.reports.numbers import Numbers
from callengine.reports.period import month_of
from sla.agent_time import AgentTime
from sla.call_facts import Promise
from sla.promises import ClockStart
from sla.service_level import FORMULAS

_SECOND = timedelta(seconds=1)


def as_html(report: PeriodReport, language: str) -> str:
    """The page."""
    words = texts_of("period")[language]
    numbers = Numbers(language, report.period.zone)
    environment = Environment(
        loader=PackageLoader("callengine.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    heading = words["agent_report" if report.is_of_agent else "report"]
    period_line = _period(report, numbers)
    subject_line = _subject(report, words)
    callbacks = report.callbacks
    return environment.get_template("period.html").render(
        report=report,
        rated=report.total.service_level(),
        text=words,
        numbers=numbers,
        language=language,
        heading=heading,
        title=f"{heading}: {subject_line}, {period_line}",
        subject_line=subject_line,
        period_line=period_line,
        level_line=_level(report, words),
        occupancy=sum((one.time for one in report.agents), AgentTime()).occupancy,
        callbacks_share=Fraction(callbacks.in_time, callbacks.owed) if callbacks.owed else None,
        staffing_formula=_staffing(report, words, numbers),
        charts=_charts(report, words, numbers),
        share_bar=share_bar,
        agents_note=_agents_note(report, words),
        pauses_of=lambda agent: pauses_of(report, agent, language),
        formulas=FORMULAS,
        clocks=ClockStart,
    )


def _charts(report: PeriodReport, words: Words, numbers: Numbers) -> dict[str, object]:
    if report.is_of_agent:
        return {"week": week_chart(report, words, numbers)} if report.agents else {}
    if not report.offered:
        return {}
    return {
        "speed": speed_chart(report, words, numbers),
        "days": days_chart(report, words, numbers),
        "week": week_chart(report, words, numbers),
        "lost": lost_chart(report, words, numbers),
        "contacts": contact_chart(report, words, numbers),
        **({"staff": staff_chart(report, words, numbers)} if report.busiest else {}),
    }


def _subject(report: PeriodReport, words: Words) -> str:
    one = report.subject.subject
    if one.agent is not None:
        return f"{words['agent']} {report.subject.agents[one.agent]} ({one.agent})"
    told = []
    if one.company is not None:
        told.append(f"{words['company']} «{report.subject.company_name}»")
    if one.queue is not None:
        told.append(f"{words['queue']} {one.queue}")
    return ", ".join(told) or words["whole_centre"]


def _agents_note(report: PeriodReport, words: Words) -> str:
    """Whose work the table of agents shows, and that it is all of it."""
    others = report.subject.other_queues
    if not others:
        return words["agents_note"]
    return words["agents_note_queues"].format(
        queues=", ".join(report.subject.queues), others=", ".join(others)
    )


def pauses_of(report: PeriodReport, agent: AgentFigures, language: str) -> list[tuple[str, timedelta]]:
    """An agent's pauses by name, the longest first; reasons of one name together."""
    names, found = report.subject.pauses, dict[str, timedelta]()
    for reason, time in agent.pauses.items():
        name = names.name(reason, "ru" if language == "ru" else "en")
        found[name] = found.get(name, timedelta(0)) + time
    return sorted(found.items(), key=lambda one: (-one[1], one[0]))


def _period(report: PeriodReport, numbers: Numbers) -> str:
    period = report.period
    if period == month_of(period.first, period.zone):
        return numbers.month(period.first)
    if period.first == period.last:
        return f"{numbers.weekday(period.first.weekday())} {numbers.day(period.first)}"
    return f"{numbers.day(period.first)} – {numbers.day(period.last)}"


def _level(report: PeriodReport, words: Words) -> str:
    if report.promise is None:
        return words["level_mixed"]
    target = duration_words(round(report.promise.target / _SECOND), words)
    return words["level"].format(target=target)


def _staffing(report: PeriodReport, words: Words, numbers: Numbers) -> str:
    promises = [report.subject.promises.get(queue, Promise()) for queue in report.subject.queues]
    strictest = min(promises, key=lambda one: (one.target, -one.goal), default=Promise())
    return words["busiest_formula"].format(
        goal=numbers.percent(strictest.goal, 0),
        target=duration_words(round(strictest.target / _SECOND), words),
        aht=numbers.minutes(report.total.handle_time),
    )
