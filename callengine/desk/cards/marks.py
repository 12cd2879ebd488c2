"""Marks of callers who harm others, and notes from shift to shift: written once each, however often they are sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.cards.tables import nuisance_marks, shift_notes
from callengine.desk.people.scope import NotSeen, Scope
from callengine.desk.people.trail import record


@dataclass(frozen=True, slots=True)
class Nuisance:
    """Why a number is marked, and until when."""

    company: str
    number: str
    reason: str
    until: datetime


async def mark_nuisance(
    connection: AsyncConnection, scope: Scope, at: datetime, client_id: str, mark: Nuisance
) -> None:
    """He comes behind others in general lines; he is never refused (P35)."""
    scope.require(mark.company)
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgres_insert
    made = await connection.execute(
        insert(nuisance_marks)
        .values(
            client_id=client_id,
            company=mark.company,
            number=mark.number,
            reason=mark.reason,
            until=mark.until,
            set_at=at,
            set_by=scope.name,
        )
        .on_conflict_do_nothing(index_elements=["client_id"])
    )
    if made.rowcount == 1:
        after = {"reason": mark.reason, "until": mark.until}
        subject = ("nuisance", mark.number)
        await record(connection, scope, at, "marked", subject, company=mark.company, before={}, after=after)


async def lift_nuisance(connection: AsyncConnection, scope: Scope, at: datetime, mark_id: int) -> None:
    """Before its time. Raises NotSeen."""
    found = await connection.execute(
        select(nuisance_marks).where(nuisance_marks.c.id == mark_id, scope.clause(nuisance_marks.c.company))
    )
    row = found.mappings().first()
    if row is None:
        raise NotSeen
    if row["lifted_at"] is not None:
        return
    await connection.execute(
        nuisance_marks.update().where(nuisance_marks.c.id == mark_id).values(lifted_at=at)
    )
    await record(connection, scope, at, "lifted", ("nuisance", row["number"]), company=row["company"])


async def write_note(
    connection: AsyncConnection, scope: Scope, at: datetime, client_id: str, text: str
) -> None:
    """To the next shift."""
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgres_insert
    await connection.execute(
        insert(shift_notes)
        .values(client_id=client_id, written_at=at, written_by=scope.name, text=text)
        .on_conflict_do_nothing(index_elements=["client_id"])
    )
