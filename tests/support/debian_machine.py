"""A whole Debian with systemd as its process 1, in namespaces of its own: no network but its loopback.

What is in it ends with it: processes by the namespace's process 1, mounts and files (they are in memory) by the
namespace of mounts. It needs root and a kernel that lets root make namespaces; `why_not()` says what is missing.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
BOOT = Path(__file__).with_name("debian_boot.sh")
PACKAGES = (
    "systemd",
    "systemd-sysv",
    "dbus",
    "python3",
    "python3-venv",
    "ca-certificates",
    "curl",
    "procps",
    "iproute2",
    "bash-completion",
    "man-db",
    "adduser",
    "logrotate",
    "postgresql",
    "lintian",
)
NAMESPACES = ("--mount", "--pid", "--net", "--uts", "--ipc", "--cgroup")


class MachineError(AssertionError):
    """A command in the machine failed, or the machine itself; the text holds what was said."""


def why_not() -> str:
    """Why no such machine can run here; empty when one can."""
    if os.geteuid() != 0:
        return "a machine of its own needs root (namespaces, mounts, packages configured)"
    missing = [
        name
        for name in ("unshare", "nsenter", "pivot_root", "setpriv", "perl", "tar")
        if not shutil.which(name)
    ]
    if missing:
        return f"missing here: {', '.join(missing)}"
    if _cgroup2() is None:
        return "no cgroup2 file system is mounted here"
    tried = subprocess.run(
        [
            *("unshare", *NAMESPACES, "--fork", "--propagation", "private", "sh", "-c"),
            "mount -t tmpfs tmpfs /mnt && mkdir /mnt/upper /mnt/work /mnt/root && "
            "mount -t overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/root",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if tried.returncode == 0 else f"the kernel refuses namespaces: {tried.stderr.strip()}"


@dataclass(frozen=True)
class DebianMachine:
    """A booted machine."""

    first_process: int

    @property
    def root(self) -> Path:
        """Where its files are reached from outside; a link in it with an absolute path leads to ours."""
        return Path(f"/proc/{self.first_process}/root")

    def run(
        self,
        script: str,
        *,
        folder: str = "/root",
        environment: dict[str, str] | None = None,
        seconds: float = 300,
        fails: bool = False,
    ) -> str:
        """Run a shell script in it as root and return all it printed; it must succeed (or fail, if so asked)."""
        done = subprocess.run(
            [
                "nsenter",
                "--target",
                str(self.first_process),
                *NAMESPACES,
                "--root",
                f"--wdns={folder}",
                "--",
                "env",
                "-i",
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "HOME=/root",
                "LC_ALL=C.UTF-8",
                "DEBIAN_FRONTEND=noninteractive",
                *(f"{name}={value}" for name, value in (environment or {}).items()),
                "sh",
                "-c",
                script,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
        if (done.returncode != 0) != fails:
            raise MachineError(
                f"{script}\n{done.stdout}\n(ended with {done.returncode})\n{self.journal()[-3000:]}"
            )
        return done.stdout

    def until(self, script: str, wanted: str, *, seconds: float = 30) -> str:
        """Run a script again and again until what it prints holds the regular expression `wanted`."""
        deadline = time.monotonic() + seconds
        while True:
            said = self.run(f"{script} || true")
            if re.search(wanted, said):
                return said
            if time.monotonic() > deadline:
                raise MachineError(
                    f"{script}: not {wanted!r} within {seconds} s but\n{said}\n{self.journal()[-3000:]}"
                )
            time.sleep(0.1)

    def journal(self, unit: str = "") -> str:
        """The journal, or what one unit wrote into it."""
        which = ["-u", unit] if unit else []
        done = subprocess.run(
            [
                "nsenter",
                "--target",
                str(self.first_process),
                *NAMESPACES,
                "--root",
                "--wdns=/",
                "--",
                "journalctl",
                "--no-pager",
                "-o",
                "cat",
                *which,
            ],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=60,
            check=False,
        )
        return done.stdout

    def put(self, path: str, content: str | Path, *, mode: int = 0o644) -> None:
        """Write a file into it: a text, or a copy of a file outside."""
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            shutil.copyfile(content, target)
        else:
            target.write_text(content, encoding="utf-8")
        target.chmod(mode)


def debian_root() -> Path:
    """The folder of a Debian with PACKAGES, made when it is not in the cache yet."""
    folder = str(ROOT / "asterisk-sample")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    cache = importlib.import_module("provisioning.cache").Cache.of_environment()
    with cache.locked():
        root: Path = importlib.import_module("provisioning.debian_root").provide_debian_root(cache, PACKAGES)
    return root


@contextlib.contextmanager
def booted(shown: Mapping[str, Path] | None = None) -> Iterator[DebianMachine]:
    """A fresh machine, booted; `shown` are folders of this one by the place where it sees them, readable only."""
    base = debian_root()
    with _cgroup() as cgroup, tempfile.TemporaryFile() as log:
        # Its process 1 dies with `unshare`, and that with us, however we end.
        outside = subprocess.Popen(
            [
                *("setpriv", "--pdeathsig", "KILL", "sh", "-c", 'echo $$ > "$0"; exec "$@"'),
                str(cgroup / "cgroup.procs"),
                *("unshare", *NAMESPACES, "--fork", "--kill-child", "--propagation", "private"),
                *("sh", str(BOOT), str(base)),
                *(part for place, folder in (shown or {}).items() for part in (str(folder), place)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        first = 0
        try:
            first = _first_process(outside, log)
            machine = DebianMachine(first)
            state = machine.until("systemctl is-system-running --wait 2>&1", "running|degraded", seconds=90)
            if "degraded" in state:
                raise MachineError(machine.run("systemctl --failed --no-pager") + machine.journal())
            yield machine
        finally:
            if first:
                # `unshare` ends with it, when the kernel has ended all the rest.
                os.kill(first, signal.SIGKILL)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    outside.wait(30)
            outside.kill()
            outside.wait()


def _first_process(outside: subprocess.Popen[bytes], log: IO[bytes]) -> int:
    """The process 1 of the machine, as this one numbers it, when it has become systemd."""
    deadline = time.monotonic() + 30
    children = Path(f"/proc/{outside.pid}/task/{outside.pid}/children")
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            for child in children.read_text().split():
                if Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                    return int(child)
        if outside.poll() is not None:
            break
        time.sleep(0.05)
    log.seek(0)
    raise MachineError(f"the machine does not boot: {log.read().decode(errors='replace')}")


def _cgroup2() -> Path | None:
    """The folder of our own cgroup in the unified hierarchy, wherever that is mounted."""
    found = re.search(r"^0::(.*)$", Path("/proc/self/cgroup").read_text(), re.MULTILINE)
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        place, _, kind = line.partition(" - ")
        if found and kind.startswith("cgroup2 "):
            return Path(place.split()[4]) / found[1].lstrip("/")
    return None


@contextlib.contextmanager
def _cgroup() -> Iterator[Path]:
    """A cgroup below ours; at the end nothing lives in it any more and it is gone."""
    own = _cgroup2()
    assert own is not None
    for rest in own.glob("callengine-*-*"):
        if not Path(f"/proc/{rest.name.split('-')[1]}").exists():
            _remove(rest)  # of a run that was killed
    cgroup = own / f"callengine-{os.getpid()}-{time.monotonic_ns()}"
    cgroup.mkdir()
    try:
        yield cgroup
    finally:
        with contextlib.suppress(OSError):
            (cgroup / "cgroup.kill").write_text("1")  # Linux 5.14; before, the namespace's end has to do
        deadline = time.monotonic() + 20
        while not _remove(cgroup) and time.monotonic() < deadline:
            _kill_rest(cgroup)
            time.sleep(0.05)


def _remove(cgroup: Path) -> bool:
    """Remove a cgroup and those below it; False while a process is in one."""
    for folder in sorted((path for path in cgroup.rglob("*") if path.is_dir()), reverse=True):
        with contextlib.suppress(OSError):
            folder.rmdir()
    try:
        cgroup.rmdir()
    except OSError:
        return False
    return True


def _kill_rest(cgroup: Path) -> None:
    for processes in cgroup.rglob("cgroup.procs"):
        with contextlib.suppress(OSError):
            for process in processes.read_text().split():
                os.kill(int(process), signal.SIGKILL)
