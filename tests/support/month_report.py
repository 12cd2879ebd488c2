"""`python -m tests.support.month_report FOLDER`: a month's report of a made-up centre, to be looked at and pictured."""

from __future__ import annotations

import argparse
import asyncio
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import Connection

from callengine.reports.make import period_report
from callengine.reports.period import month_of
from callengine.reports.subject import Subject
from config.loading import load_settings
from config.settings import Settings
from storage.migrate import upgrade
from storage.schema.database import create_ledger_engine, ledger_url
from tests.support.synthetic_centre import ZONE, Month, settings_text, write_month

OCTOBER = date(2026, 10, 1)
MADE_AT = datetime(2026, 11, 1, 3, tzinfo=UTC)


def made_up_centre(folder: Path, days: int | None = None) -> Settings:
    """Its settings; its ledger has October, or so many days of it."""
    config = folder / "callengine.toml"
    config.write_text(settings_text(str(folder / "ledger.db")), encoding="utf-8")
    config.chmod(0o600)
    asyncio.run(_fill(folder / "ledger.db", Month(OCTOBER, days=days)))
    return load_settings(config)


def month_report(
    settings: Settings, language: str, subject: Subject | None = None, form: str = "html"
) -> str:
    """October's report, as text."""
    period = month_of(OCTOBER, ZONE)
    return period_report(
        settings, subject or Subject(company="sever"), period, form=form, language=language, now=MADE_AT
    )


async def _fill(file: Path, month: Month) -> None:
    engine = create_ledger_engine(ledger_url(f"sqlite:///{file}"))
    try:
        await upgrade(engine)

        def fill(connection: Connection) -> None:
            write_month(connection, month)

        async with engine.begin() as connection:
            await connection.run_sync(fill)
    finally:
        await engine.dispose()


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--language", choices=["ru", "en"], action="append")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    settings = made_up_centre(options.folder)
    for language in options.language or ["ru", "en"]:
        target = options.folder / f"month-{language}.html"
        target.write_text(month_report(settings, language), encoding="utf-8")
        print(target)


if __name__ == "__main__":
    main()
