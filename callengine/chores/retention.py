"""When what is forgotten: the settings' terms, carried out each night, or by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import datetime, time, timedelta

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


async def forget_tonight(
    engine: AsyncEngine,
    settings: Settings,
    now: Callable[[], datetime],
    log: Log,
    alone: Alone = nullcontext,
) -> None:
    """Each night at AT_NIGHT by the centre's clock. A database that is away is logged, and tried again next night."""
    try:
        async with alone():
            done = await forget_what_is_due(engine, settings, now(), BY_ITSELF)
    except LeaseHeldError as problem:
        log.info(
            "retention_left_to_other_engine",
            msg="another engine of this ledger does it tonight",
            reason=str(problem),
        )
        return
    except (SQLAlchemyError, OSError) as problem:
        log.error(
            "retention_failed",
            msg="nothing was forgotten; tried again next night",
            reason=type(problem).__name__,
        )
        return
    for one in done:
        log.info(
            "retention_applied",
            msg="personal data whose time is over was forgotten",
            kind=one.kind,
            company=one.company,
            rows=one.rows,
        )
