"""Keeps wishes and their answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.control.live_messages import CommandAnswered
from callengine.control.wishes import Wish, wish_from_line, wish_to_line
from callengine.desk.outbox.tables import outbox
from callengine.desk.people.scope import Scope
from callengine.desk.people.trail import record

MOST_OPEN = 200


async def keep(connection: AsyncConnection, scope: Scope, at: datetime, wish: Wish) -> bool:
    """In the asker's own transaction; False: this id was kept before."""
    scope.require(wish.company)
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgres_insert
    made = await connection.execute(
        insert(outbox)
        .values(
            wish=wish.id,
            kind=wish.kind,
            account_id=scope.account_id,
            by=wish.by,
            company=wish.company,
            agent=wish.agent,
            body=wish_to_line(wish).decode(),
            made_at=at,
        )
        .on_conflict_do_nothing(index_elements=["wish"])
    )
    if made.rowcount != 1:
        return False
    after = {"number": wish.number, "reason": wish.reason}
    subject = (wish.kind, wish.agent or wish.call or wish.id)
    await record(connection, scope, at, "asked", subject, company=wish.company, before={}, after=after)
    return True


async def open_wishes(connection: AsyncConnection, scope: Scope) -> Sequence[Wish]:
    """Those without an answer, the oldest first."""
    rows = await connection.execute(
        select(outbox.c.body)
        .where(outbox.c.answered_at.is_(None), scope.clause(outbox.c.company, with_common=True))
        .order_by(outbox.c.id)
        .limit(MOST_OPEN)
    )
    return [wish_from_line(body.encode()) for body in rows.scalars()]


async def answer_to(connection: AsyncConnection, scope: Scope, wish: str) -> tuple[bool, str] | None:
    """Whether it was done, else why not; None: there is no answer yet, or no such wish of his."""
    found = await connection.execute(
        select(outbox.c.done, outbox.c.refusal).where(
            outbox.c.wish == wish,
            outbox.c.answered_at.is_not(None),
            outbox.c.account_id == scope.account_id,
            scope.clause(outbox.c.company, with_common=True),
        )
    )
    row = found.first()
    return None if row is None else (bool(row.done), row.refusal)


async def oldest_open(connection: AsyncConnection, scope: Scope) -> tuple[int, datetime | None]:
    """How many have no answer, and since when the oldest waits for one."""
    waiting = select(func.count(), func.min(outbox.c.made_at)).where(
        outbox.c.answered_at.is_(None), scope.clause(outbox.c.company, with_common=True)
    )
    count, since = (await connection.execute(waiting)).one()
    return count, since


async def answered(
    connection: AsyncConnection, scope: Scope, at: datetime, answer: CommandAnswered
) -> str | None:
    """Keep the engine's answer; the agent whom it was about, None where it was known before."""
    found = await connection.execute(
        outbox.update()
        .where(
            outbox.c.wish == answer.command,
            outbox.c.answered_at.is_(None),
            scope.clause(outbox.c.company, with_common=True),
        )
        .values(answered_at=at, done=answer.done, refusal=answer.refusal[:40])
        .returning(outbox.c.agent)
    )
    agent: str | None = found.scalar_one_or_none()
    return agent
