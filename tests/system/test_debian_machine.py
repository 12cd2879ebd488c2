"""The machine that the guides and the package are tried on: a real systemd, and nothing of it left behind."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.debian_machine import ROOT, MachineError, booted, why_not

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(600),
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
]

SERVICE = """
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'id -u; cat %d/word; touch %S/probe/kept; curl -s -m 2 http://192.0.2.1/ || echo no network'
LoadCredential=word:/etc/word
DynamicUser=yes
StateDirectory=probe
PrivateUsers=yes
ProcSubset=pid
ProtectSystem=strict
MemoryDenyWriteExecute=yes
SystemCallFilter=@system-service
IPAddressDeny=any
IPAddressAllow=localhost
"""


def our_mounts_and_cgroups() -> tuple[list[str], list[Path]]:
    mounts = [line for line in Path("/proc/mounts").read_text().splitlines() if " /mnt" in line]
    cgroups = list(Path("/sys/fs/cgroup").rglob(f"callengine-{os.getpid()}-*"))
    return mounts, cgroups


def test_a_service_lives_there_in_its_sandbox_and_all_is_gone_afterwards() -> None:
    before = our_mounts_and_cgroups()
    with booted() as machine:
        machine.put("/etc/word", "secret word\n", mode=0o600)
        machine.put("/etc/systemd/system/probe.service", SERVICE)
        machine.run("systemctl daemon-reload; systemctl start probe")
        said = machine.journal("probe")
        assert re.search(r"^6\d{4}\nsecret word\nno network$", said, re.MULTILINE), said
        assert machine.run("stat -c %a /var/lib/private/probe/kept") == "644\n"
        assert "lo " in machine.run("ip -brief link")
        assert len(machine.run("ip -brief link").splitlines()) == 1
        assert "Debian" in machine.run("cat /etc/os-release")
        with pytest.raises(MachineError, match=r"said something\n\n\(ended with 3\)"):
            machine.run("echo said something; exit 3")
    assert not (Path("/proc") / str(machine.first_process)).exists()
    assert our_mounts_and_cgroups() == before


def test_it_ends_with_a_test_that_was_killed() -> None:
    """SIGKILL to whoever booted it: no process of the machine outlives him."""
    program = (
        "import time\nfrom tests.support.debian_machine import booted\n"
        "with booted() as machine:\n    print(machine.first_process, flush=True)\n    time.sleep(600)\n"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdout is not None
    try:
        first = Path("/proc") / owner.stdout.readline().strip()
        assert (first / "comm").read_text() == "systemd\n"
    finally:
        owner.kill()
        owner.wait()
        owner.stdout.close()
    deadline = time.monotonic() + 10
    while first.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not first.exists()
