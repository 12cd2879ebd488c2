"""Filters saved by name, on both databases: one's own only, replaced by name, each change in the trail."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from callengine.desk.data.database import DeskDatabase
from callengine.desk.history.saved import MOST, TooMany, forget, save, saved_by
from callengine.desk.people.scope import NotSeen
from callengine.desk.people.tables import trail
from tests.support.centre import NOON
from tests.support.desk_pages import SEVER, SUPERVISOR, desk_database


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[DeskDatabase]:
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/desk.db" if sqlite else str(request.getfixturevalue("postgres_url"))
    async with desk_database(url) as opened:
        yield opened


async def test_they_are_ones_own_and_the_same_name_replaces(database: DeskDatabase) -> None:
    async with database.writing() as connection:
        await save(connection, SUPERVISOR, NOON, "Потерянные", "outcome=abandoned")
        await save(connection, SUPERVISOR, NOON, "Потерянные", "outcome=lost")
        await save(connection, SEVER, NOON, "Потерянные", "callback=late")
    async with database.reading() as connection:
        (mine,) = await saved_by(connection, SUPERVISOR)
        (theirs,) = await saved_by(connection, SEVER)
    assert (mine.name, mine.query, theirs.query) == ("Потерянные", "outcome=lost", "callback=late")
    with pytest.raises(NotSeen):
        async with database.writing() as connection:
            await forget(connection, SEVER, NOON, mine.id)
    async with database.writing() as connection:
        await forget(connection, SUPERVISOR, NOON, mine.id)
    async with database.reading() as connection:
        assert await saved_by(connection, SUPERVISOR) == []
        told = (await connection.execute(select(trail.c.action, trail.c.before).order_by(trail.c.id))).all()
    assert [row.action for row in told] == ["saved", "saved", "saved", "removed"]
    assert told[1].before == '{"query": "outcome=abandoned"}'


async def test_there_is_an_end_to_them(database: DeskDatabase) -> None:
    async with database.writing() as connection:
        for n in range(MOST):
            await save(connection, SUPERVISOR, NOON, f"filter {n}", "")
    with pytest.raises(TooMany):
        async with database.writing() as connection:
            await save(connection, SUPERVISOR, NOON, "one more", "")
