"""`callengine db spool`: what an administrator sees of the spool, and brings over by hand."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from callengine.cli.main import main
from config.example import example_toml
from tests.support.ledger_desk import opened_desk
from tests.support.outage import leave_as_killed, numbers, open_spooled, rows_of, sqlite_locked


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("storage.schema.database.BUSY_TIMEOUT_MS", 100)
    (tmp_path / "callengine_ami.secret").write_text("s3cret")
    path = tmp_path / "callengine.toml"
    text = example_toml().replace(
        '# url = "sqlite:///callengine.db"', f'url = "sqlite:///{tmp_path}/ledger.db"'
    )
    path.write_text(text)
    path.chmod(0o600)
    return path


def called(settings: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["db", "spool", "--config", str(settings), *arguments])


def test_it_tells_what_is_there_and_brings_it_over_once(settings: Path) -> None:
    folder = settings.parent
    url, spool = f"sqlite:///{folder}/ledger.db", folder / "ledger.db.spool"
    assert "there is no spool yet" in called(settings).output

    async def outage() -> int:
        await (await open_spooled(url, spool)).close()
        with sqlite_locked(url):
            ledger = await open_spooled(url, spool)
            desk = opened_desk(ledger)
            await ledger.writer.flush()
            refused = await asyncio.to_thread(called, settings, "--drain")
            assert refused.exit_code == 1
            assert "used by another callengine" in refused.output
            await leave_as_killed(ledger)
        return len(desk.decisions)

    decisions = asyncio.run(outage())
    shown = called(settings).output
    assert f"{decisions} decisions since, 2026-11-23" in shown
    assert "the engine can start with the database away" in shown
    assert "1 starts of the engine with the database away" in shown
    with sqlite_locked(url):
        refused = called(settings, "--drain")
        assert (refused.exit_code, "nothing is lost" in refused.output) == (1, True)
    assert f"{decisions} decisions went into the ledger" in called(settings, "--drain").output
    assert "0 decisions went into the ledger" in called(settings, "--drain").output

    async def journal() -> list[tuple[int, int]]:
        ledger = await open_spooled(url, spool)
        found = await rows_of(ledger.reader)
        await ledger.close()
        return numbers(found["journal"])

    assert asyncio.run(journal()) == [(2, seq) for seq in range(1, decisions + 1)]
