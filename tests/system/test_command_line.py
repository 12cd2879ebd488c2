"""What an administrator types."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from callengine.demo.centre import EMERGENCY_DID, CentrePlan, start_asterisk, write_settings


def callengine(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "callengine", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_help_names_every_verb() -> None:
    done = callengine("--help")
    assert done.returncode == 0
    for verb in ("run", "check", "sample", "demo"):
        assert verb in done.stdout
    assert callengine("frobnicate").returncode == 2


def test_sample_writes_a_configuration_with_fresh_passwords_that_nobody_else_may_read(tmp_path: Path) -> None:
    target = tmp_path / "etc"
    assert callengine("sample", str(target)).returncode == 0
    files = [path for path in target.rglob("*") if path.is_file()]
    assert {"extensions.conf", "pjsip.conf", "manager.conf", "callengine.toml"} <= {
        path.name for path in files
    }
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    secret = (target / "callengine_ami.secret").read_text().strip()
    again = callengine("sample", str(target))
    assert again.returncode == 1
    assert secret not in again.stdout + again.stderr
    assert callengine("sample", str(target), "--force").returncode == 0
    assert (target / "callengine_ami.secret").read_text().strip() != secret


def test_check_and_run_tell_every_mistake_of_the_settings(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text('[pbx]\nprot = 1\n[http]\nhost = "everywhere"\n')
    for verb in ("check", "run"):
        done = callengine(verb, "--config", str(bad))
        assert done.returncode == 1
        assert "pbx.prot" in done.stderr
        assert "did you mean 'port'?" in done.stderr
        assert "http.host" in done.stderr


def test_check_finds_a_ready_pbx_ready_and_tells_what_is_missing_on_another(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with tempfile.TemporaryDirectory(prefix="callengine-") as name:
        folder = Path(name)
        plan = CentrePlan(agents=2, trunk_qualify_seconds=30)
        asterisk = start_asterisk(folder, plan)
        try:
            path = write_settings(
                folder, plan, ami_port=asterisk.ami_port, secret_file=asterisk.ami_secret_file
            )
            # An address of its own, with a port that stays.
            own = path.read_text().replace("[http]\nport = 0", '[http]\nhost = "127.44.3.2"\nport = 8790')
            path.write_text(own)
            done = callengine("check", "--config", str(path))
            assert done.returncode == 0, done.stdout
            assert done.stdout.endswith("Ready.\n")
            assert "warning" not in done.stdout
            text = (
                path.read_text()
                .replace('id = "1002"', 'id = "7777"')
                .replace('trunk = "trunk"', 'trunk = "none"')
            )
            text = text.replace(f'[lines.callback]\ntrunk = "none"\ncaller_id = "+{EMERGENCY_DID}"\n', "")
            path.write_text(text)
            asterisk.command_line("dialplan remove context callengine-hold")
            asterisk.command_line("module unload func_groupcount.so")
            done = callengine("check", "--config", str(path), "--json")
            assert done.returncode == 1
            errors = [
                one["what"] for one in json.loads(done.stdout)["findings"] if one["severity"] == "error"
            ]
            assert errors == [
                "lines[1].callback: this line's residents cannot be called back",
                "module func_groupcount.so is not loaded",
                "context callengine-hold is missing",
                "agent 7777: Asterisk knows no PJSIP/7777",
                "callbacks: Asterisk knows no trunk PJSIP/none",
            ]
            wrong = tmp_path_factory.mktemp("wrong") / "x.secret"
            wrong.write_text("wrong")
            path.write_text(text.replace(str(asterisk.ami_secret_file), str(wrong)))
            refused = callengine("check", "--config", str(path))
            assert refused.returncode == 1
            assert "refuses user 'callengine'" in refused.stdout
        finally:
            asterisk.stop()
    path = tmp_path_factory.mktemp("gone") / "callengine.toml"
    path.write_text(text.replace(f'secret_file = "{asterisk.ami_secret_file}"', 'secret = "x"'))
    path.chmod(0o600)
    gone = callengine("check", "--config", str(path))
    assert gone.returncode == 1
    assert "does not answer" in gone.stdout


def test_off_loopback_the_engine_starts_with_a_token_only_and_the_token_is_shown_once(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.touch(mode=0o600)
    secret.write_text("s3cret")
    path = write_settings(tmp_path, CentrePlan(agents=1), ami_port=5038, secret_file=secret)
    tokens = tmp_path / "tokens"
    text = path.read_text().replace("[http]\n", f'[http]\nhost = "0.0.0.0"\ntokens_file = "{tokens}"\n')
    path.write_text(text)
    refused = callengine("run", "--config", str(path))
    assert refused.returncode == 1
    assert "callengine token" in refused.stderr
    assert not (tmp_path / "ledger.db").exists()
    checked = callengine("check", "--config", str(path), "--json")
    assert "no token" in checked.stdout
    made = callengine("token", "--config", str(path), "--name", "tv")
    assert made.returncode == 0, made.stderr
    token = made.stdout.strip()
    assert len(token) > 40
    assert token not in tokens.read_text() + made.stderr
    assert callengine("token", "--config", str(path), "--name", "tv").returncode == 1
    listed = callengine("token", "--config", str(path), "list")
    assert listed.stdout.split()[:3] == ["tv", "wallboard", "made"]
    assert callengine("token", "--config", str(path), "revoke", "tv").returncode == 0
    assert callengine("token", "--config", str(path), "list").stdout == ""
    assert callengine("run", "--config", str(path)).returncode == 1
