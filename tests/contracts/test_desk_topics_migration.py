"""The two lists of topics become one on both databases: cards and articles that were there keep what they are about."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.cards.queries import topics_of
from callengine.desk.data.database import DeskDatabase
from callengine.desk.data.migrate import DESK
from callengine.desk.knowledge.topics.commands import add_topic
from callengine.desk.knowledge.topics.queries import all_topics
from callengine.desk.knowledge.topics.records import TopicWriting
from storage.schema.database import ledger_url
from tests.support.desk_pages import SUPERVISOR
from tests.support.manual_clock import NOON

ARTICLE = (
    "INSERT INTO articles (id, topic, state, version, title, title_key, html, plain) "
    "VALUES ({id}, '{topic}', 'published', 1, 'a', 'a', '', '')"
)


def migrated(connection: Connection, to: str) -> None:
    if to == "head":
        DESK.upgrade(connection)
    else:
        DESK.downgrade(connection, to)


async def card_topics(connection: AsyncConnection) -> set[tuple[int, str]]:
    rows = await connection.execute(text("SELECT id, name_ru FROM card_topics"))
    return {(row.id, row.name_ru) for row in rows}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/desk.db"
    found: str = request.getfixturevalue("postgres_url")
    return found


async def test_nothing_in_use_is_lost_on_the_way_there_and_back(url: str) -> None:
    database = DeskDatabase(ledger_url(url))
    try:
        await database.prepare()
        async with database.writing() as connection:
            await connection.run_sync(migrated, "0007")
            await connection.execute(text(ARTICLE.format(id=1, topic="lift")))
            await connection.execute(text(ARTICLE.format(id=2, topic="из файла")))
            own = "INSERT INTO card_topics (id, company, name_ru, name_en) VALUES (77, 'sever', 'Шлагбаум', 'Barrier')"
            await connection.execute(text(own))
            names = await card_topics(connection)
        async with database.writing() as connection:
            await connection.run_sync(migrated, "head")
        async with database.writing() as connection:
            found = await all_topics(connection, SUPERVISOR)
            assert names <= {(one.id, one.name("ru")) for one in found}
            assert {"lift", "из файла"} <= {one.key for one in found}
            on_cards = await topics_of(connection, SUPERVISOR, "sever")
            assert {row["id"] for row in on_cards} == {number for number, _ in names}
            made = await add_topic(connection, SUPERVISOR, NOON, TopicWriting("Новая", "New"))
            assert made > max(one.id for one in found)
            await connection.run_sync(migrated, "0007")
            back = await card_topics(connection)
            assert back == names | {(made, "Новая")}
    finally:
        await database.close()
