"""`callengine reconcile`: exit code 0 when everybody tells the same, 1 when not."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from sqlalchemy.exc import SQLAlchemyError

from callengine.cli.options import config_option, fail, settings_or_fail
from callengine.platform.clock import SystemClock
from callengine.platform.ledger_access import ledger_of
from callengine.reconcile.findings import Findings
from callengine.reconcile.run import reconcile
from callengine.reconcile.sources import OverControlSocket, books_of
from config.settings import Settings
from storage.schema.errors import LedgerError


@click.command("reconcile")
@config_option
@click.option("--from", "first", metavar="TIME", help="2026-11-24 or 2026-11-24T14:00; default: today.")
@click.option("--to", "last", metavar="TIME", help="A day is included whole; default: now.")
@click.option("--queue-log", type=click.Path(path_type=Path), help="Instead of the settings'.")
@click.option("--cdr", type=click.Path(path_type=Path), help="Master.csv, instead of the settings'.")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
def reconcile_command(
    config: Path | None,
    first: str | None,
    last: str | None,
    queue_log: Path | None,
    cdr: Path | None,
    as_json: bool,
) -> None:
    """Count every figure again from the ledger, and compare: the running engine, queue_log, CDR.

    Times are the centre's. What differs is listed by call. A source that cannot be read is named, and is no difference.
    """
    settings, now = settings_or_fail(config), SystemClock().now()
    zone = ZoneInfo(settings.centre.time_zone)
    try:
        start = _moment(first, zone, ends=False) or now.astimezone(zone).replace(
            hour=0, minute=0, second=0, microsecond=0
        ).astimezone(UTC)
        end = _moment(last, zone, ends=True) or now
        if end <= start:
            raise ValueError(f"--to {last or 'now'} is not after --from {first or 'today'}")
        findings = asyncio.run(_run(settings, start, end, now, queue_log, cdr))
    except (LedgerError, SQLAlchemyError, ValueError, OSError) as problem:
        fail(str(problem))
    if as_json:
        click.echo(json.dumps(findings.as_json(), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(_told(findings, start, end, zone)))
    sys.exit(1 if findings.differences else 0)


async def _run(
    settings: Settings,
    start: datetime,
    end: datetime,
    now: datetime,
    queue_log: Path | None,
    cdr: Path | None,
) -> Findings:
    async with ledger_of(settings, read_only=True) as ledger:
        books = books_of(settings, ledger, OverControlSocket(settings.http.control_socket))
        books = replace(books, queue_log=queue_log or books.queue_log, cdr=cdr or books.cdr)
        return await reconcile(books, start, end, now)


def _told(findings: Findings, start: datetime, end: datetime, zone: tzinfo) -> Iterator[str]:
    since, until = (moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") for moment in (start, end))
    yield f"{findings.calls} calls arrived from {since} to {until}"
    for source, number in findings.compared.items():
        wrong = len({one.subject for one in findings.differences if one.source == source})
        yield f"{source}: {number} calls compared, {wrong} told differently"
    for source, why in findings.not_compared.items():
        yield f"{source}: not compared: {why}"
    for one in findings.differences:
        yield f"  {one.source}  {one.subject}  {one.what}: ledger {one.ledger}, {one.source} {one.other}"


def _moment(text: str | None, zone: tzinfo, *, ends: bool) -> datetime | None:
    """A day is its beginning, or its end. Raises ValueError."""
    if text is None:
        return None
    try:
        if len(text) == len("2026-11-24"):
            day = date.fromisoformat(text) + timedelta(days=int(ends))
            return datetime.combine(day, time(), zone).astimezone(UTC)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no time; write 2026-11-24 or 2026-11-24T14:00") from None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(UTC)
