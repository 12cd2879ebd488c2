"""Commands of the shell after a PostgreSQL fail-over, and while only a standby answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from callengine.cli.main import main
from config.example import example_toml
from tests.support.postgres_pair import Pair, pair

__all__ = ["pair"]

READ = [
    ["report", "day", "--format", "csv"],
    ["report", "evidence", "--format", "csv", "--from", "2026-11-23", "--to", "2026-11-23"],
    ["retention", "log"],
    ["retention", "run", "--dry-run"],
]
WRITE = [["db", "upgrade"], ["db", "rollup"], ["retention", "run"], ["db", "spool", "--drain"]]


def command(settings: Path, words: list[str]) -> tuple[int, str]:
    """What a command says, and that it says it in words."""
    done = CliRunner().invoke(main, [*words, "--config", str(settings)])
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done.exit_code, done.output


def test_every_command_finds_the_server_that_takes_writes_and_reads_a_standby_when_there_is_none(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLENGINE_RETENTION__JOURNAL_DAYS", "30")
    monkeypatch.chdir(tmp_path)  # Where the spool lies.
    (tmp_path / "callengine_ami.secret").write_text("s3cret")
    settings = tmp_path / "callengine.toml"
    text_ = example_toml().replace('# url = "sqlite:///callengine.db"', f'url = "{pair.by_hosts}"')
    assert pair.by_hosts in text_
    settings.write_text(text_)
    settings.chmod(0o600)
    assert command(settings, ["db", "upgrade"])[0] == 0
    pair.fail_over()
    for words in READ + WRITE:
        assert command(settings, words)[0] == 0, words
    pair.catch_up()
    pair.primary.stop()
    for words in READ:
        assert command(settings, words)[0] == 0, words
    for words in WRITE:
        code, said = command(settings, words)
        assert (code, "no PostgreSQL server is fit" in said) == (1, True), (words, said)
