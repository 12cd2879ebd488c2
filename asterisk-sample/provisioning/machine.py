"""What this machine already has: tools on PATH, and where its Asterisk keeps modules and data."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

OLDEST_ASTERISK = 21
TESTED_ASTERISK = 22


@dataclass(frozen=True)
class Tool:
    """One program and how to run it."""

    command: tuple[str, ...]
    """What stands before its own arguments: a path, or a loader with its library path and then the path."""
    version: str
    source: str
    """`system` or `provisioned`."""
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class AsteriskFolders:
    """Where an Asterisk's own files are."""

    modules: Path
    data: Path
    etc: Path
    """Its stock configuration."""


_VERSION_QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "asterisk": ("-V",),
    "sipp": ("-v",),
    "sox": ("--version",),
    "espeak-ng": ("--version",),
    "systemd-analyze": ("--version",),
    "prometheus": ("--version",),
    "promtool": ("--version",),
    "amtool": ("--version",),
    "chromium": ("--version",),
}


def ask_version(name: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    """The first number with dots that the program prints about itself; empty when it does not run."""
    try:
        answer = subprocess.run(
            [*command, *_VERSION_QUESTIONS[name]],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=20,
            check=False,
            env=environment,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r"\d+(?:\.\d+)+|(?<=^systemd )\d+", answer.stdout + answer.stderr)
    return found.group(0) if found else ""


def system_tool(name: str) -> Tool | None:
    """The machine's own copy, where there is one that can be used."""
    # Debian keeps asterisk in sbin, which is not on a normal user's PATH.
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if path is None:
        return None
    version = ask_version(name, [path])
    if not version:
        return None
    if name == "asterisk" and (int(version.split(".")[0]) < OLDEST_ASTERISK or system_folders() is None):
        return None
    return Tool((path,), version, "system")


def system_folders() -> AsteriskFolders | None:
    """The folders of the machine's Asterisk; None when its modules are nowhere to be found."""
    modules = _first_folder(
        [*Path("/usr/lib").glob("*/asterisk/modules"), *_under_usr("lib", "lib64", "local/lib")]
    )
    data = _first_folder(
        [Path("/usr/share/asterisk"), Path("/usr/local/share/asterisk"), Path("/var/lib/asterisk")]
    )
    if modules is None or data is None:
        return None
    return AsteriskFolders(modules, data, Path("/etc/asterisk"))


def prefix_folders(prefix: Path) -> AsteriskFolders | None:
    """The folders of an unpacked Asterisk."""
    modules = _first_folder(prefix.glob("usr/lib/*/asterisk/modules"))
    if modules is None:
        return None
    return AsteriskFolders(modules, prefix / "usr/share/asterisk", prefix / "etc/asterisk")


def prefix_tool(prefix: Path, name: str) -> Tool | None:
    """A program of an unpacked prefix, run by the prefix's own loader and libraries, so that no root is needed."""
    program = next(
        (path for path in (prefix / "usr/sbin" / name, prefix / "usr/bin" / name) if path.exists()), None
    )
    loader = next(iter(sorted(prefix.glob("usr/lib/*/ld-linux*.so.*"))), None)
    if program is None or loader is None:
        return None
    libraries = [
        loader.parent,
        loader.parent / "pulseaudio",
        loader.parent / "systemd",
        prefix / "lib" / loader.parent.name,
    ]
    library_path = ":".join(str(folder) for folder in libraries if folder.is_dir())
    command = (str(loader), "--library-path", library_path, str(program))
    environment = {}
    voices = loader.parent / "espeak-ng-data"
    if name == "espeak-ng" and voices.is_dir():
        environment["ESPEAK_DATA_PATH"] = str(voices)
    return Tool(command, ask_version(name, command, environment), "provisioned", environment)


def plain_tool(prefix: Path, name: str) -> Tool | None:
    """A program of an unpacked prefix that needs no more than the machine's own C library."""
    program = prefix / "usr/bin" / name
    if not program.exists():
        return None
    return Tool((str(program),), ask_version(name, [str(program)]), "provisioned")


def _under_usr(*libraries: str) -> list[Path]:
    return [Path("/usr") / library / "asterisk" / "modules" for library in libraries]


def _first_folder(candidates: Iterable[Path]) -> Path | None:
    return next((folder for folder in candidates if folder.is_dir()), None)
