"""Reading of the list of topics: each by the scope of who asks."""

from __future__ import annotations

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.knowledge.topics.records import Topic, TopicWriting
from callengine.desk.knowledge.topics.tables import topics
from callengine.desk.people.scope import NotSeen, Scope


async def all_topics(connection: AsyncConnection, scope: Scope) -> tuple[Topic, ...]:
    """Everybody's first, then each company's own, retired ones too: what is read may still be about them."""
    order = (topics.c.company.is_not(None), topics.c.company, topics.c.position, topics.c.id)
    rows = await connection.execute(
        select(topics).where(scope.clause(topics.c.company, with_common=True)).order_by(*order)
    )
    return tuple(made(row) for row in rows.mappings())


async def of_articles(connection: AsyncConnection, scope: Scope) -> tuple[Topic, ...]:
    """What an article can be about now."""
    found = await all_topics(connection, scope)
    return tuple(one for one in found if one.written.on_articles and not one.retired)


async def checklist(connection: AsyncConnection, scope: Scope) -> tuple[Topic, ...]:
    """What must be known of a house before its calls are answered."""
    return tuple(one for one in await of_articles(connection, scope) if one.written.each_house)


async def topic(connection: AsyncConnection, scope: Scope, topic_id: int) -> Topic:
    """Also a retired one. Raises NotSeen."""
    rows = await connection.execute(
        select(topics).where(topics.c.id == topic_id, scope.clause(topics.c.company, with_common=True))
    )
    row = rows.mappings().first()
    if row is None:
        raise NotSeen
    return made(row)


def made(row: RowMapping) -> Topic:
    """A topic of its row."""
    written = TopicWriting(
        row["name_ru"],
        row["name_en"],
        row["company"],
        row["position"],
        bool(row["on_cards"]),
        bool(row["on_articles"]),
        bool(row["each_house"]),
        bool(row["own_article"]),
        row["form"],
    )
    return Topic(row["id"], row["key"], written, row["retired_at"] is not None, row["version"])
