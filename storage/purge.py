"""Forgetting: numbers, recordings and the journal, when their time is over; what was deleted is written down.

Figures stay: a call keeps its times, outcome and verdict without its number. What is still owed keeps everything.

All goes in pieces, each a transaction of its own with a rest behind it: a year of journal that is deleted must not keep
the calls of this minute waiting for the ledger.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, func, insert, or_, select, tuple_, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.schema.database import READS
from storage.schema.desk_tables import desk_commands, outgoing_calls
from storage.schema.tables import attempts, calls, deletions, journal, messages, obligation_calls, obligations

_FOLDERS_OF_A_DAY = 3
"""Recordings lie in …/year/month/day."""
PIECE = 2_000
"""Rows of one transaction."""
REST_SECONDS = 0.05
"""Between two of them: the ledger's writer has its turn."""
TRIES = 12
"""To begin one, each as long as the database lets us wait (SQLite: five seconds); a busy writer leaves little room."""


class Kind(StrEnum):
    """What is forgotten."""

    NUMBERS = "numbers"
    RECORDINGS = "recordings"
    JOURNAL = "journal"


@dataclass(frozen=True, slots=True)
class Term:
    """Forget this kind of a company's data older than `before`.

    A row of the journal that concerns several companies goes with the first one's term; company '' is what concerns
    none of `keep`. A row that concerns one of `keep` stays.
    """

    kind: Kind
    company: str
    before: datetime
    keep: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deletion:
    """What was deleted: one line of the deletion log."""

    at: datetime
    kind: str
    company: str
    before: datetime
    rows: int
    by: str


async def forget(
    engine: AsyncEngine, node: str, term: Term, at: datetime, by: str, piece: int = PIECE
) -> Deletion:
    """Delete what the term says, `piece` rows at a time; each piece is logged in its own transaction.

    One term is one line of the deletion log, which counts up: whatever ends this, the line says what is gone.
    Files of recordings go before their rows.
    """
    done = _LoggedDeletion(engine, Deletion(at, term.kind.value, term.company, term.before, 0, by[:80]))
    match term.kind:
        case Kind.NUMBERS:
            await _forget_numbers(done, node, term, piece)
        case Kind.RECORDINGS:
            await _forget_recordings(done, node, term, piece)
        case _:
            due = _journal(node, term)
            async for those in _pieces(engine, (journal.c.epoch, journal.c.seq), due, piece):
                async with _turn(engine) as connection:
                    gone = await connection.execute(delete(journal).where(due, those))
                    await done.add(connection, gone.rowcount)
    return done.deletion


class _LoggedDeletion:
    """What is deleted so far, and its line in the log."""

    def __init__(self, engine: AsyncEngine, deletion: Deletion) -> None:
        self.engine = engine
        self.deletion = deletion
        self._line: int | None = None

    async def add(self, connection: AsyncConnection, rows: int) -> None:
        """So many more, in the transaction that deletes them."""
        if not rows:
            return
        self.deletion = done = replace(self.deletion, rows=self.deletion.rows + rows)
        if self._line is not None:
            line = update(deletions).where(deletions.c.id == self._line).values(rows=done.rows)
            await connection.execute(line)
            return
        first = insert(deletions).values(
            at=done.at, kind=done.kind, company=done.company, before=done.before, rows=rows, by=done.by
        )
        (self._line,) = (await connection.execute(first)).inserted_primary_key or (None,)


