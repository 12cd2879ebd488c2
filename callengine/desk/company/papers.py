"""Reports and evidence as a company may have them: those of `callengine report`, without shared agents' work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import PurePath
from typing import Literal
from zoneinfo import ZoneInfo

from callengine.desk.ledger.reader import LedgerReader
from callengine.desk.people.scope import Scope
from callengine.platform.language import Language
from callengine.reports.collect import collect
from callengine.reports.evidence import Evidence, as_csv, as_html
from callengine.reports.make import told_as
from callengine.reports.model import PeriodReport
from callengine.reports.period import Period, month_of
from callengine.reports.subject import KnownSubject, Subject, known
from config.settings import Settings
from storage.queries.evidence import EvidenceCall, evidence

Kind = Literal["month", "evidence"]
KINDS: tuple[Kind, ...] = ("month", "evidence")
FORMS = {"html": "text/html", "csv": "text/csv"}


@dataclass(frozen=True, slots=True)
class Paper:
    """What is asked for."""

    company: str
    kind: Kind
    month: Period
    form: str

    @property
    def file_name(self) -> str:
        """A name for it, in ASCII."""
        return f"{self.kind}-{self.company}-{self.month.first:%Y-%m}.{self.form}"


async def report_today(
    reader: LedgerReader, scope: Scope, settings: Settings, company: str, now: datetime
) -> PeriodReport:
    """The figures of today. Raises NotSeen, LedgerError, SQLAlchemyError."""
    scope.require(company)
    zone = ZoneInfo(settings.centre.time_zone)
    today = now.astimezone(zone).date()
    subject = known(Subject(company=company), settings)
    return without_agents(await collect(reader.engine, _alone(subject), Period(today, today, zone), now))


async def text_of(
    reader: LedgerReader,
    scope: Scope,
    settings: Settings,
    paper: Paper,
    language: Language,
    now: datetime,
) -> str:
    """The whole paper. Raises NotSeen, LedgerError, SQLAlchemyError; ValueError for a month that has not begun."""
    scope.require(paper.company)
    if paper.kind == "month":
        subject = _alone(known(Subject(company=paper.company), settings))
        report = await collect(reader.engine, subject, paper.month, now)
        return told_as(without_agents(report), paper.form, language)
    calls = await evidence(
        reader.engine, reader.node, paper.month.start, paper.month.end, company=paper.company
    )
    told = Evidence(paper.company, paper.month, now, own_evidence(calls), whole_numbers=False)
    return as_csv(told) if paper.form == "csv" else as_html(told, language)


def without_agents(report: PeriodReport) -> PeriodReport:
    """Neither the time of agents whom it shares with others nor how many of them were there."""
    return replace(report, agents=[], agent_days=[], busiest=[])


def own_evidence(calls: Sequence[EvidenceCall]) -> list[EvidenceCall]:
    """Of agents only who spoke with its resident; of recordings the file's name, not where it lies."""
    return [
        replace(
            call,
            recording=_name(call.recording),
            dials=[
                replace(
                    dial,
                    agent=dial.agent if dial.contacted_at is not None else "",
                    recording=_name(dial.recording),
                )
                for dial in call.dials
            ],
        )
        for call in calls
    ]


def read_paper(company: str, kind: str, month: str, form: str, zone: ZoneInfo) -> Paper:
    """Of a form. Raises ValueError with the field that is wrong."""
    for one in KINDS:
        if one == kind:
            break
    else:
        raise ValueError("kind")
    if form not in FORMS:
        raise ValueError("form")
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise ValueError("month") from None
    if not 2000 <= first.year <= 2999:
        raise ValueError("month")
    return Paper(company, one, month_of(first, zone), form)


def _alone(subject: KnownSubject) -> KnownSubject:
    """Without the agents whom it shares with others, and the queues that they serve for them."""
    return replace(subject, agents={}, other_queues=())


def _name(path: str | None) -> str | None:
    return PurePath(path).name if path else path
