"""SQLite files copied while others write them, and put in the place of one that nobody uses (SQLite's online backup).

A copy is of one moment: `Pinned` holds a read transaction from its first read to its end, which no writer waits for;
what is committed meanwhile stays in the file -wal until then.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

from storage.schema.errors import LedgerError

BESIDE: Final = ("-wal", "-shm")
_WAIT_SECONDS: Final = 5.0
_PART: Final = 1 << 20


class Pinned:
    """One database as it is now, for as long as the block lasts."""

    def __init__(self, file: Path, connection: sqlite3.Connection) -> None:
        self.file = file
        self._connection = connection

    @property
    def revision(self) -> str:
        """At which its schema was then; empty for a file that has none."""
        with contextlib.suppress(sqlite3.OperationalError):
            found = self._connection.execute("SELECT version_num FROM alembic_version").fetchone()
            return "" if found is None else str(found[0])
        return ""

    def copy_to(self, target: Path) -> None:
        """Into a new file that needs no other beside it. Raises sqlite3.Error, OSError."""
        target.touch(mode=0o600, exist_ok=False)
        with closing(sqlite3.connect(target)) as copy:
            self._connection.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
        to_disk(target)


@contextmanager
def pinned(file: Path) -> Iterator[Pinned]:
    """Raises sqlite3.Error for what is no database, or is held by another program for too long."""
    address = f"file:{quote(str(file.absolute()))}?mode=rw"
    with closing(
        sqlite3.connect(address, uri=True, isolation_level=None, timeout=_WAIT_SECONDS)
    ) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        yield Pinned(file, connection)


@contextmanager
def unused(file: Path) -> Iterator[None]:
    """While the block lasts, no other program has the database open. Raises LedgerError when one has.

    A file that SQLite cannot read is taken for unused: it may be why another is put in its place.
    """
    if not file.exists():
        yield
        return
    address = f"file:{quote(str(file.absolute()))}?mode=rw"
    with closing(sqlite3.connect(address, uri=True, isolation_level=None, timeout=0)) as connection:
        try:
            # Out of WAL, which SQLite does only for whoever has the file alone, also of those that do nothing just now.
            (mode,) = connection.execute("PRAGMA journal_mode=DELETE").fetchone()
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as problem:
            raise LedgerError(
                f"{file} is used by another program ({problem}): stop callengine and callengine-desk first "
                f"(`fuser {file}` names who has it)"
            ) from None
        except sqlite3.DatabaseError:
            mode = ""
        if mode not in {"", "delete"}:
            raise LedgerError(f"{file} cannot be taken out of use: it stays in mode {mode}")
        yield


def is_whole(file: Path) -> bool:
    """Whether SQLite finds nothing wrong with it; reads all of it."""
    address = f"file:{quote(str(file.absolute()))}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.DatabaseError:
        return False


def digest_of(file: Path) -> str:
    """SHA-256, in hex."""
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while part := content.read(_PART):
            digest.update(part)
    return digest.hexdigest()


def to_disk(path: Path) -> None:
    """A file's content, or a folder's names, survive a power cut from here on."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
