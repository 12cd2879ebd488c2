"""A report made from the ledger alone, also while no engine runs."""

from __future__ import annotations

import asyncio
import os
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from callengine.platform.ledger_access import ledger_of
from callengine.reports import period_csv, period_html
from callengine.reports.collect import collect
from callengine.reports.evidence import Evidence, as_csv, as_html
from callengine.reports.model import PeriodReport
from callengine.reports.period import Period
from callengine.reports.subject import KnownSubject, Subject, known
from config.settings import Settings
from storage.queries.evidence import evidence, note_access


def evidence_report(
    settings: Settings,
    *,
    company: str | None,
    first: date,
    last: date,
    form: str,
    whole_numbers: bool,
    who: str,
    now: datetime,
) -> str:
    """The report's text, as `csv` or `html`. Raises LedgerError; ValueError for a period or company that is none."""
    known(Subject(company=company), settings)
    period = Period(first, last, ZoneInfo(settings.centre.time_zone))
    told = asyncio.run(_evidence(settings, company, period, whole_numbers=whole_numbers, who=who, now=now))
    return as_csv(told) if form == "csv" else as_html(told, settings.centre.language)


def period_report(
    settings: Settings, subject: Subject, period: Period, *, form: str, language: str, now: datetime
) -> str:
    """A period's report, as `csv` or `html`. Raises LedgerError; ValueError for a subject or period that is none."""
    found = known(subject, settings)
    return told_as(asyncio.run(collected(settings, found, period, now)), form, language)


async def collected(settings: Settings, subject: KnownSubject, period: Period, now: datetime) -> PeriodReport:
    """What such a report tells. Raises LedgerError, SQLAlchemyError, ValueError."""
    async with ledger_of(settings, read_only=True) as engine:
        return await collect(engine, subject, period, now)


def told_as(report: PeriodReport, form: str, language: str) -> str:
    """As `csv` or `html`."""
    return period_csv.as_csv(report) if form == "csv" else period_html.as_html(report, language)


def write_private(target: Path, text: str) -> None:
    """Write a report for its owner's eyes. Raises OSError, also when the file is there already."""
    with os.fdopen(
        os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write(text)


async def _evidence(
    settings: Settings, company: str | None, period: Period, *, whole_numbers: bool, who: str, now: datetime
) -> Evidence:
    async with ledger_of(settings, read_only=not whole_numbers) as engine:
        if whole_numbers:
            await note_access(engine, now, who, f"evidence of {company or 'all'} {period}, whole numbers")
        calls = await evidence(engine, settings.pbx.name, period.start, period.end, company)
    return Evidence(company or "", period, now, calls, whole_numbers)
