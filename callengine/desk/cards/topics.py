"""The list of what calls are about, changed by who leads the centre."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.cards.forms import form_of
from callengine.desk.cards.queries import topic_of
from callengine.desk.cards.tables import card_topics
from callengine.desk.people.scope import Scope
from callengine.desk.people.trail import record


@dataclass(frozen=True, slots=True)
class Topic:
    """As somebody writes it. `company` None: of all companies."""

    company: str | None
    name_ru: str
    name_en: str
    position: int = 0
    form: str = "[]"


async def add_topic(connection: AsyncConnection, scope: Scope, at: datetime, topic: Topic) -> int:
    """Its id. Raises forms.NoForm."""
    scope.require(topic.company)
    form_of(topic.form)
    made = await connection.scalar(
        card_topics.insert()
        .values(
            company=topic.company,
            name_ru=topic.name_ru,
            name_en=topic.name_en,
            position=topic.position,
            form=topic.form,
        )
        .returning(card_topics.c.id)
    )
    after = {"name": topic.name_ru, "form": topic.form}
    subject = ("topic", int(made or 0))
    await record(connection, scope, at, "added", subject, company=topic.company, before={}, after=after)
    return int(made or 0)


async def retire_topic(
    connection: AsyncConnection, scope: Scope, at: datetime, topic_id: int, retired: bool
) -> None:
    """Offered no more, or again; cards that have it keep it. Raises NotSeen."""
    row = await topic_of(connection, scope, topic_id)
    when = at if retired else None
    await connection.execute(
        card_topics.update()
        .where(card_topics.c.id == topic_id)
        .values(retired_at=when, version=row["version"] + 1)
    )
    before, after = {"retired_at": row["retired_at"]}, {"retired_at": when}
    subject = ("topic", topic_id)
    await record(
        connection, scope, at, "changed", subject, company=row["company"], before=before, after=after
    )
