"""What the desk is given of the settings: everything but secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from callengine.desk.process import opened_database
from callengine.platform.start_errors import StartError
from config.errors import ConfigError
from config.example import example_toml
from config.loading import load_desk_settings, load_settings


def test_the_desk_gets_its_own_password_and_no_other_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "callengine.toml"
    path.touch(mode=0o600)
    (tmp_path / "callengine_ami.secret").write_text("of AMI\n", encoding="utf-8")
    (tmp_path / "desk.secret").write_text("of the desk\n", encoding="utf-8")
    mine = '[desk]\ndatabase_password_file = "desk.secret"\n'
    path.write_text(example_toml().replace("[desk]\n", mine, 1), encoding="utf-8")
    monkeypatch.setenv("CALLENGINE_DATABASE__PASSWORD", "in the environment")
    settings = load_desk_settings(path)
    assert settings.pbx.secret.get_secret_value() == ""
    assert settings.pbx.secret_file is None
    assert settings.database.password.get_secret_value() == ""
    assert settings.desk.database_password.get_secret_value() == "of the desk"
    assert settings.desk.port == 8791


def test_settings_that_would_hand_it_the_secret_of_ami_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "callengine.toml"
    path.touch(mode=0o600)
    path.write_text(example_toml().replace("[pbx]\n", '[pbx]\nsecret = "in the file"\n', 1), encoding="utf-8")
    assert load_settings(path).pbx.secret.get_secret_value() == "in the file"
    with pytest.raises(ConfigError, match="must not hold the AMI user's secret") as refused:
        load_desk_settings(path)
    assert "in the file" not in str(refused.value)


def test_it_starts_without_the_secrets_file_and_is_told_every_other_mistake(tmp_path: Path) -> None:
    path = tmp_path / "callengine.toml"
    path.write_text(example_toml(), encoding="utf-8")
    with pytest.raises(ConfigError, match="secret"):
        load_settings(path)
    assert load_desk_settings(path).desk.host == "127.0.0.1"
    path.write_text(example_toml() + "\n[desk]\nprot = 1\n", encoding="utf-8")
    with pytest.raises(ConfigError):
        load_desk_settings(path)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])  # noqa: S104  # nothing listens
def test_a_port_that_is_the_engines_is_refused_and_the_same_number_elsewhere_is_not(
    host: str, tmp_path: Path
) -> None:
    path = tmp_path / "callengine.toml"
    mine = f'[desk]\nhost = "{host}"\nport = 8790\n'
    path.write_text(example_toml().replace("[desk]\n", mine, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"desk\.port .*8790 is http\.port"):
        load_desk_settings(path)
    path.write_text(path.read_text().replace(mine, mine.replace(host, "192.0.2.1"), 1), encoding="utf-8")
    assert load_desk_settings(path).desk.port == 8790


async def test_the_engines_ledger_by_another_name_is_no_database_of_the_desks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A desk that stands still in a transaction would hold up what the engine commits."""
    monkeypatch.chdir(tmp_path)
    ledger = tmp_path / "callengine.db"
    ledger.touch()
    path = tmp_path / "callengine.toml"
    mine = f'[desk]\ndatabase = "sqlite:///{ledger}"\n'
    path.write_text(example_toml().replace("[desk]\n", mine, 1), encoding="utf-8")
    with pytest.raises(StartError, match="is the engine's ledger"):
        await opened_database(load_desk_settings(path))
    assert ledger.read_bytes() == b""
