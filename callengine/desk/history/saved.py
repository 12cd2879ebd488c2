"""The filters that somebody saved by a name: his own, and nobody else's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.history.tables import saved_filters
from callengine.desk.people.scope import NotSeen, Scope
from callengine.desk.people.trail import record

MOST = 50
"""Of one account."""
LONGEST_NAME = 80


class TooMany(Exception):
    """One more would be more than MOST."""


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """`query` belongs behind the address of the history."""

    id: int
    name: str
    query: str


async def saved_by(connection: AsyncConnection, scope: Scope) -> Sequence[SavedFilter]:
    """His own, by name."""
    of = saved_filters.c
    query = select(of.id, of.name, of.query).where(of.account_id == scope.account_id).order_by(of.name)
    return [SavedFilter(row.id, row.name, row.query) for row in await connection.execute(query)]


async def save(connection: AsyncConnection, scope: Scope, at: datetime, name: str, query: str) -> None:
    """By this name; one of the same name is replaced. Raises TooMany."""
    of = saved_filters.c
    mine = of.account_id == scope.account_id
    known = (await connection.execute(select(of.id, of.query).where(mine, of.name == name))).first()
    if known is not None:
        await connection.execute(
            update(saved_filters).where(of.id == known.id).values(query=query, saved_at=at)
        )
    else:
        if int(await connection.scalar(select(func.count()).where(mine)) or 0) >= MOST:
            raise TooMany
        await connection.execute(
            insert(saved_filters).values(account_id=scope.account_id, name=name, query=query, saved_at=at)
        )
    before = None if known is None else {"query": known.query}
    await record(
        connection, scope, at, "saved", ("calls_filter", name), before=before, after={"query": query}
    )


async def forget(connection: AsyncConnection, scope: Scope, at: datetime, identity: int) -> None:
    """Raises NotSeen for one that is not his."""
    of = saved_filters.c
    his = (of.id == identity, of.account_id == scope.account_id)
    row = (await connection.execute(select(of.name, of.query).where(*his))).first()
    if row is None:
        raise NotSeen
    await connection.execute(delete(saved_filters).where(*his))
    await record(connection, scope, at, "removed", ("calls_filter", row.name), before={"query": row.query})
