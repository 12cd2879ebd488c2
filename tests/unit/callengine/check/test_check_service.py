"""`check` sees the files, the ledger and the hosts as the installed service would, not as root who typed it."""

from __future__ import annotations

import asyncio
import grp
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from callengine.check import files
from callengine.check.files import Surroundings
from callengine.check.finding import Finding
from callengine.check.pbx import check_machine
from callengine.check.unit_file import Service, installed_service
from callengine.sample.asterisk_config import write_services
from config.example import example_toml
from config.loading import load_settings
from config.settings import Settings
from storage.schema.database import keep_private, ledger_url


@pytest.fixture
def etc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.upper().startswith("CALLENGINE_") or name == "CREDENTIALS_DIRECTORY":
            monkeypatch.delenv(name)
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "callengine_ami.secret").touch(mode=0o600)
    (folder / "callengine_ami.secret").write_text("s3cret\n")
    return folder


def address() -> str:
    """This test's own: nobody else listens there."""
    return f"127.{os.getpid() % 200 + 20}.{os.getpid() // 200 % 250}.10"


def settings_of(etc: Path, *changes: tuple[str, str]) -> Settings:
    text = example_toml().replace('# host = "127.0.0.1"  # listened', f'host = "{address()}"  # listened')
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    path = etc / "callengine.toml"
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def unit_of(etc: Path, *drop_in: str) -> Service:
    """The unit that ships, installed for these settings, with a drop-in."""
    units = etc.parent / "units"
    shutil.rmtree(units, ignore_errors=True)
    (units / "callengine.service.d").mkdir(parents=True)
    write_services(units, program=Path("/opt/x/bin/callengine"), settings=etc)
    lines = "\n".join(["# by hand", "[Service]", *drop_in])
    (units / "callengine.service.d" / "own.conf").write_text(lines)
    service = installed_service([units])
    assert service is not None
    return service


def errors(settings: Settings, etc: Path, service: Service | None) -> list[Finding]:
    found = asyncio.run(check_machine(settings, Surroundings(etc / "callengine.toml", service)))
    return [one for one in found if one.severity != "ok"]


def test_the_unit_that_ships_works_with_the_example(etc: Path) -> None:
    settings, service = settings_of(etc), unit_of(etc)
    assert service.runs_on(etc / "callengine.toml")
    assert not service.runs_on(etc / "other.toml")
    assert service.folder == Path("/var/lib/callengine")
    assert errors(settings, etc, service) == []


def test_what_the_freepbx_guide_once_told_is_found_before_the_service_fails(etc: Path) -> None:
    settings = settings_of(
        etc, ('# url = "sqlite:///callengine.db"', 'url = "sqlite:////etc/callengine/ledger.db"')
    )
    found = errors(settings, etc, unit_of(etc))
    assert [one.what for one in found] == [
        "database.url: the service may not write /etc/callengine/ledger.db",
        "database.spool_file: the service may not write /etc/callengine/ledger.db.spool",
    ]
    assert "a relative path is in /var/lib/callengine" in found[0].help
    open_folder = unit_of(etc, "ReadWritePaths=/etc/callengine")
    assert [one.what for one in errors(settings, etc, open_folder) if "write" in one.what] == []


def test_a_secret_that_no_credential_hands_over_is_found(etc: Path) -> None:
    for name in ("db.secret", "ami.secret"):
        (etc / name).touch(mode=0o600)
        (etc / name).write_text("pw\n")
    settings = settings_of(
        etc,
        ('# password_file = ""', 'password_file = "db.secret"'),
        ('"callengine_ami.secret"', f'"{etc}/ami.secret"'),
    )
    found = errors(settings, etc, unit_of(etc))
    assert [one.what for one in found] == [
        f"pbx.secret_file: the service is not handed {etc}/ami.secret",
        "database.password_file: the service is not handed db.secret",
    ]
    assert (
        found[1].help == f"`systemctl edit callengine`, [Service]: LoadCredential=db.secret:{etc}/db.secret"
    )
    mended = unit_of(
        etc, f"LoadCredential=db.secret:{etc}/db.secret", f"LoadCredential=ami.secret:{etc}/ami.secret"
    )
    assert errors(settings, etc, mended) == []
    gone = unit_of(etc, f"LoadCredential=db.secret:{etc}/gone", f"LoadCredential=ami.secret:{etc}/ami.secret")
    assert "the service cannot start" in errors(settings, etc, gone)[0].what


def test_the_group_that_opens_asterisks_log_folder_is_named(etc: Path) -> None:
    group = grp.getgrgid(os.getgid()).gr_name
    with tempfile.TemporaryDirectory(prefix="callengine-", dir="/var/tmp") as folder:
        # Others may pass through it, and through what is above it.
        Path(folder).chmod(0o755)
        log = Path(folder) / "log"
        log.mkdir(mode=0o750)
        (log / "queue_log").write_text("")
        settings = settings_of(etc, ('# file = ""', f'file = "{log}/queue_log"'))
        (found,) = errors(settings, etc, unit_of(etc, "SupplementaryGroups=nogroup"))
        assert found.what == f"queue_log.file: the service may not read {log}/queue_log, because of {log}"
        assert found.help == f"`systemctl edit callengine`, [Service]: SupplementaryGroups={group}"
        assert errors(settings, etc, unit_of(etc, f"SupplementaryGroups={group}")) == []


