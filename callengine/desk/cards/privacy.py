"""What cards keep of a resident: told to him, and erased."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.cards.tables import cards
from callengine.desk.people.privacy import Erased, Share, Told
from callengine.desk.people.scope import Scope

_STAYS = "calls with their time, house and topic, without number and words: the figures of the centre"


def _his(scope: Scope, resident_id: int) -> ColumnElement[bool]:
    return and_(scope.clause(cards.c.company), cards.c.resident_id == resident_id)


async def tell(connection: AsyncConnection, scope: Scope, resident_id: int) -> Told:
    """One record for each conversation of which it was made sure that it was he."""
    found = await connection.execute(
        select(cards).where(_his(scope, resident_id)).order_by(cards.c.opened_at, cards.c.id)
    )
    return [
        {
            "at": row["opened_at"].isoformat(),
            "kind": row["kind"],
            "number": row["number"],
            "place": row["place"],
            "note": row["note"],
            "answers": row["answers"],
            "purpose": row["purpose"],
        }
        for row in found.mappings()
    ]


async def erase(connection: AsyncConnection, scope: Scope, at: datetime, resident_id: int) -> Erased:
    """His number and all words; what figures count stays."""
    done = await connection.execute(
        cards.update()
        .where(_his(scope, resident_id))
        .values(number="", note="", answers="{}", purpose="", place="", resident_id=None, changed_at=at)
    )
    return Erased(done.rowcount, (_STAYS,) if done.rowcount else ())


SHARE = Share("cards", tell, erase)
"""The cards' part of a resident's data."""
