"""Only `callengine db upgrade` migrates: a start makes an empty one, refuses an older, goes on with a newer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Column, Integer, MetaData, text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine

from callengine.cli.main import main
from callengine.desk import process
from callengine.desk.data.database import DeskDatabase, make_schema
from callengine.desk.data.migrate import DESK
from config.example import example_toml
from storage.ledger import open_ledger
from storage.migrate import LEDGER
from storage.schema.database import create_ledger_engine, ledger_url
from storage.schema.errors import LedgerError, OlderSchema, UnknownRevision
from storage.schema.revisions import Fit, Revisions
from tests.support.centre import NOON

assert process  # All subjects' tables are on the metadata.


@dataclass
class Place:
    """One of the two databases, as a start and the command see it."""

    revisions: Revisions
    engine: AsyncEngine
    url: URL
    row: str
    """Something that is to stay."""
    rows: str
    table: str
    column: str

    async def run(self, *statements: str) -> None:
        async with self.engine.begin() as connection:
            for one in statements:
                await connection.execute(text(one))

    async def count(self) -> int:
        async with self.engine.begin() as connection:
            return int(await connection.scalar(text(self.rows)) or 0)

    async def older(self) -> str:
        """Take it back by one revision."""
        before = self.revisions.known()[-2]
        async with self.engine.begin() as connection:
            await connection.run_sync(self.revisions.downgrade, before)
        return before

    async def begin(self) -> Fit:
        """As engine or desk start."""
        if self.revisions is LEDGER:
            ledger = await open_ledger(self.url.render_as_string(hide_password=False), "pbx1", NOON)
            await ledger.close()
            assert ledger.found is not None
            return ledger.found.fit
        database = DeskDatabase(self.url)
        try:
            return (await database.prepare()).fit
        finally:
            await database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/any.db"
    postgres: str = request.getfixturevalue("postgres_url")
    return postgres


@pytest.fixture(params=["ledger", "desk"])
async def place(request: pytest.FixtureRequest, any_url: str) -> AsyncIterator[Place]:
    url = ledger_url(any_url)
    of_desk = request.param == "desk"
    if of_desk:
        engine = create_ledger_engine(url)
        await make_schema(engine)
        await engine.dispose()
    engine = DeskDatabase(url)._writer if of_desk else create_ledger_engine(url)
    row = (
        "INSERT INTO trail (at, account_name, action, subject_kind, subject_id) "
        "VALUES (1, 'one', 'looked', 'house', '1')"
        if of_desk
        else "INSERT INTO runs (node, epoch, started_at) VALUES ('pbx1', 1, 1)"
    )
    table, column = ("trail", "subject_id") if of_desk else ("runs", "started_at")
    yield Place(DESK if of_desk else LEDGER, engine, url, row, f"SELECT count(*) FROM {table}", table, column)
    await engine.dispose()


async def test_an_older_one_is_refused_with_the_command_and_brought_up_with_its_rows(place: Place) -> None:
    assert await place.begin() is Fit.EMPTY
    assert await place.begin() is Fit.CURRENT
    await place.run(f"DELETE FROM {place.table}", place.row)
    before = await place.older()
    with pytest.raises(LedgerError, match=rf"revision {before}.*callengine db upgrade"):
        await place.begin()
    async with place.engine.connect() as connection:
        with pytest.raises(OlderSchema):
            await connection.run_sync(place.revisions.refuse_other)
    async with place.engine.begin() as connection:
        assert (await connection.run_sync(place.revisions.upgrade)).fit is Fit.OLDER
    assert await place.count() == 1
    assert await place.begin() is Fit.CURRENT


async def test_a_newer_one_that_only_added_is_worked_with_and_never_migrated(place: Place) -> None:
    await place.begin()
    await place.run(
        "UPDATE alembic_version SET version_num = '9999'",
        f"ALTER TABLE {place.table} ADD COLUMN novelty VARCHAR(10)",
        f"ALTER TABLE {place.table} ADD COLUMN filled INTEGER DEFAULT 1 NOT NULL",
        "CREATE TABLE novelties (id INTEGER PRIMARY KEY)",
    )
    assert await place.begin() is Fit.NEWER
    async with place.engine.begin() as connection:
        found = await connection.run_sync(place.revisions.upgrade)
        assert found.fit is Fit.NEWER
        assert "newer version" in found.told()
        assert (await connection.run_sync(place.revisions.refuse_other)).revision == "9999"
        with pytest.raises(UnknownRevision, match="only that version"):
            await connection.run_sync(place.revisions.downgrade, place.revisions.newest)


async def test_a_newer_one_that_lacks_something_is_refused_and_says_what(place: Place) -> None:
    await place.begin()
    name = place.table
    await place.run("UPDATE alembic_version SET version_num = '9999'", f"DELETE FROM {name}")

    async def refused(what: str) -> None:
        with pytest.raises(LedgerError, match=f"newer callengine.*{what}"):
            await place.begin()

    await place.run(f"ALTER TABLE {name} RENAME COLUMN {place.column} TO other")
    await refused(f"column {name}.{place.column} is gone")
    await place.run(f"ALTER TABLE {name} RENAME TO {name}_before")
    await refused(f"table {name} is gone")
    await place.run(f"DROP TABLE {name}_before")
    wanting = place.revisions.tables.tables[name].to_metadata(MetaData())
    wanting.append_column(Column("wanted", Integer, nullable=False))
    wanting.indexes.clear()
    async with place.engine.begin() as connection:
        await connection.run_sync(wanting.create)
    await refused(f"column {name}.wanted is new and must be filled")


def command(folder: Path, *words: str) -> Result:
    done = CliRunner().invoke(main, [*words, "--config", str(folder / "callengine.toml")])
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done


def configured(folder: Path, url: str) -> None:
    settings = folder / "callengine.toml"
    desk = url if url.startswith("postgresql") else f"sqlite:///{folder}/desk.db"
    content = example_toml()
    for old, new in (
        ('# url = "sqlite:///callengine.db"', f'url = "{url}"'),
        ('# database = "sqlite:///callengine-desk.db"', f'database = "{desk}"'),
        ('secret_file = "callengine_ami.secret"', f'secret_file = "{folder}/callengine_ami.secret"'),
    ):
        assert content.count(old) == 1, old
        content = content.replace(old, new)
    settings.write_text(content)
    settings.chmod(0o600)
    (folder / "callengine_ami.secret").write_text("s3cret")
    (folder / "callengine_ami.secret").chmod(0o600)


def test_the_command_brings_both_each_told_by_name_or_one(any_url: str, tmp_path: Path) -> None:
    configured(tmp_path, any_url)
    is_sqlite = any_url.startswith("sqlite")
    first = command(tmp_path, "db", "upgrade")
    assert first.exit_code == 0, first.output
    ledger, desk = first.output.splitlines()
    if is_sqlite:
        assert ledger == f"the ledger is not there yet: the engine's first start makes {tmp_path}/any.db"
        assert (
            desk == f"the desk's database is not there yet: the desk's first start makes {tmp_path}/desk.db"
        )
        assert command(tmp_path, "db", "upgrade", "--ledger", "--desk").output.splitlines() == [
            f"the ledger was made, at revision {LEDGER.newest}",
            f"the desk's database was made, at revision {DESK.newest}",
        ]
    for revisions, option in ((LEDGER, ()), (DESK, ("--desk",))):
        before = revisions.known()[-2]
        back = command(tmp_path, "db", "downgrade", before, *option)
        assert back.output == f"{revisions.subject} is at revision {before}\n"
    assert command(tmp_path, "db", "upgrade", "--desk").output == (
        f"the desk's database was brought from revision {DESK.known()[-2]} to {DESK.newest}\n"
    )
    assert command(tmp_path, "db", "upgrade").output.splitlines() == [
        f"the ledger was brought from revision {LEDGER.known()[-2]} to {LEDGER.newest}",
        f"the desk's database is at revision {DESK.newest}; nothing was changed",
    ]
    assert command(tmp_path, "db", "downgrade", "nonsense", "--desk").exit_code == 1