def test_a_file_that_roots_own_command_left_in_the_state_folder_is_found(
    etc: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    service = unit_of(etc, f"WorkingDirectory={state}", f"ReadWritePaths={state}")
    settings = settings_of(etc)
    (state / "callengine.tokens").touch()
    assert errors(settings, etc, service) == []
    monkeypatch.setattr(files, "owner_of", lambda path: 0 if path.suffix else 61234)
    (found,) = errors(settings, etc, service)
    assert found.what == f"http.tokens_file: {state}/callengine.tokens is not the service's own"
    assert found.help.startswith(f"chown --reference={state} ")


def test_a_ledger_that_root_makes_is_its_folders_owners(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[Path, int, int]] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chown", lambda path, user, group: given.append((path, user, group)))
    keep_private(ledger_url(f"sqlite:///{tmp_path}/ledger.db"))
    keep_private(ledger_url(f"sqlite:///{tmp_path}/ledger.db"))
    folder = tmp_path.stat()
    assert given == [(tmp_path / "ledger.db", folder.st_uid, folder.st_gid)]


def test_hosts_behind_the_units_wall_and_ports_below_1024(etc: Path) -> None:
    settings = settings_of(
        etc,
        ('# host = "127.0.0.1"  # where', 'host = "192.0.2.5"  # where'),
        ("# port = 8790", "port = 80"),
        ('# url = "sqlite:///callengine.db"', 'url = "postgresql://u@127.0.0.1:1,192.0.2.6:1/d"'),
        ("# recordings_days = 0", "recordings_days = 90"),
    )
    found = errors(settings, etc, unit_of(etc))
    assert found.pop().what.startswith("database.url: postgresql://u@127.0.0.1:1,192.0.2.6:1/d: ")
    assert [one.what for one in found] == [
        "pbx.host: the service may not speak to 192.0.2.5",
        "database.url: the service may not speak to 192.0.2.6",
        "http.port: the service may not listen on 80",
        "retention.recordings_days: the service may not delete recordings",
    ]
    assert found[0].help.endswith("IPAddressAllow=192.0.2.5")
    assert unit_of(etc, "IPAddressAllow=192.0.2.0/24").may_speak_to("192.0.2.5")


def test_a_ledger_of_a_newer_version_or_another_pbx_or_that_is_read_only_is_found(
    etc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(etc)
    settings = settings_of(etc)
    done = callengine(etc, "db", "upgrade", "--ledger")
    assert done.returncode == 0, done.stderr
    assert errors(settings, etc, None) == []
    with sqlite3.connect("callengine.db") as ledger:
        ledger.execute(
            "INSERT INTO runs (node, epoch, started_at) VALUES ('other', 1, '2026-01-01 00:00:00')"
        )
    ledger.close()
    (found,) = errors(settings, etc, None)
    assert found.what == "pbx.name: the ledger has never seen 'pbx1'"
    with sqlite3.connect("callengine.db") as ledger:
        assert ledger.execute("SELECT count(*) FROM runs").fetchone() == (1,), "check left a row behind"
        ledger.execute(
            "CREATE TRIGGER no_start BEFORE INSERT ON runs BEGIN SELECT RAISE(ABORT, 'read only'); END"
        )
    ledger.close()
    (found,) = errors(settings, etc, None)
    assert "read only" in found.what
    with sqlite3.connect("callengine.db") as ledger:
        ledger.execute("UPDATE alembic_version SET version_num = '9999'")
        ledger.execute("ALTER TABLE runs RENAME COLUMN seen_at TO seen")
    ledger.close()
    (found,) = errors(settings, etc, None)
    assert "the ledger is at revision 9999, of a newer callengine" in found.what
    assert "the column runs.seen_at is gone" in found.what
    assert found.help


def callengine(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "callengine", *arguments, "--config", str(folder / "callengine.toml")]
    root = Path(__file__).resolve().parents[4]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_start_that_fails_names_key_file_and_remedy(etc: Path) -> None:
    (etc / "ledger").mkdir()
    cases = [
        (
            ('# url = "sqlite:///callengine.db"', 'url = "sqlite:///ledger"'),
            "database.url",
            str(etc / "ledger"),
        ),
        (('# spool_file = ""', 'spool_file = "ledger"'), "database.spool_file", "ledger"),
        (
            ("# control_socket = ", 'control_socket = "callengine.toml"  # '),
            "http.control_socket",
            "callengine.toml",
        ),
        (("# port = 8790", "port = 8791"), "http.port", f"{address()}:8791"),
    ]
    with socket.create_server((address(), 8791)):
        for change, key, named in cases:
            settings_of(etc, change)
            done = callengine(etc, "run")
            assert done.returncode == 1
            said = done.stderr.strip().splitlines()[-1]
            assert "Traceback" not in done.stderr
            assert said.startswith(f"{etc}/callengine.toml: {key}: ")
            assert named in said
            assert " → " in said
