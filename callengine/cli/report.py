"""`callengine report …`: what happened, for print and for spreadsheets; on the ledger alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import reduce
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from sqlalchemy.exc import SQLAlchemyError

from callengine.cli.login import login_name
from callengine.cli.options import config_option, fail, settings_or_fail
from callengine.platform.clock import SystemClock
from callengine.reports.period import Period, day_of, month_of, week_of
from callengine.reports.subject import Subject
from storage.schema.errors import LedgerError

_DAY = click.DateTime(["%Y-%m-%d"])
_OUTPUT = click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="A new file, for your eyes only; default: standard output.",
)


@click.group()
def report() -> None:
    """Reports from the ledger: one file each, printable, no network."""


def _of_period(command: Callable[..., None]) -> Callable[..., None]:
    """Whom a report is about, and how it is written."""
    options = (
        _OUTPUT,
        click.option("--language", type=click.Choice(["ru", "en"]), help="Default: the centre's."),
        click.option(
            "--format", "form", type=click.Choice(["html", "csv"]), default="html", show_default=True
        ),
        click.option("--agent", help="One agent's work, for whomever it was."),
        click.option("--queue", help="Of one queue."),
        click.option("--company", help="Of one company; default: of all."),
        config_option,
    )
    return reduce(lambda wrapped, option: option(wrapped), options, command)


@report.command("month")
@_of_period
@click.option("--month", type=click.DateTime(["%Y-%m"]), help="2026-10; default: the last whole month.")
def report_month(month: datetime | None, **options: object) -> None:
    """Tell how a month went: answers, waits, hang-ups, callbacks, agents, staff."""
    _write(
        lambda today, zone: month_of(month.date() if month else _before(today.replace(day=1)), zone), options
    )


@report.command("week")
@_of_period
@click.option("--week", "day", type=_DAY, help="Any day of it; default: the last whole week.")
def report_week(day: datetime | None, **options: object) -> None:
    """Tell how a week went, Monday to Sunday."""
    _write(lambda today, zone: week_of(day.date() if day else today - timedelta(days=7), zone), options)


@report.command("day")
@_of_period
@click.option("--day", type=_DAY, help="Default: yesterday.")
def report_day(day: datetime | None, **options: object) -> None:
    """Tell how a day went, hour by hour."""
    _write(lambda today, zone: day_of(day.date() if day else _before(today), zone), options)


@report.command("range")
@_of_period
@click.option("--from", "first", required=True, type=_DAY, help="First day.")
@click.option("--to", "last", required=True, type=_DAY, help="Last day, included.")
def report_range(first: datetime, last: datetime, **options: object) -> None:
    """Tell how these days went."""
    _write(lambda _, zone: Period(first.date(), last.date(), zone), options)


def _before(day: date) -> date:
    return day - timedelta(days=1)


def _write(period_of: Callable[[date, ZoneInfo], Period], options: dict[str, object]) -> None:
    from callengine.reports.make import period_report  # noqa: PLC0415  # only this verb needs it

    config, output, form, language = (options[name] for name in ("config", "output", "form", "language"))
    company, queue, agent = (_name(options[name]) for name in ("company", "queue", "agent"))
    settings = settings_or_fail(config if isinstance(config, Path) else None)
    zone, now = ZoneInfo(settings.centre.time_zone), SystemClock().now()
    try:
        text = period_report(
            settings,
            Subject(company, queue, agent),
            period_of(now.astimezone(zone).date(), zone),
            form=str(form),
            language=_name(language) or settings.centre.language,
            now=now,
        )
        _put(output if isinstance(output, Path) else None, text)
    except (LedgerError, SQLAlchemyError, ValueError, OSError) as problem:
        fail(str(problem))


def _name(value: object) -> str | None:
    return None if value is None else str(value)


def _put(output: Path | None, text: str) -> None:
    from callengine.reports.make import write_private  # noqa: PLC0415  # only this verb needs it

    if output is None:
        click.echo(text, nl=False)
    else:
        write_private(output, text)


@report.command("evidence")
@config_option
@click.option("--company", help="Of one company; default: of all.")
@click.option("--from", "first", required=True, type=_DAY, help="First day.")
@click.option("--to", "last", required=True, type=_DAY, help="Last day, included.")
@click.option("--format", "form", type=click.Choice(["csv", "html"]), default="csv", show_default=True)
@_OUTPUT
@click.option(
    "--full", is_flag=True, help="Whole phone numbers; who asked is written into the ledger's audit."
)
def report_evidence(
    config: Path | None,
    company: str | None,
    first: datetime,
    last: datetime,
    form: str,
    output: Path | None,
    full: bool,
) -> None:
    """Tell for each call what was done for the resident, and the law's verdict with its rule version."""
    from callengine.reports.make import evidence_report  # noqa: PLC0415  # only this verb needs it

    settings = settings_or_fail(config)
    try:
        text = evidence_report(
            settings,
            company=company,
            first=first.date(),
            last=last.date(),
            form=form,
            whole_numbers=full,
            who=login_name(),
            now=SystemClock().now(),
        )
        _put(output, text)
    except (LedgerError, SQLAlchemyError, ValueError, OSError) as problem:
        fail(str(problem))
