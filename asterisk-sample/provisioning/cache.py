"""The folder outside the checkout that keeps what was downloaded, and the lock on it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


class ProvisioningError(Exception):
    """Set-up cannot go on; the text tells the user what is missing and what he can do."""


def tell(text: str) -> None:
    """One line of progress, on standard error: standard output belongs to the result."""
    print(f"  {text}", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Cache:
    """Where downloads and everything made from them live."""

    root: Path

    @classmethod
    def of_environment(cls) -> Cache:
        """The cache this user's environment names."""
        own = os.environ.get("CALLENGINE_CACHE")
        if own:
            return cls(Path(own).expanduser().resolve())
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
        return cls(Path(base).expanduser().resolve() / "callengine")

    @property
    def tools_file(self) -> Path:
        """What the last run found: read by callengine.asterisk_process."""
        return self.root / "tools.json"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the cache for one run; a second run waits for the first and then finds its work done."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            lock = (self.root / "lock").open("a")
        except OSError as problem:
            raise ProvisioningError(
                f"the cache {self.root} cannot be written: {problem.strerror}"
            ) from problem
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                tell("another set-up is running; waiting for it")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield
