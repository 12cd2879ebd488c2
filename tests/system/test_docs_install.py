"""docs/install.md, run as the script it claims to be, as far as a machine without systemd as process 1 can.

Two versions are built from this tree, the newer one with a migration of its own; the engine is started by the
unit's own command line, with what systemd would give it.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from callengine.demo.asterisk_process import AsteriskProcess
from callengine.demo.centre import CentrePlan, start_asterisk, write_settings
from callengine.sample.provisioned_tools import find_tools
from tests.support.debian_pbx import wheels
from tests.support.two_versions import NEW, OLD

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(300)]

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")


def blocks(name: str) -> str:
    found = re.findall(rf"^```sh {name}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert found, name
    return "\n".join(found)


@dataclass
class Machine:
    """A scratch root: where the page installs to, and a systemctl that only writes down what it was asked."""

    root: Path
    asterisk: AsteriskProcess

    def run(self, *names: str) -> str:
        environment = {
            **os.environ,
            "PATH": f"{self.root / 'bin'}:{os.environ['PATH']}",
            "PREFIX": str(self.root / "opt"),
            "ETC": str(self.root / "etc"),
            "BIN": str(self.root / "bin"),
            "ASTERISK_ETC": str(self.root / "pbx" / "etc"),
            "ASTERISK_GROUP": str(os.getgid()),
            "UNITS": str(self.root / "units"),
            "SYSUSERS": str(self.root / "sysusers"),
            "STATE": str(self.root / "state"),
            "SAMPLE": str(self.root / "sample"),
            # Half of pip's work, of which nothing is promised (0: pip reads "no compile" by its own logic).
            "PIP_NO_COMPILE": "0",
            # The locked wheels lie in a folder: no index is asked, which is three quarters of what is left of it.
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(wheels()),
        }
        script = "\n".join([blocks("settings"), *map(blocks, names)])
        done = subprocess.run(
            ["sh", "-c", script],
            cwd=self.root / "archive",
            env=environment,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def asked_of_systemd(self) -> list[str]:
        log = self.root / "systemctl.log"
        asked = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return asked

    def unit(self) -> dict[str, str]:
        text = (self.root / "units" / "callengine.service").read_text()
        return dict(line.split("=", 1) for line in text.splitlines() if re.match(r"[A-Z]\w*=", line))

    def live_through_a_service(self) -> str:
        """Start ExecStart as systemd would, see it ready and watched, stop it by SIGTERM; its log."""
        credentials = self.root / "credentials"
        shutil.rmtree(credentials, ignore_errors=True)
        credentials.mkdir()
        for name in re.findall(r"^LoadCredential=([^:]+):", self.unit_text(), re.MULTILINE):
            shutil.copy(self.root / "etc" / name, credentials / name)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices:
            notices.bind(str(self.root / "notify"))
            notices.settimeout(20)
            process = subprocess.Popen(
                self.unit()["ExecStart"].replace("%d", str(credentials)).split(),
                cwd=self.root / "state",
                env={
                    "PATH": "/usr/bin:/bin",
                    "NOTIFY_SOCKET": str(self.root / "notify"),
                    "WATCHDOG_USEC": "15000000",
                    "CREDENTIALS_DIRECTORY": str(credentials),
                },
                stderr=subprocess.PIPE,
                text=True,
            )
            try:
                heard: set[str] = set()
                while not {"READY=1", "WATCHDOG=1", "STATUS=AMI connected"} <= heard:
                    heard.add(notices.recv(4096).decode())
                process.send_signal(signal.SIGTERM)
                while "STOPPING=1" not in heard:
                    heard.add(notices.recv(4096).decode())
                _, errors = process.communicate(timeout=20)
            finally:
                process.kill()
                process.wait()
        (self.root / "notify").unlink()
        assert process.returncode == 0, errors
        assert '"event": "engine_stopped"' in errors
        return errors

    def use(self, version: str) -> None:
        """Its program is the one that the unit starts."""
        (self.root / "opt" / "current").unlink()
        (self.root / "opt" / "current").symlink_to(version)

    def unit_text(self) -> str:
        return (self.root / "units" / "callengine.service").read_text()

    def refusal_of(self, version: str) -> str:
        """What that version says when it is started on the ledger as it is."""
        done = subprocess.run(
            [
                self.root / "opt" / version / "bin" / "callengine",
                "run",
                "--config",
                self.root / "etc/callengine.toml",
            ],
            cwd=self.root / "state",
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 1
        return done.stderr


@pytest.fixture
def machine(archive: Path) -> Iterator[Machine]:
    with tempfile.TemporaryDirectory(prefix="callengine-") as name:
        root = Path(name)
        for folder in ("bin", "units", "state"):
            (root / folder).mkdir()
        (root / "archive").symlink_to(archive)
        for command in ("systemctl", "systemd-sysusers", "asterisk"):
            program = root / "bin" / command
            program.write_text(f'#!/bin/sh\ntest "$1" = show || echo "$*" >> {root}/{command}.log\n')
            program.chmod(0o700)
        asterisk = start_asterisk(root, CentrePlan(agents=2))
        try:
            yield Machine(root, asterisk)
        finally:
            asterisk.stop()


def test_installed_started_upgraded_backed_out_of_and_removed(machine: Machine) -> None:
    root = machine.root
    assert f"version {OLD}" in machine.run("install")
    assert (root / "etc").stat().st_mode & 0o777 == 0o700
    without_telephones = subprocess.run(
        [root / "bin" / "callengine", "demo", "--seconds", "1"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert without_telephones.returncode == 1
    assert "Traceback" not in without_telephones.stderr
    assert re.search(r"-m pip install .*aiosipua==[\d.]+", without_telephones.stderr)
    write_settings(
        root / "etc",
        CentrePlan(agents=2),
        ami_port=machine.asterisk.ami_port,
        secret_file=Path("callengine_ami.secret"),
    )
    settings = root / "etc" / "callengine.toml"
    settings.write_text(
        settings.read_text().replace(f"sqlite:///{root}/etc/ledger.db", "sqlite:///callengine.db")
    )
    shutil.copy(machine.asterisk.ami_secret_file, root / "etc" / "callengine_ami.secret")
    machine.run("lines")
    assert "exten => 74950000001,1," in (root / "sample" / "callengine_lines.conf").read_text()
    assert machine.run("check").endswith("Ready.\n")

    machine.run("postgresql")
    drop_in = root / "units" / "callengine.service.d" / "postgresql.conf"
    assert f"LoadCredential=callengine_db.secret:{root}/etc/callengine_db.secret" in drop_in.read_text()
    drop_in.unlink()

    machine.run("service")
    assert machine.asked_of_systemd() == ["daemon-reload", "daemon-reload", "enable --now callengine"]
    assert machine.unit()["ExecStart"].startswith(f"{root}/opt/current/bin/callengine run")
    machine.live_through_a_service()
    assert (root / "state" / "callengine.db").stat().st_mode & 0o077 == 0

    machine.run("upgrade")
    assert machine.asked_of_systemd() == ["restart callengine", "try-restart callengine-desk"]
    assert (root / "opt" / "current").resolve().name == NEW
    assert (root / "state" / f"before-{NEW}").stat().st_mode & 0o777 == 0o700
    assert (root / "state" / f"before-{NEW}" / "ledger.db").stat().st_mode & 0o777 == 0o600
    machine.live_through_a_service()
    # The old version, as it may still run then, or be started again: what was added is none of its business.
    machine.use(OLD)
    assert '"event": "ledger_is_newer"' in machine.live_through_a_service()
    machine.use(NEW)

    machine.run("back-out")
    assert machine.asked_of_systemd() == [
        "stop callengine callengine-desk",
        "start callengine",
        "--quiet is-enabled callengine-desk",
        "start callengine-desk",
    ]
    assert '"event": "ledger_is_newer"' not in machine.live_through_a_service()
    assert "callengine db upgrade" in machine.refusal_of(NEW)
    assert (root / "opt" / "current").resolve().name == OLD
    machine.live_through_a_service()

    machine.run("remove")
    assert not (root / "opt").exists()
    assert not list((root / "units").iterdir())
    assert (root / "state" / "callengine.db").exists()


def test_the_wheel_carries_the_sample_the_migrations_and_the_unit(archive: Path) -> None:
    with zipfile.ZipFile(archive / "dist" / f"callengine-{OLD}-py3-none-any.whl") as wheel:
        names = set(wheel.namelist())
    for path in ("asterisk-sample/etc", "asterisk-sample/sounds", "asterisk-sample/provisioning"):
        for file in (ROOT / path).iterdir():
            if file.is_file():
                assert f"callengine/asterisk_sample/{file.relative_to(ROOT / 'asterisk-sample')}" in names
    for file in (ROOT / "storage" / "migrations" / "versions").glob("*.py"):
        assert f"storage/migrations/versions/{file.name}" in names
    for system in ("prometheus", "grafana"):
        for file in (ROOT / "config" / system).rglob("*.*"):
            assert str(file.relative_to(ROOT)) in names
    units = {"callengine.service", "callengine-desk.service", "callengine.sysusers"}
    assert {"callengine/runbooks.md", *(f"callengine/{unit}" for unit in units)} <= names
    for folder in ("desk/data/migrations/versions", "desk/web/templates", "desk/web/static", "locale"):
        for file in (ROOT / "callengine" / folder).rglob("*.*"):
            if "__pycache__" not in file.parts:
                assert str(file.relative_to(ROOT)) in names
    assert not [name for name in names if name.startswith("tests/") or name.endswith(".pyc")]


@pytest.mark.parametrize("name", ["callengine", "callengine-desk"])
def test_the_units_are_sound_and_their_sandbox_tight(name: str, tmp_path: Path) -> None:
    analyze = find_tools().programs["systemd-analyze"]
    unit = tmp_path / f"{name}.service"
    text = (ROOT / "callengine" / f"{name}.service").read_text(encoding="utf-8")
    unit.write_text(text.replace("@PROGRAM@", "/bin/true").replace("@SETTINGS@", "/etc/callengine"))

    def ask(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*analyze.command, *arguments, str(unit)],
            env={**analyze.full_environment(), "LC_ALL": "C", "SYSTEMD_LOG_LEVEL": "warning"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    security = ask("security", "--offline=true", "--no-pager")
    found = re.search(rf"Overall exposure level for {name}\.service: ([0-9.]+)", security.stdout)
    assert found is not None, security.stdout + security.stderr
    assert float(found[1]) <= 0.9
