"""`callengine report`: from the ledger alone, also while no engine runs."""

from __future__ import annotations

import asyncio
import os
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from callengine.control_client import in_state_folder
from callengine.reports.evidence import Evidence, as_csv, as_html
from callengine.reports.period import Period
from config.settings import Settings
from storage.engine import create_ledger_engine, ledger_url
from storage.errors import LedgerError
from storage.evidence_queries import evidence, note_access
from storage.schema import refuse_other_schema

_SQLITE = "sqlite:///"


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
    known = {one.id for one in settings.companies}
    if company is not None and company not in known:
        raise ValueError(
            f"{company!r} is no company of the settings; defined are: {', '.join(sorted(known))}"
        )
    period = Period(first, last, ZoneInfo(settings.centre.time_zone))
    told = asyncio.run(_evidence(settings, company, period, whole_numbers=whole_numbers, who=who, now=now))
    return as_csv(told) if form == "csv" else as_html(told, settings.centre.language)


def write_private(target: Path, text: str) -> None:
    """Write a report for its owner's eyes. Raises OSError, also when the file is there already."""
    with os.fdopen(
        os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write(text)


async def _evidence(
    settings: Settings, company: str | None, period: Period, *, whole_numbers: bool, who: str, now: datetime
) -> Evidence:
    url = settings.database.url
    if url.startswith(_SQLITE):
        file = in_state_folder(Path(url.removeprefix(_SQLITE)))
        if not file.exists():
            raise LedgerError(f"there is no ledger at {file}")
        url = f"{_SQLITE}{file}"
    engine = create_ledger_engine(
        ledger_url(url, settings.database.password.get_secret_value()), read_only=not whole_numbers
    )
    try:
        await refuse_other_schema(engine)
        if whole_numbers:
            await note_access(engine, now, who, f"evidence of {company or 'all'} {period}, whole numbers")
        calls = await evidence(engine, settings.pbx.name, period.start, period.end, company)
    finally:
        await engine.dispose()
    return Evidence(company or "", period, now, calls, whole_numbers)
