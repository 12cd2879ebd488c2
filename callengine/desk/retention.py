"""How long each table of the desk's is kept, and the chore that forgets what is older. Each table has a row here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, or_, select
from sqlalchemy.exc import SQLAlchemyError

from callengine.desk.cards.tables import cards
from callengine.desk.data.database import DeskDatabase
from callengine.desk.data.metadata import metadata
from callengine.desk.directory.tables import houses
from callengine.desk.files.tables import stored_files
from callengine.desk.history.tables import saved_filters
from callengine.desk.knowledge.tables import articles
from callengine.desk.knowledge.topics.tables import topics
from callengine.desk.outbox.tables import outbox
from callengine.desk.people.scope import system_scope
from callengine.desk.people.tables import accounts
from callengine.desk.people.trail import record
from callengine.platform.logs import Log
from config.schema.records import Retention
from config.settings import Settings

AT = time(3, 10)
"""By the centre's clock, after the engine's own."""
OF_EVERY_SUBJECT = (accounts, articles, cards, houses, outbox, saved_filters, stored_files, topics)
"""What brings every subject's tables onto the metadata."""
_AT_ONCE = 500
"""Rows of one transaction: whoever writes a card meanwhile waits for these only."""


@dataclass(frozen=True, slots=True)
class ForDays:
    """Rows older than the settings say are forgotten. A company under legal hold keeps its own."""

    days: Callable[[Retention], int]
    since: str
    """The column whose moment counts."""
    only: tuple[str, ...] = ()
    """Columns that must not be NULL: what is still open stays."""
    blanked: Mapping[str, Any] = field(default_factory=dict)
    """What is overwritten, and with what, so that figures stay; empty: the row goes."""


def _trail(days: Retention) -> int:
    return days.trail_days


def _cards(days: Retention) -> int:
    return days.cards_days


def _doors(days: Retention) -> int:
    return days.sessions_days


_BLANK_CARD = {"number": "", "place": "", "note": "", "answers": "{}", "written": "{}", "resident_id": None}
ROWS: Mapping[str, ForDays | str] = {
    "trail": ForDays(_trail, "at"),
    "cards": ForDays(_cards, "opened_at", ("closed_at",), _BLANK_CARD),
    "nuisance_marks": ForDays(_cards, "until"),
    "shift_notes": ForDays(_cards, "written_at"),
    "taken_over": ForDays(_cards, "taken_at"),
    "last_contacts": ForDays(_cards, "at"),
    "outbox": ForDays(_cards, "made_at", ("answered_at",)),
    "sessions": ForDays(_doors, "seen_at"),
    "password_links": ForDays(_doors, "ends_at"),
    "api_tokens": ForDays(_doors, "ends_at"),
    "directory_loads": ForDays(_cards, "changed_at"),
    "accounts": "until the administrator's own decision: the trail names it",
    "account_companies": "with its account",
    "recovery_codes": "with its account's second factor",
    "saved_filters": "with its account",
    "article_reads": "with its article: who knew what, and since when",
    "article_votes": "with its article",
    "article_proposals": "with its article",
    "articles": "until an editor withdraws it; holds no resident's data",
    "article_houses": "with its article",
    "article_versions": "with its article: what an agent read then",
    "article_words": "with its article",
    "stored_files": "with what it belongs to; of a form that nobody saved for a day",
    "topics": "holds no personal data",
    "houses": "as long as it is served",
    "premises": "as long as its house",
    "residents": "until he is erased, or an import leaves him out",
    "residencies": "with the resident",
    "resident_phones": "with the resident",
    "consents": "with the resident: proof of what was allowed",
    "device_numbers": "with its house",
    "contractors": "as long as it works for the company",
    "contractor_phones": "with the contractor",
    "contractor_houses": "with the contractor",
    "directory_pending": "as long as a load is written",
    "directory_load_faults": "with its load",
    "directory_mappings": "holds no personal data",
    "directory_words": "with the residents whose names they are",
    "directory_versions": "holds no personal data",
    "directory_counters": "holds no personal data",
}
"""By table: a term of `[retention]`, or a sentence that says with what it goes."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was done to one table."""

    table: str
    before: datetime
    rows: int


def due(settings: Settings, now: datetime) -> Iterator[tuple[Table, ForDays, datetime]]:
    """What is to be forgotten now. 0 days: for ever."""
    for name, row in ROWS.items():
        if isinstance(row, ForDays) and (days := row.days(settings.retention)):
            yield metadata.tables[name], row, now - timedelta(days=days)


async def forget_what_is_due(database: DeskDatabase, settings: Settings, now: datetime) -> list[Forgotten]:
    """Carry all terms out, some rows a transaction; what was forgotten stands in the trail. Raises SQLAlchemyError."""
    held = [company.id for company in settings.companies if company.legal_hold]
    done = []
    for table, row, before in due(settings, now):
        condition = _condition(table, row, before, held)
        rows = 0
        while count := await _forget_some(database, table, row, condition):
            rows += count
        if rows:
            done.append(Forgotten(table.name, before, rows))
            async with database.writing() as connection:
                after = {"rows": rows, "before": before.date().isoformat()}
                await record(
                    connection,
                    system_scope("retention"),
                    now,
                    "forgotten",
                    ("table", table.name),
                    after=after,
                )
    return done


async def forget_tonight(
    database: DeskDatabase, settings: Settings, now: Callable[[], datetime], log: Log
) -> None:
    """Each night at AT. A database that is away is logged, and tried again next night."""
    try:
        done = await forget_what_is_due(database, settings, now())
    except (SQLAlchemyError, OSError) as problem:
        reason = type(problem).__name__
        log.error("desk_retention_failed", msg="not all was forgotten; tried again next night", reason=reason)
        return
    for one in done:
        log.info("desk_retention_applied", msg="its time was over", table=one.table, rows=one.rows)


def _condition(table: Table, row: ForDays, before: datetime, held: list[str]) -> ColumnElement[bool]:
    which = [table.c[row.since] < before, *(table.c[name].is_not(None) for name in row.only)]
    if held and "company" in table.c:
        which.append(or_(table.c.company.is_(None), table.c.company.not_in(held)))
    if row.blanked:
        which.append(
            or_(
                *(
                    table.c[name].is_not(None) if value is None else table.c[name] != value
                    for name, value in row.blanked.items()
                )
            )
        )
    return and_(*which)


async def _forget_some(
    database: DeskDatabase, table: Table, row: ForDays, condition: ColumnElement[bool]
) -> int:
    key = list(table.primary_key.columns)
    async with database.writing() as connection:
        found = (await connection.execute(select(*key).where(condition).limit(_AT_ONCE))).all()
        for one in found:
            own = and_(*(column == value for column, value in zip(key, one, strict=True)))
            changed = table.update().values(**row.blanked) if row.blanked else table.delete()
            await connection.execute(changed.where(own))
    return len(found)
