"""A real Asterisk for tests, in a folder of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from callengine.demo.asterisk_process import AsteriskProcess
from callengine.sample.asterisk_config import SampleOptions

__all__ = ["AsteriskProcess", "running_asterisk"]


@contextmanager
def running_asterisk(options: SampleOptions | None = None) -> Iterator[AsteriskProcess]:
    """Start one with the sample configuration and end it afterwards, leaving no file and no process."""
    # Not pytest's tmp_path: Asterisk's control socket allows no path of more than 107 characters.
    with (
        tempfile.TemporaryDirectory(prefix="callengine-") as folder,
        AsteriskProcess(Path(folder), options=options) as asterisk,
    ):
        yield asterisk
