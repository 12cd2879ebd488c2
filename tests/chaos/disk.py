"""A small disk for ledger and spool that can be filled: a tmpfs in a namespace of its own, no root rights needed.

Where the machine forbids user namespaces, no file of the engine may grow instead (RLIMIT_FSIZE).
"""

from __future__ import annotations

import resource
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

_BLOCK = bytes(65536)
_LIMITED = frozenset({".db", ".db-wal", ".spool"})


class Disk(Protocol):
    """Where the engine's files lie."""

    inside: Path
    """The folder as the engine sees it."""
    outside: Path
    """The same folder as everybody else sees it."""

    def command(self, argv: Sequence[str]) -> list[str]:
        """The command that runs `argv` where the disk is seen."""
        ...

    def fill(self, engine: int) -> None:
        """From now on nothing fits, for the process `engine`."""
        ...

    def make_room(self, engine: int) -> None:
        """As before."""
        ...

    def close(self) -> None:
        """Everything on it is gone."""
        ...


class SmallDisk:
    """A tmpfs of so many MiB. Raises OSError where user namespaces are forbidden."""

    def __init__(self, folder: Path, mib: int) -> None:
        self.inside = folder
        folder.mkdir()
        script = f'mount -t tmpfs -o size={mib}m tmpfs "$0" && echo mounted && exec sleep infinity'
        self._keeper = subprocess.Popen(
            ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            process_group=0,  # Ctrl-C on a terminal is for the runner alone.
        )
        assert self._keeper.stdout is not None
        if self._keeper.stdout.readline() != b"mounted\n":
            self.close()
            raise OSError("no tmpfs in a user namespace here")
        self.outside = Path(f"/proc/{self._keeper.pid}/root{folder}")
        self._filler = self.outside / "filler"

    def command(self, argv: Sequence[str]) -> list[str]:
        """As root of the namespace, which is nobody else than who runs the tests."""
        keeper = str(self._keeper.pid)
        return ["nsenter", "--target", keeper, "--user", "--mount", "--preserve-credentials", *argv]

    def fill(self, engine: int) -> None:
        """To the last byte; told again, also what has become free meanwhile."""
        with self._filler.open("ab", buffering=0) as file:
            try:
                while file.write(_BLOCK):
                    pass
            except OSError:
                return

    def make_room(self, engine: int) -> None:
        """The filler goes."""
        self._filler.unlink()

    def close(self) -> None:
        """The namespace ends with its last process."""
        self._keeper.kill()
        self._keeper.wait()
        if self._keeper.stdout is not None:
            self._keeper.stdout.close()


class LimitedFiles:
    """A folder in which the engine's files cannot grow while the disk counts as full."""

    def __init__(self, folder: Path) -> None:
        self.inside = self.outside = folder
        folder.mkdir()

    def command(self, argv: Sequence[str]) -> list[str]:
        """Nothing special."""
        return list(argv)

    def fill(self, engine: int) -> None:
        """What is in the files may be written over."""
        sizes = [file.stat().st_size for file in self.inside.iterdir() if file.suffix in _LIMITED]
        _, hard = resource.prlimit(engine, resource.RLIMIT_FSIZE)
        resource.prlimit(engine, resource.RLIMIT_FSIZE, (min(sizes), hard))

    def make_room(self, engine: int) -> None:
        """No limit."""
        _, hard = resource.prlimit(engine, resource.RLIMIT_FSIZE)
        resource.prlimit(engine, resource.RLIMIT_FSIZE, (hard, hard))

    def close(self) -> None:
        """The folder goes with its parent."""


def small_disk(folder: Path, mib: int) -> Disk:
    """The best that this machine allows."""
    if shutil.which("unshare") and shutil.which("nsenter"):
        try:
            return SmallDisk(folder, mib)
        except OSError:
            folder.rmdir()
    return LimitedFiles(folder)
