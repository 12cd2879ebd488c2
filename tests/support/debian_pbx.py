"""An Asterisk in a Debian machine of the tests, at the places where Debian's own package has it, run by its own unit.

Debian 12 has no Asterisk, and the one that the project provides needs a newer C library: its programs are called
through the loader that came along (docs/decisions/0007-asterisk-unpacked.md).
"""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.debian_machine import ROOT, DebianMachine, booted

ARCHIVE = "/usr/src/callengine"
WHEELS = "/usr/src/wheels"
"""Where a machine of the tests sees the source archive, and what pip needs without a network."""
PREFIX = "/opt/asterisk"
PHONES = ("1001", "1002")
TRUNK_AND_PHONES = """
[transport-udp]
type = transport
protocol = udp
bind = 127.0.0.1:5060
[trunk]
type = endpoint
context = from-trunk
allow = alaw
aors = trunk
[trunk]
type = aor
contact = sip:127.0.0.1:5070
"""
PHONE = """
[@]
type = endpoint
context = from-phones
allow = alaw
aors = @
auth = @
device_state_busy_at = 1
[@]
type = aor
max_contacts = 1
[@]
type = auth
auth_type = digest
username = @
password = of-no-use-here
"""


@dataclass(frozen=True)
class _Provided:
    prefix: Path
    """Seen in the machine as PREFIX: Asterisk's user may read there."""
    cache: Path
    commands: dict[str, str]
    """What the shell runs for each program, by its name."""


def _provided() -> _Provided:
    """The unpacked Asterisk and what belongs to it, also where the machine around has one of its own."""
    folder = str(ROOT / "asterisk-sample")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    cache = importlib.import_module("provisioning.cache").Cache.of_environment()
    toolset: Any = importlib.import_module("provisioning.toolset")
    with cache.locked():
        found = toolset.find(cache, fresh=True)
    commands = {
        name: " ".join(
            [*(f"{key}={value}" for key, value in tool.environment.items()), "exec", *tool.command]
        )
        for name, tool in found.tools.items()
    }
    prefix = found.asterisk.data.parents[2]
    moved = {name: command.replace(str(prefix), PREFIX) for name, command in commands.items()}
    return _Provided(prefix, cache.root, moved)


def wheels() -> Path:
    """The folder that holds every wheel of requirements/run.txt: what pip needs without a network."""
    folder = _provided().cache / "wheels"
    folder.mkdir(parents=True, exist_ok=True)
    lock = ("--require-hashes", "-r", str(ROOT / "requirements" / "run.txt"))
    download = [
        sys.executable,
        "-m",
        "pip",
        "-q",
        "download",
        "--only-binary",
        ":all:",
        "-d",
        str(folder),
        *lock,
    ]
    kept = ["--no-index", "--find-links", str(folder)]
    if subprocess.run([*download, *kept], capture_output=True, check=False).returncode != 0:
        subprocess.run(download, check=True)
    return folder


@contextmanager
def machine_with_asterisk(shown: Mapping[str, Path] | None = None) -> Iterator[DebianMachine]:
    """A booted machine whose Asterisk runs as Debian configures it, with a trunk and the phones of PHONES."""
    provided = _provided()
    with booted({PREFIX: provided.prefix, **(shown or {})}) as machine:
        for name, command in provided.commands.items():
            if name != "systemd-analyze":  # the machine has its own
                place = f"/usr/{'sbin' if name == 'asterisk' else 'bin'}/{name}"
                machine.put(place, f'#!/bin/sh\n{command} "$@"\n', mode=0o755)
        machine.run(
            f"""set -ex
            useradd --system --home-dir /var/lib/asterisk --shell /usr/sbin/nologin asterisk
            cp -a {PREFIX}/etc/asterisk /etc/
            cp -a {PREFIX}/usr/share/asterisk /usr/share/
            cp -a {PREFIX}/var/lib/asterisk /var/lib/
            ln -s {PREFIX}/usr/lib/*/asterisk /usr/lib/$(uname -m)-linux-gnu/asterisk
            cp {PREFIX}/usr/lib/systemd/system/asterisk.service /etc/systemd/system/
            install -d -o asterisk -g asterisk -m 0750 /var/log/asterisk /var/spool/asterisk /var/cache/asterisk
            install -d -o asterisk -g asterisk -m 0750 /var/spool/asterisk/monitor
            echo 'd /run/asterisk 0755 asterisk asterisk' > /etc/tmpfiles.d/asterisk.conf
            systemd-tmpfiles --create asterisk.conf
            chown -R asterisk:asterisk /var/lib/asterisk /etc/asterisk"""
        )
        pjsip = machine.root / "etc/asterisk/pjsip.conf"
        pjsip.write_text(
            pjsip.read_text() + TRUNK_AND_PHONES + "".join(PHONE.replace("@", phone) for phone in PHONES)
        )
        machine.run("systemctl daemon-reload; systemctl start asterisk; asterisk -rx 'core waitfullybooted'")
        yield machine


def missed_call(machine: DebianMachine, did: str, *, seconds: int = 2) -> None:
    """A resident who calls this number and gives up after some seconds."""
    machine.run(f"asterisk -rx 'channel originate Local/{did}@callengine-in/n application Wait {seconds}'")
