"""What cards keep of a resident: told to him, and erased."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.cards.tables import cards, nuisance_marks
from callengine.desk.people.privacy import Erased, NumberShare, Share, Told
from callengine.desk.people.scope import Scope

_STAYS = "calls with their time, house and topic, without number and words: the figures of the centre"


def _his(scope: Scope, resident_id: int) -> ColumnElement[bool]:
    return and_(scope.clause(cards.c.company), cards.c.resident_id == resident_id)


def _of_nobody(scope: Scope, number: str) -> ColumnElement[bool]:
    return and_(scope.clause(cards.c.company), cards.c.number == number, cards.c.resident_id.is_(None))


def _emptied(at: datetime) -> dict[str, Any]:
    nothing = dict.fromkeys(("number", "note", "purpose", "place"), "")
    return {**nothing, "answers": "{}", "resident_id": None, "changed_at": at}


def _told_of(row: RowMapping) -> dict[str, Any]:
    told = {name: row[name] for name in ("kind", "number", "place", "note", "answers", "purpose")}
    return {"at": row["opened_at"].isoformat(), **told}


async def tell(connection: AsyncConnection, scope: Scope, resident_id: int) -> Told:
    """One record for each conversation of which it was made sure that it was he."""
    found = await connection.execute(
        select(cards).where(_his(scope, resident_id)).order_by(cards.c.opened_at, cards.c.id)
    )
    return [_told_of(row) for row in found.mappings()]


async def erase(connection: AsyncConnection, scope: Scope, at: datetime, resident_id: int) -> Erased:
    """His number and all words; what figures count stays."""
    done = await connection.execute(cards.update().where(_his(scope, resident_id)).values(_emptied(at)))
    return Erased(done.rowcount, (_STAYS,) if done.rowcount else ())


async def tell_number(connection: AsyncConnection, scope: Scope, number: str) -> Told:
    """Conversations with a number of which nobody made sure whose it is, and marks of a nuisance."""
    found = await connection.execute(
        select(cards).where(_of_nobody(scope, number)).order_by(cards.c.opened_at, cards.c.id)
    )
    marks = await connection.execute(
        select(nuisance_marks)
        .where(scope.clause(nuisance_marks.c.company), nuisance_marks.c.number == number)
        .order_by(nuisance_marks.c.set_at)
    )
    return [
        *(_told_of(row) for row in found.mappings()),
        *(
            {
                "at": row["set_at"].isoformat(),
                "kind": "nuisance",
                "reason": row["reason"],
                "until": row["until"].isoformat(),
            }
            for row in marks.mappings()
        ),
    ]


async def erase_number(connection: AsyncConnection, scope: Scope, at: datetime, number: str) -> Erased:
    """Such cards' number and words, and marks that are over; one that holds protects agents until its end."""
    done = await connection.execute(cards.update().where(_of_nobody(scope, number)).values(_emptied(at)))
    his = and_(scope.clause(nuisance_marks.c.company), nuisance_marks.c.number == number)
    over = or_(nuisance_marks.c.until <= at, nuisance_marks.c.lifted_at.is_not(None))
    gone = await connection.execute(nuisance_marks.delete().where(his, over))
    held = await connection.scalar(select(nuisance_marks.c.until).where(his).limit(1))
    stays = [_STAYS] if done.rowcount else []
    if held is not None:
        stays.append(f"the mark of a nuisance until {held.isoformat()}: it protects who takes the calls")
    return Erased(done.rowcount + gone.rowcount, tuple(stays))


SHARE = Share("cards", tell, erase, NumberShare(tell_number, erase_number))
"""The cards' part of a resident's data."""
