"""What `callengine retention` does, line by line: on the ledger alone, also while no engine runs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime

from callengine.chores.retention import forget_what_is_due, terms
from callengine.platform.ledger_access import ledger_of
from config.settings import Settings
from storage.purge import Deletion, Term, deletion_log, due_rows


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
