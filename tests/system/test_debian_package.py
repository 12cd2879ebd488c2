"""`make deb`'s package on a whole Debian: lintian, installed, upgraded, back, removed, purged; nothing lost before."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.debian_machine import DebianMachine, booted, why_not
from tests.support.debian_pbx import machine_with_asterisk, wheels
from tests.support.installed_service import Service
from tests.support.two_versions import NEW, NOVELTY, OLD, ROOT, wheel_of

pytestmark = [
    pytest.mark.long,
    pytest.mark.asterisk,
    pytest.mark.timeout(900),
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
]

SHOWN = "/usr/src/packages"
DID = "74951234501"
OWN = "# The administrator's own word.\n"


@pytest.fixture(scope="module")
def packages(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages of both versions, built as `make deb` builds them."""
    wheels()
    folder = tmp_path_factory.mktemp("packages")
    for version in (OLD, NEW):
        subprocess.run(
            [sys.executable, ROOT / "packaging/build_deb.py", wheel_of(archive, version), folder], check=True
        )
    return folder


def package(packages: Path, version: str) -> str:
    (found,) = packages.glob(f"callengine_{version}+*.deb")
    return f"{SHOWN}/{found.name}"


def apt(machine: DebianMachine, *words: str) -> str:
    return machine.run(
        f"apt-get -o Dpkg::Options::=--force-confold --no-install-recommends -y {' '.join(words)}",
        seconds=300,
    )


def test_lintian_finds_nothing_without_a_reason(packages: Path) -> None:
    with booted({SHOWN: packages}) as machine:
        said = machine.run(f"lintian --allow-root --pedantic -I {package(packages, OLD)} || true")
    assert re.findall(r"^[A-Z]: (?!callengine: .*\(masked\)).*", said, re.MULTILINE) == []
    reasons = (ROOT / "packaging/debian/lintian-overrides").read_text().splitlines()
    assert all(line.startswith(("#", "callengine: ")) for line in reasons)
    assert reasons[0].startswith("#")


def test_the_units_and_the_settings_are_those_that_sample_writes(packages: Path) -> None:
    with booted({SHOWN: packages}) as machine:
        apt(machine, "install", package(packages, OLD))
        machine.run("callengine sample /srv/sample")
        machine.run("cmp /srv/sample/callengine.toml /etc/callengine/callengine.toml")
        unit = machine.run("cat /srv/sample/callengine.service")
        packaged = machine.run("systemctl cat callengine").split("\n", 1)[1]
        program = re.compile(r"(?m)^ExecStart=\S+")
        assert program.sub("ExecStart=", packaged).strip() == program.sub("ExecStart=", unit).strip()
        assert "NAME\n       callengine" in machine.run("man callengine | cat")
        completed = machine.run(
            "bash -c '. /usr/share/bash-completion/completions/callengine; COMP_WORDS=(callengine rec); "
            "COMP_CWORD=1; _callengine_completion callengine; echo ${COMPREPLY[*]}'"
        )
        assert "reconcile" in completed
        # Nothing is started or enabled before there are settings.
        assert machine.run("systemctl is-enabled callengine", fails=True) == "disabled\n"
        assert machine.run("systemctl is-active callengine", fails=True) == "inactive\n"
        assert machine.run("dpkg --verify callengine") == ""
        machine.run("test -d /usr/lib/callengine/lib/python3*/site-packages/queues/__pycache__")


def test_installed_upgraded_backed_out_of_removed_and_purged(packages: Path) -> None:
    with machine_with_asterisk({SHOWN: packages}) as machine:
        service = Service(machine)
        apt(machine, "install", package(packages, OLD))
        machine.run(
            """set -e; cd /srv
            callengine sample sample
            install -m 0600 sample/callengine_ami.secret /etc/callengine/
            for part in manager extensions queues musiconhold lines; do
                install -m 0640 -g asterisk sample/callengine_$part.conf /etc/asterisk/
                test $part = lines || echo "#include \\"callengine_$part.conf\\"" >> /etc/asterisk/$part.conf
            done
            export CALLENGINE_CACHE=/srv/cache
            python3 /usr/share/callengine/asterisk-sample/provision.py --phrases-into /usr/share/asterisk
            callengine lines > /etc/asterisk/callengine_lines.conf
            for what in moh queue\\ reload\\ all dialplan manager; do
                case "$what" in queue*) ;; *) what="$what reload" ;; esac
                asterisk -rx "$what"
            done"""
        )
        assert machine.run("callengine check").endswith("Ready.\n")
        machine.run("systemctl enable --now callengine")
        service.is_up()
        assert service.security() <= 2.0
        service.missed_call("79160000001", DID)
        settings = machine.root / "etc/callengine/callengine.toml"
        secret = (machine.root / "etc/callengine/callengine_ami.secret").read_text()

        # Upgraded while it serves: what the administrator wrote is kept, and so is the ledger, with a copy of it.
        settings.write_text(settings.read_text(encoding="utf-8") + OWN)
        process = service.number()
        apt(machine, "install", package(packages, NEW))
        service.is_up()
        assert service.number() != process
        assert f"version {NEW}" in machine.run("callengine --version")
        assert settings.read_text(encoding="utf-8").endswith(OWN)
        assert NOVELTY in (machine.root / "etc/callengine/callengine.toml.dpkg-dist").read_text()
        assert machine.run("stat -c %a /var/lib/callengine/package-upgrade/ledger.db") == "600\n"
        assert machine.run("systemctl is-enabled callengine") == "enabled\n"
        assert service.calls() == 1
        service.missed_call("79160000002", DID)

        # Back to the older version: the ledger is carried back with all its rows.
        apt(machine, "--allow-downgrades", "install", package(packages, OLD))
        service.is_up()
        assert f"version {OLD}" in machine.run("callengine --version")
        assert service.calls() == 2

        # Stopped by hand, it stays so over an upgrade.
        machine.run("systemctl stop callengine")
        apt(machine, "install", package(packages, NEW))
        assert machine.run("systemctl is-active callengine", fails=True) == "inactive\n"
        machine.run("systemctl start callengine")
        service.is_up()

        apt(machine, "remove", "callengine")
        assert machine.run("pgrep -f [c]allengine.run", fails=True) == ""
        assert machine.run("command -v callengine", fails=True) == ""
        assert not (machine.root / "usr/lib/callengine").exists()
        assert (machine.root / "etc/callengine/callengine_ami.secret").read_text() == secret
        assert settings.read_text(encoding="utf-8").endswith(OWN)
        assert service.calls() == 2

        apt(machine, "install", package(packages, NEW))
        machine.run("systemctl start callengine")
        service.is_up()
        assert service.calls() == 2

        apt(machine, "purge", "callengine")
        left = "find / -xdev -path /proc -prune -o -path /usr/src -prune -o -name '*callengine*' -print"
        rest = [
            path
            for path in machine.run(left).split()
            if not path.startswith(
                ("/srv/", "/etc/asterisk/", "/usr/share/asterisk/", "/var/spool/asterisk/")
            )
        ]
        assert [path for path in rest if not path.startswith("/var/cache/man/")] == []
