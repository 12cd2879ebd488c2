"""Options of `callengine callbacks` and `callengine messages` stand where anyone would type them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from callengine.cli import callbacks as desk_commands
from callengine.cli.main import main
from callengine.demo.centre import CentrePlan, settings_text


class HeardDesk:
    """Takes down how the engine would have been asked."""

    heard: list[Any]

    def __init__(self, settings: Any, by: str, *, as_json: bool, full: bool) -> None:
        HeardDesk.heard = [settings.companies[0].id, by, as_json, full]

    def __getattr__(self, verb: str) -> Any:
        return lambda *words: HeardDesk.heard.extend([verb, *words])


@pytest.mark.parametrize(
    ("line", "heard"),
    [
        ("callbacks {o}", ["list"]),
        ("callbacks {o} show ob-1", ["show", "ob-1"]),
        ("callbacks show {o} ob-1", ["show", "ob-1"]),
        ("callbacks show ob-1 {o}", ["show", "ob-1"]),
        ("callbacks --json --full show ob-1 --by petrova --config {c}", ["show", "ob-1"]),
        ("callbacks assign ob-1 1002 {o}", ["assign", "ob-1", "1002"]),
        ("messages {o}", ["messages"]),
        ("messages review m-1 done {o}", ["review", "m-1", "done"]),
    ],
)
def test_before_and_behind_the_subcommand(
    line: str, heard: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "s"
    secret.touch(mode=0o600)
    secret.write_text("x")
    config = tmp_path / "c.toml"
    config.touch(mode=0o600)
    config.write_text(settings_text(CentrePlan(), ami_port=1, secret_file=secret, database="sqlite://"))
    monkeypatch.setattr(desk_commands, "CallbackDesk", HeardDesk)
    words = line.format(o=f"--json --full --by petrova --config {config}", c=config).split()
    result = CliRunner().invoke(main, words, catch_exceptions=False)
    assert (result.exit_code, HeardDesk.heard) == (0, ["zarya", "petrova", True, True, *heard])


def test_the_later_settings_file_counts() -> None:
    result = CliRunner().invoke(main, ["callbacks", "--config", "/a", "show", "ob-1", "--config", "/b"])
    assert result.exit_code == 1
    assert "/b" in result.output
