"""The desk's database on both kinds: made by migrations alone, as the code says its tables are; small transactions."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData, func, select

from callengine import desk
from callengine.desk.data.metadata import metadata
from callengine.desk.people.tables import trail
from callengine.desk.people.trail import record
from storage.schema.revisions import Fit
from tests.support.desk_pages import AGENT, desk_database
from tests.support.manual_clock import NOON


@pytest.fixture(params=["sqlite", "postgresql"])
def desk_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/desk.db"
    postgres: str = request.getfixturevalue("postgres_url")
    return postgres


def every_subjects_tables() -> MetaData:
    """Whichever subjects the tests before this one have imported."""
    for one in pkgutil.walk_packages(desk.__path__, f"{desk.__name__}."):
        if one.name.endswith(".tables"):
            importlib.import_module(one.name)
    return metadata


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    found = compare_metadata(context, every_subjects_tables())
    # Comments stand in the code only.
    return [one for one in found if not (isinstance(one, list) and one[0][0] == "modify_comment")]


async def test_migrations_make_what_the_code_says(desk_url: str) -> None:
    async with desk_database(desk_url) as database:
        async with database.reading() as connection:
            assert await connection.run_sync(differences) == []
        await database.prepare()
        assert (await database.look()).fit is Fit.CURRENT


async def test_of_a_change_the_trail_keeps_what_differs(desk_url: str) -> None:
    async with desk_database(desk_url) as database:
        async with database.writing() as connection:
            before, after = {"name": "Петров", "flat": "5"}, {"name": "Петрова", "flat": "5"}
            await record(
                connection,
                AGENT,
                NOON,
                "changed",
                ("resident", 7),
                company="sever",
                before=before,
                after=after,
            )
        async with database.reading() as connection:
            (row,) = (await connection.execute(select(trail))).all()
    assert (row.at, row.account_name, row.subject_id) == (NOON, "Иванова", "7")
    assert (row.before, row.after) == ('{"name": "Петров"}', '{"name": "Петрова"}')


async def test_many_write_at_once_and_one_that_fails_leaves_nothing(desk_url: str) -> None:
    async with desk_database(desk_url) as database:

        async def one(n: int) -> None:
            async with database.writing() as connection:
                await record(connection, AGENT, NOON, "looked", ("house", n))
                if n == 3:
                    raise ValueError(n)

        results = await asyncio.gather(*(one(n) for n in range(10)), return_exceptions=True)
        assert [type(one) for one in results if one is not None] == [ValueError]
        async with database.reading() as connection:
            assert await connection.scalar(select(func.count()).select_from(trail)) == 9
