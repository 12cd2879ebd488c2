"""Which process is busy with an uploaded file: it holds a lock on it, which the kernel takes back when it dies.

Two desks may share a database, and one that is started by mistake looks into it before it finds its port taken: what
the other is busy with is not what a dead process left.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def held(file: Path) -> Iterator[bool]:
    """While the block lasts nobody else has it; False: somebody has it already. Raises OSError when it is not here."""
    with file.open("rb") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_ours = True
        except BlockingIOError:
            is_ours = False
        yield is_ours
