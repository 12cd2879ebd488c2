"""Which calls have a card that is asked for: cards lie in the desk's database, calls in the ledger."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, or_

from callengine.desk.cards.queries import told_by_cards
from callengine.desk.data.database import DeskDatabase
from callengine.desk.history.filters import CallFilter
from callengine.desk.people.scope import Scope
from storage.schema.tables import attempts, calls, obligations

MOST = 10_000
"""Cards of one window of time: a database takes no more ids in one question."""
_WRITTEN_WITHIN = timedelta(days=3)
"""From a call's arrival until a card of it is opened, that of its callback included."""


class TooManyCards(Exception):
    """The window is to be made smaller."""


Among = Callable[[datetime, datetime], Awaitable[ColumnElement[bool]]]
"""The condition on calls that arrived from one moment to another; raises TooManyCards."""


def among_cards(database: DeskDatabase, scope: Scope, chosen: CallFilter) -> Among | None:
    """None: cards are not asked for."""
    if chosen.topic is None and not chosen.card:
        return None

    async def among(begin: datetime, end: datetime) -> ColumnElement[bool]:
        async with database.reading() as connection:
            between = (begin, end + _WRITTEN_WITHIN)
            found = await told_by_cards(
                connection, scope, between, MOST + 1, topic=chosen.topic, state=chosen.card
            )
        if len(found) > MOST:
            raise TooManyCards
        of_callback = exists().where(
            attempts.c.obligation == obligations.c.obligation, attempts.c.attempt.in_(found)
        )
        written = or_(calls.c.call.in_(found), of_callback)
        return ~written if chosen.card == "none" else written

    return among
