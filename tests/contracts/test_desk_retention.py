"""What the desk keeps no longer: on both databases, by the settings' terms, figures and legal holds excepted."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from callengine.desk.data.metadata import metadata
from callengine.desk.process import PLACES
from callengine.desk.retention import ROWS, ForDays, forget_what_is_due
from config.schema.records import Retention
from config.settings import Settings
from tests.support.desk_doors import BASE
from tests.support.desk_pages import desk_database
from tests.support.manual_clock import NOON
from tests.support.two_companies import OURS, THEIRS, planted_row


@pytest.fixture(params=["sqlite", "postgresql"])
def desk_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/desk.db"
    postgres: str = request.getfixturevalue("postgres_url")
    return postgres


def test_every_table_of_the_desk_has_a_row() -> None:
    assert PLACES  # The composition root brings every subject's tables.
    assert set(ROWS) == set(metadata.tables)


def test_every_term_is_a_setting_and_names_columns_that_there_are() -> None:
    for name, row in ROWS.items():
        if isinstance(row, ForDays):
            columns = metadata.tables[name].c
            assert {row.since, *row.only, *row.blanked} <= set(columns.keys())
            assert row.days(Retention(trail_days=7, cards_days=7, sessions_days=7)) == 7


def settings(**retention: int) -> Settings:
    companies = [{"id": OURS, "name": "УК Север"}, {"id": THEIRS, "name": "УК Юг", "legal_hold": True}]
    return Settings(**{**BASE, "companies": companies}, retention=retention)


async def test_what_is_older_goes_what_is_open_or_held_stays_and_figures_too(desk_url: str) -> None:
    trail, cards = metadata.tables["trail"], metadata.tables["cards"]
    async with desk_database(desk_url) as database:
        async with database.writing() as connection:
            for company in (OURS, THEIRS):
                await connection.execute(trail.insert().values(**planted_row(trail, company)))
                closed = {**planted_row(cards, company), "closed_at": NOON}
                await connection.execute(cards.insert().values(**closed))
            still_open = {**planted_row(cards, OURS), "id": 5, "call": "open", "closed_at": None}
            await connection.execute(cards.insert().values(**still_open))
        later = NOON + timedelta(days=31)
        assert await forget_what_is_due(database, settings(trail_days=0, cards_days=0), later) == []
        wanted = settings(trail_days=30, cards_days=30)
        done = await forget_what_is_due(database, wanted, later)
        assert [(one.table, one.rows) for one in done] == [("trail", 1), ("cards", 1)]
        assert await forget_what_is_due(database, wanted, later) == []
        async with database.reading() as connection:
            companies = (await connection.scalars(select(trail.c.company).order_by(trail.c.id))).all()
            notes = {
                row.call: row.note for row in await connection.execute(select(cards.c.call, cards.c.note))
            }
            opened = await connection.scalar(
                select(func.count()).select_from(cards).where(cards.c.opened_at == NOON)
            )
    assert [one for one in companies if one is not None] == [THEIRS]
    assert opened == 3
    ours = planted_row(cards, OURS)
    assert notes[ours["call"]] == ""
    assert notes["open"] == ours["note"]
    assert notes[planted_row(cards, THEIRS)["call"]] != ""


async def test_many_rows_are_forgotten_in_small_pieces(desk_url: str) -> None:
    trail = metadata.tables["trail"]
    async with desk_database(desk_url) as database:
        row = {name: value for name, value in planted_row(trail, OURS).items() if name != "id"}
        async with database.writing() as connection:
            await connection.execute(trail.insert(), [row] * 1200)
        (done,) = await forget_what_is_due(database, settings(trail_days=1), NOON + timedelta(days=2))
        assert done.rows == 1200
