"""`callengine check` opens a ledger on PostgreSQL as the engine would, and leaves nothing behind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, text

from callengine.check.files import Surroundings
from callengine.check.finding import Finding
from callengine.check.ledger import check_ledger
from callengine.demo.centre import CentrePlan, settings_text
from callengine.platform.identity import this_process
from config.loading import load_settings
from config.settings import Settings
from storage.leases import charge_of, take
from storage.migrate import LEDGER, newest_revision, upgrade
from storage.schema.database import create_ledger_engine, ledger_url
from storage.schema.tables import leases


def settings_of(folder: Path, url: str) -> Settings:
    secret = folder / "secret"
    secret.touch(mode=0o600)
    secret.write_text("s3cret")
    path = folder / "callengine.toml"
    path.touch(mode=0o600)
    path.write_text(settings_text(CentrePlan(), ami_port=1, secret_file=secret, database=url))
    return load_settings(path)


async def told(folder: Path, url: str) -> Finding:
    around = Surroundings(folder / "callengine.toml", None)
    (found,) = [one async for one in check_ledger(settings_of(folder, url), around)]
    return found


async def asked(url: str, sql: str) -> list[Any]:
    engine = create_ledger_engine(ledger_url(url))
    async with engine.begin() as connection:
        answer = await connection.execute(text(sql))
        rows = list(answer) if answer.returns_rows else []
    await engine.dispose()
    return rows


async def test_an_empty_database_and_a_ledger_are_read_and_written_and_left_as_they_were(
    postgres_url: str, tmp_path: Path
) -> None:
    empty = await told(tmp_path, postgres_url)
    assert (empty.severity, empty.what) == ("ok", f"ledger {postgres_url}: empty, made at the first start")
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    assert await asked(postgres_url, tables) == []
    engine = create_ledger_engine(ledger_url(postgres_url))
    await upgrade(engine)
    await engine.dispose()
    ready = await told(tmp_path, postgres_url)
    assert ready.what == f"ledger {postgres_url}: read and written, at revision {newest_revision()}"
    assert await asked(postgres_url, "SELECT * FROM runs") == []


async def test_a_database_that_only_reads_and_one_of_a_newer_version_are_refused(
    postgres_url: str, tmp_path: Path
) -> None:
    engine = create_ledger_engine(ledger_url(postgres_url))
    await upgrade(engine)
    await engine.dispose()
    await asked(postgres_url, "CREATE RULE no_starts AS ON INSERT TO runs DO INSTEAD SELECT 1 / 0")
    refused = await told(tmp_path, postgres_url)
    assert refused.severity == "error"
    assert refused.what.startswith(f"database.url: {postgres_url}: ")
    assert refused.help
    await asked(postgres_url, "DROP RULE no_starts ON runs")
    await asked(postgres_url, "UPDATE alembic_version SET version_num = '9999'")
    newer = await told(tmp_path, postgres_url)
    assert (newer.severity, newer.help) == ("ok", "")
    assert "revision 9999, of a newer version" in newer.what
    await asked(postgres_url, "ALTER TABLE runs RENAME COLUMN seen_at TO seen")
    newer = await told(tmp_path, postgres_url)
    assert newer.severity == "error"
    assert "the column runs.seen_at is gone" in newer.what
    assert newer.help
    await asked(postgres_url, "ALTER TABLE runs RENAME COLUMN seen TO seen_at")
    await asked(postgres_url, f"UPDATE alembic_version SET version_num = '{LEDGER.known()[-2]}'")
    older = await told(tmp_path, postgres_url)
    assert older.severity == "warning"
    assert "callengine db upgrade" in older.what
    assert older.help


@pytest.mark.parametrize("kind", ["postgresql", "sqlite"])
async def test_another_engine_that_holds_the_ledger_is_told_with_its_place(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """It may be in charge of the PBX from a machine that this one does not see there."""
    url = f"sqlite:///{tmp_path}/l.db" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    engine = create_ledger_engine(ledger_url(url))
    await upgrade(engine)
    me, around = this_process("callengine"), Surroundings(tmp_path / "callengine.toml", None)
    settings = settings_of(tmp_path, url)

    async def held_by(holder: str, seconds: float) -> list[tuple[str, str]]:
        async with engine.begin() as connection:
            await connection.execute(delete(leases))
            await connection.run_sync(take, charge_of(settings.pbx.name), holder, seconds=seconds)
        _, *found = [(one.severity, one.what) async for one in check_ledger(settings, around)]
        return found

    other = replace(me, machine="0badcafe", host="old-host", process=77)
    (found,) = await held_by(other.written(), 15)
    assert found == (
        "warning",
        f"the ledger is written by host old-host, process 77, for {settings.pbx.name!r}",
    )
    assert await held_by(other.written(), -1) == []
    (found,) = await held_by(me.written(), 15)
    assert found[0] == "ok"
    assert await held_by(replace(me, process=2**22 + 5).written(), 15) == []
    await engine.dispose()


async def test_no_such_database_is_told_with_what_to_look_at(postgres_url: str, tmp_path: Path) -> None:
    gone = await told(
        tmp_path, postgres_url.replace(postgres_url.rpartition("/")[2].partition("?")[0], "nobody")
    )
    assert gone.severity == "error"
    assert "nobody" in gone.what
    assert "password_file" in gone.help
