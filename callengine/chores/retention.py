"""When what is forgotten: the settings' terms, carried out each night, or by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, time, timedelta, tzinfo

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from callengine.chores.timer_jobs import Alone
from callengine.platform.logs import Log
from config.settings import Settings
from storage.leases import LeaseHeldError
from storage.purge import Deletion, Kind, Term, forget

AT_NIGHT = time(3)
BY_ITSELF = "callengine"


def terms(settings: Settings, now: datetime) -> Iterator[Term]:
    """What is to be forgotten now. A legal hold keeps everything of its company, journal included."""
    default = settings.retention
    held = tuple(company.id for company in settings.companies if company.legal_hold)
    for company in settings.companies:
        if company.legal_hold:
            continue
        for kind, own, usual in (
            (Kind.NUMBERS, company.numbers_days, default.numbers_days),
            (Kind.RECORDINGS, company.recordings_days, default.recordings_days),
            (Kind.JOURNAL, company.journal_days, default.journal_days),
        ):
            days = usual if own is None else own
            if days:
                keep = held if kind is Kind.JOURNAL else ()
                yield Term(kind, company.id, now - timedelta(days=days), keep)
    if default.journal_days:
        everybody = tuple(company.id for company in settings.companies)
        yield Term(Kind.JOURNAL, "", now - timedelta(days=default.journal_days), everybody)


async def forget_what_is_due(
    engine: AsyncEngine, settings: Settings, now: datetime, by: str
) -> list[Deletion]:
    """Carry all terms out; each is a transaction of its own. Raises SQLAlchemyError, OSError."""
    return [await forget(engine, settings.pbx.name, term, now, by) for term in terms(settings, now)]


async def every_night(
    engine: AsyncEngine,
    settings: Callable[[], Settings],
    zone: tzinfo,
    now: Callable[[], datetime],
    log: Log,
    alone: Alone = nullcontext,
) -> None:
    """Until cancelled: at three o'clock by the centre's clock. A failure is logged, and tried again next night."""
    while True:
        await asyncio.sleep((next_night(now(), zone) - now()).total_seconds())
        try:
            async with alone():
                done = await forget_what_is_due(engine, settings(), now(), BY_ITSELF)
        except LeaseHeldError as problem:
            log.info("retention is another engine's work tonight", reason=str(problem))
            continue
        except (SQLAlchemyError, OSError) as problem:
            log.error("retention failed, tried again next night", reason=type(problem).__name__)
            continue
        for one in done:
            log.info("forgotten", kind=one.kind, company=one.company, rows=one.rows)


def next_night(moment: datetime, zone: tzinfo, at: time = AT_NIGHT) -> datetime:
    """The next three o'clock, or another hour, UTC."""
    local = moment.astimezone(zone)
    night = datetime.combine(local.date(), at, zone)
    if night <= local:
        night = datetime.combine(local.date() + timedelta(days=1), at, zone)
    return night.astimezone(UTC)
