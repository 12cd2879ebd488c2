"""What agents type finds the article they mean: judged by a file, on the demo's articles (P39)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from callengine.demo.desk.library import fill_library
from callengine.desk.data.database import DeskDatabase
from callengine.desk.knowledge.search import find
from callengine.desk.knowledge.tables import articles
from callengine.desk.people.scope import system_scope
from tests.support.desk_pages import AGENT, desk_database
from tests.support.manual_clock import NOON

QUERIES = Path(__file__).parent / "judged" / "queries.tsv"
FIRST = 5


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[DeskDatabase]:
    async with desk_database(f"sqlite:///{tmp_path}/desk.db") as database:
        async with database.writing() as connection:
            await fill_library(connection, system_scope("test"), NOON, {"d001": 1})
        yield database


async def test_the_right_article_is_among_the_first_five(library: DeskDatabase) -> None:
    lines = QUERIES.read_text(encoding="utf-8").splitlines()
    wanted = [line.split("\t") for line in lines if not line.startswith("#")]
    assert len(wanted) >= 200
    wrong = []
    async with library.reading() as connection:
        rows = await connection.execute(select(articles.c.id, articles.c.slug))
        slugs = {row.id: row.slug for row in rows}
        for query, slug in wanted:
            hits = (await find(connection, AGENT, query, NOON)).hits[:FIRST]
            if slug not in [slugs[hit.article.id] for hit in hits]:
                wrong.append((query, slug, [slugs[hit.article.id] for hit in hits]))
    told = "\n".join(map(str, wrong))
    assert len(wrong) <= len(wanted) * 0.05, told
