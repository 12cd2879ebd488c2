"""The history as the ledger has it, by the scope of who asks. Every read is short; a page takes several if it must."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select, true

from callengine.desk.history.conditions import conditions, has_recording
from callengine.desk.history.filters import CallFilter
from callengine.desk.history.of_cards import Among, TooManyCards
from callengine.desk.history.rows import CallRow, CallsPage, Place
from callengine.desk.ledger.reader import LedgerReader
from callengine.desk.people.scope import Scope
from queues.terms.phone import Phone
from storage.schema.tables import calls, obligation_calls, obligations

PAGE = 50
PAGE_SECONDS = 1.5
"""Then the page shows what was found, and where the search goes on."""
_MICROSECOND = timedelta(microseconds=1)
_FIRST_WINDOW = timedelta(days=1)
_QUICK_SECONDS, _SLOW_SECONDS = 0.1, 0.5
_EXPORT_PIECE = 1000


async def found_calls(
    reader: LedgerReader,
    scope: Scope,
    chosen: CallFilter,
    between: tuple[datetime, datetime],
    *,
    below: Place | None = None,
    size: int = PAGE,
    seconds: float = PAGE_SECONDS,
    among: Among | None = None,
) -> CallsPage:
    """Calls that arrived between two moments, the latest first. Raises LedgerAway.

    Time is searched backwards in windows, each a read of its own: a filter that few calls pass holds no transaction
    open while a year is looked through.
    """
    start, end = between
    if below is not None:
        end = min(end, below.arrived_at + _MICROSECOND)
    now = asyncio.get_running_loop().time
    until = now() + seconds
    window = _FIRST_WINDOW
    found: list[CallRow] = []
    query = _listed(conditions(scope, reader.node, chosen))
    while start < end:
        begin = max(end - window, start)
        asked_at = now()
        of_cards = await _of_cards(among, begin, end)
        if of_cards is None:
            window /= 2
            continue
        async with reader.reading() as connection:
            rows = await connection.execute(
                _within(query.where(of_cards), begin, end, below).limit(size + 1 - len(found))
            )
            found += [call_row(row) for row in rows]
        if len(found) > size:
            return CallsPage(found[:size], found[size - 1].place)
        took = now() - asked_at
        window = window * 2 if took < _QUICK_SECONDS else window / 2 if took > _SLOW_SECONDS else window
        end, below = begin, None
        if now() > until and start < end:
            return CallsPage(found, Place(end, ""), searched_to=end)
    return CallsPage(found, None)


async def every_call(
    reader: LedgerReader,
    scope: Scope,
    chosen: CallFilter,
    between: tuple[datetime, datetime],
    most: int,
    among: Among | None = None,
) -> AsyncIterator[Sequence[CallRow]]:
    """All of them in pieces, for an export; at most so many. Raises LedgerAway."""
    start, end = between
    below: Place | None = None
    left = most
    while left > 0:
        page = await found_calls(
            reader, scope, chosen, (start, end), below=below, size=min(_EXPORT_PIECE, left), among=among
        )
        if page.rows:
            yield page.rows
        left -= len(page.rows)
        if (below := page.below) is None:
            return


async def _of_cards(among: Among | None, begin: datetime, end: datetime) -> ColumnElement[bool] | None:
    """None: there are too many cards in this window."""
    if among is None:
        return true()
    try:
        return await among(begin, end)
    except TooManyCards:
        return None


def _listed(chosen: Sequence[Any]) -> Select[Any]:
    of = calls.c
    return (
        select(
            *(of.call, of.company, of.did, of.line_kind, of.queue, of.number, of.arrived_at),
            *(of.answered_at, of.ended_at, of.agent, of.outcome, of.served_by, of.verdict, of.message_at),
            *(obligations.c.obligation, obligations.c.due_at, obligations.c.contacted_at),
            obligations.c.closed_at,
            has_recording().label("has_recording"),
        )
        .outerjoin(
            obligation_calls, and_(obligation_calls.c.node == of.node, obligation_calls.c.call == of.call)
        )
        .outerjoin(obligations, obligations.c.obligation == obligation_calls.c.obligation)
        .where(*chosen)
        .order_by(of.arrived_at.desc(), of.call.desc())
    )


def _within(query: Select[Any], begin: datetime, end: datetime, below: Place | None) -> Select[Any]:
    of = calls.c
    query = query.where(of.arrived_at >= begin, of.arrived_at < end)
    if below is None:
        return query
    same = and_(of.arrived_at == below.arrived_at, of.call < below.call)
    # The first condition says no more than the second, and is what an index is looked through by.
    return query.where(of.arrived_at <= below.arrived_at, or_(of.arrived_at < below.arrived_at, same))


def call_row(row: Row[Any]) -> CallRow:
    """A row of the history."""
    return CallRow(
        call=row.call,
        company=row.company,
        did=row.did,
        line_kind=row.line_kind,
        queue=row.queue,
        number=Phone(row.number),
        arrived_at=row.arrived_at,
        answered_at=row.answered_at,
        ended_at=row.ended_at,
        agent=row.agent,
        outcome=row.outcome,
        served_by=row.served_by,
        stored_verdict=row.verdict,
        message_at=row.message_at,
        obligation=row.obligation,
        due_at=row.due_at,
        contacted_at=row.contacted_at,
        closed_at=row.closed_at,
        has_recording=bool(row.has_recording),
    )
