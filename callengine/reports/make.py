"""`callengine report` and `retention`: on the ledger alone, also while no engine runs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from callengine.chores.retention import forget_what_is_due, terms
from callengine.platform.ledger_access import ledger_of
from callengine.reports import period_csv, period_html
from callengine.reports.collect import collect
from callengine.reports.evidence import Evidence, as_csv, as_html
from callengine.reports.model import PeriodReport
from callengine.reports.period import Period
from callengine.reports.subject import KnownSubject, Subject, known
from config.settings import Settings
from storage.purge import Deletion, Term, deletion_log, due_rows
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


def retention_run(settings: Settings, *, dry_run: bool, who: str, now: datetime) -> Iterator[str]:
    """Forget what is due, or only tell what would be. Raises LedgerError, SQLAlchemyError, OSError."""
    chosen = list(terms(settings, now))
    if not chosen:
        yield "nothing is ever forgotten: [retention] names no days, or there is a legal hold"
    elif dry_run:
        for term, rows in asyncio.run(_due(settings, chosen)):
            yield f"{term.kind.value} {term.company or 'of all'} before {term.before:%Y-%m-%d}: {rows} to forget"
    else:
        yield from map(_told, asyncio.run(_forget(settings, now, who)))


def retention_log(settings: Settings) -> Iterator[str]:
    """Everything that was ever forgotten. Raises LedgerError, SQLAlchemyError."""
    yield from map(_told, asyncio.run(_log(settings)))


def _told(done: Deletion) -> str:
    what = f"{done.kind} {done.company or 'of all'} before {done.before:%Y-%m-%d}"
    return f"{done.at:%Y-%m-%d %H:%M} {what}: {done.rows} forgotten by {done.by}"


async def _due(settings: Settings, chosen: Sequence[Term]) -> list[tuple[Term, int]]:
    async with ledger_of(settings, read_only=True) as engine:
        return [(term, await due_rows(engine, settings.pbx.name, term)) for term in chosen]


async def _forget(settings: Settings, now: datetime, who: str) -> Sequence[Deletion]:
    async with ledger_of(settings, read_only=False) as engine:
        return await forget_what_is_due(engine, settings, now, who)


async def _log(settings: Settings) -> Sequence[Deletion]:
    async with ledger_of(settings, read_only=True) as engine:
        return await deletion_log(engine)


async def _evidence(
    settings: Settings, company: str | None, period: Period, *, whole_numbers: bool, who: str, now: datetime
) -> Evidence:
    async with ledger_of(settings, read_only=not whole_numbers) as engine:
        if whole_numbers:
            await note_access(engine, now, who, f"evidence of {company or 'all'} {period}, whole numbers")
        calls = await evidence(engine, settings.pbx.name, period.start, period.end, company)
    return Evidence(company or "", period, now, calls, whole_numbers)
