"""Changes of the list of topics, each with its row in the trail."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.knowledge.topics.forms import form_of
from callengine.desk.knowledge.topics.queries import topic as read
from callengine.desk.knowledge.topics.records import TopicStale, TopicWriting
from callengine.desk.knowledge.topics.tables import topics
from callengine.desk.people.scope import NotSeen, Scope
from callengine.desk.people.trail import record


async def add_topic(connection: AsyncConnection, scope: Scope, at: datetime, one: TopicWriting) -> int:
    """Its id. Raises NotSeen, forms.NoForm."""
    _refuse_common(scope, one.company)
    form_of(one.form)
    made = await connection.scalar(
        topics.insert().values(key=f"t{secrets.token_hex(6)}", **asdict(one)).returning(topics.c.id)
    )
    identity = int(made or 0)
    await record(
        connection, scope, at, "added", ("topic", identity), company=one.company, before={}, after=asdict(one)
    )
    return identity


async def change_topic(
    connection: AsyncConnection,
    scope: Scope,
    at: datetime,
    topic_id: int,
    one: TopicWriting,
    version: int | None = None,
) -> None:
    """All but whose it is: what others wrote of it would be about nothing. Raises NotSeen, TopicStale, NoForm."""
    known = await read(connection, scope, topic_id)
    _refuse_common(scope, known.company)
    form_of(one.form)
    if version is not None and version != known.version:
        raise TopicStale(known)
    values = {name: value for name, value in asdict(one).items() if name != "company"}
    await connection.execute(
        topics.update().where(topics.c.id == topic_id).values(version=known.version + 1, **values)
    )
    before = {name: value for name, value in asdict(known.written).items() if name != "company"}
    await record(
        connection,
        scope,
        at,
        "changed",
        ("topic", topic_id),
        company=known.company,
        before=before,
        after=values,
    )


async def retire_topic(
    connection: AsyncConnection, scope: Scope, at: datetime, topic_id: int, retired: bool
) -> None:
    """Offered no more, or again; cards and articles that have it keep it. Raises NotSeen."""
    known = await read(connection, scope, topic_id)
    _refuse_common(scope, known.company)
    if known.retired == retired:
        return
    when = at if retired else None
    await connection.execute(
        topics.update().where(topics.c.id == topic_id).values(retired_at=when, version=known.version + 1)
    )
    before, after = {"retired": known.retired}, {"retired": retired}
    subject = ("topic", topic_id)
    await record(connection, scope, at, "changed", subject, company=known.company, before=before, after=after)


def _refuse_common(scope: Scope, company: str | None) -> None:
    """What is of all companies is changed by who sees all."""
    scope.require(company)
    if company is None and scope.companies is not None:
        raise NotSeen