@asynccontextmanager
async def _turn(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A transaction that is patient about its beginning."""
    async with engine.connect() as connection:
        for left in reversed(range(TRIES)):
            try:
                _began = await connection.begin()
                break
            except OperationalError:
                if not left:
                    raise
                await asyncio.sleep(REST_SECONDS)
        yield connection
        await connection.commit()


async def _pieces(
    engine: AsyncEngine, key: tuple[ColumnElement[Any], ...], due: ColumnElement[bool], piece: int
) -> AsyncIterator[ColumnElement[bool]]:
    """Ranges of `key` that hold `piece` rows that are due; a rest between two."""
    beyond: list[ColumnElement[bool]] = []
    while True:
        async with engine.execution_options(**{READS: True}).connect() as connection:
            query = select(*key).where(due, *beyond).order_by(*key).limit(piece)
            found = (await connection.execute(query)).all()
        if not found:
            return
        last = tuple(found[-1])
        yield and_(*beyond, tuple_(*key) <= last)
        if len(found) < piece:
            return
        beyond = [tuple_(*key) > last]
        await asyncio.sleep(REST_SECONDS)


async def due_rows(engine: AsyncEngine, node: str, term: Term) -> int:
    """How many rows the term would touch now: for a look before."""
    async with engine.execution_options(**{READS: True}).connect() as connection:
        match term.kind:
            case Kind.NUMBERS:
                found = 0
                for table, due in (
                    (calls, _numbers_of_calls(node, term)),
                    (outgoing_calls, _numbers_by_hand(node, term)),
                ):
                    found += await connection.scalar(select(func.count()).select_from(table).where(due)) or 0
                return found
            case Kind.RECORDINGS:
                return len(await _recordings(connection, node, term))
            case _:
                query = select(func.count()).select_from(journal).where(_journal(node, term))
        return int(await connection.scalar(query) or 0)


async def deletion_log(engine: AsyncEngine) -> Sequence[Deletion]:
    """Everything that was ever deleted, the latest last."""
    async with engine.connect() as connection:
        rows = await connection.execute(select(deletions).order_by(deletions.c.id))
        return [Deletion(row.at, row.kind, row.company, row.before, row.rows, row.by) for row in rows]


def _journal(node: str, term: Term) -> ColumnElement[bool]:
    kept = [journal.c.companies.not_like(_holding(company)) for company in term.keep]
    his = [journal.c.companies.like(_holding(term.company))] if term.company else []
    return and_(journal.c.node == node, journal.c.at < term.before, *his, *kept)


def _holding(company: str) -> str:
    return f"%,{company},%"


def _numbers_of_calls(node: str, term: Term) -> ColumnElement[bool]:
    owed = (
        select(obligation_calls.c.call)
        .join(obligations, obligations.c.obligation == obligation_calls.c.obligation)
        .where(obligation_calls.c.node == node, obligations.c.closed_at.is_(None))
    )
    return and_(
        calls.c.node == node,
        calls.c.company == term.company,
        calls.c.arrived_at < term.before,
        calls.c.outcome.is_not(None),
        calls.c.call.not_in(owed),
        or_(calls.c.number != "", calls.c.typed_number.is_not(None), calls.c.caller_name != ""),
    )


def _numbers_by_hand(node: str, term: Term) -> ColumnElement[bool]:
    """Of calls that agents made. A service number is nobody's: it stays, with what it was dialled for."""
    return and_(
        outgoing_calls.c.node == node,
        outgoing_calls.c.company == term.company,
        outgoing_calls.c.made_at < term.before,
        outgoing_calls.c.ended_at.is_not(None),
        outgoing_calls.c.is_service.is_(False),
        outgoing_calls.c.e164 != "",
    )


async def _forget_numbers(done: _LoggedDeletion, node: str, term: Term, piece: int) -> None:
    closed = and_(
        obligations.c.node == node,
        obligations.c.company == term.company,
        obligations.c.arrived_at < term.before,
        obligations.c.closed_at.is_not(None),
        or_(obligations.c.number != "", obligations.c.e164.is_not(None)),
    )
    async for those in _pieces(done.engine, (obligations.c.obligation,), closed, piece):
        async with _turn(done.engine) as connection:
            of_closed = select(obligations.c.obligation).where(closed, those)
            await connection.execute(
                update(attempts)
                .where(attempts.c.obligation.in_(of_closed), attempts.c.ended_at.is_not(None))
                .values(e164="")
            )
            await connection.execute(update(obligations).where(closed, those).values(number="", e164=None))
    due = _numbers_of_calls(node, term)
    async for those in _pieces(done.engine, (calls.c.call,), due, piece):
        async with _turn(done.engine) as connection:
            emptied = update(calls).where(due, those)
            found = await connection.execute(emptied.values(number="", typed_number=None, caller_name=""))
            await done.add(connection, found.rowcount)
    by_hand = _numbers_by_hand(node, term)
    async for those in _pieces(done.engine, (outgoing_calls.c.attempt,), by_hand, piece):
        async with _turn(done.engine) as connection:
            # What people wrote may name people: here, and in the wish that it was.
            wishes = select(outgoing_calls.c.command).where(by_hand, those)
            await connection.execute(
                update(desk_commands).where(desk_commands.c.command.in_(wishes)).values(reason="")
            )
            emptied = update(outgoing_calls).where(by_hand, those).values(e164="", purpose="")
            await done.add(connection, (await connection.execute(emptied)).rowcount)


async def _forget_recordings(done: _LoggedDeletion, node: str, term: Term, piece: int) -> None:
    async with done.engine.execution_options(**{READS: True}).connect() as connection:
        found = await _recordings(connection, node, term)
    for begin in range(0, len(found), piece):
        some = found[begin : begin + piece]
        gone = [one for one in some if await asyncio.to_thread(_remove, Path(one[-1].path))]
        async with _turn(done.engine) as connection:
            for table, column, key, row in gone:
                empty: dict[str, Any] = {column: "" if table is messages else None}
                await connection.execute(update(table).where(table.c[key] == row.id).values(empty))
            await done.add(connection, len(gone))
        await asyncio.sleep(REST_SECONDS)


def _remove(path: Path) -> bool:
    """Whether the file is gone. Another machine's, or one that is not ours to delete, stays in the ledger, and due."""
    root = path.parents[min(_FOLDERS_OF_A_DAY, len(path.parents) - 1)]
    if not path.exists():
        return root.exists()
    try:
        path.unlink()
    except OSError:
        return False
    return True


async def _recordings(
    connection: AsyncConnection, node: str, term: Term
) -> list[tuple[Table, str, str, Any]]:
    """Table, its column with the path, its key, and (id, path)."""
    of_calls = select(calls.c.call.label("id"), calls.c.recording.label("path")).where(
        calls.c.node == node,
        calls.c.company == term.company,
        calls.c.arrived_at < term.before,
        calls.c.recording.is_not(None),
    )
    of_dials = (
        select(attempts.c.attempt.label("id"), attempts.c.recording.label("path"))
        .join(obligations, obligations.c.obligation == attempts.c.obligation)
        .where(
            obligations.c.node == node,
            obligations.c.company == term.company,
            attempts.c.made_at < term.before,
            attempts.c.recording.is_not(None),
        )
    )
    by_hand = select(outgoing_calls.c.attempt.label("id"), outgoing_calls.c.recording.label("path")).where(
        outgoing_calls.c.node == node,
        outgoing_calls.c.company == term.company,
        outgoing_calls.c.made_at < term.before,
        outgoing_calls.c.recording.is_not(None),
    )
    of_messages = select(messages.c.message.label("id"), messages.c.path.label("path")).where(
        messages.c.node == node,
        messages.c.company == term.company,
        messages.c.left_at < term.before,
        messages.c.reviewed_at.is_not(None),
        messages.c.path != "",
    )
    found: list[tuple[Table, str, str, Any]] = []
    for query, table, column, key in (
        (of_calls, calls, "recording", "call"),
        (of_dials, attempts, "recording", "attempt"),
        (by_hand, outgoing_calls, "recording", "attempt"),
        (of_messages, messages, "path", "message"),
    ):
        found += [(table, column, key, row) for row in await connection.execute(query)]
    return found
