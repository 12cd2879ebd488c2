"""Why the desk's database takes nothing now, in a word that its pages have a text for."""

from __future__ import annotations

import sqlite3
from enum import StrEnum
from typing import Final

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree


class Trouble(StrEnum):
    """It passes without a change of the program."""

    DISK_FULL = "disk_full"
    """No room, or the disk does not write."""
    BUSY = "busy"
    """Another process keeps it."""
    AWAY = "away"
    """It does not answer."""


class DatabaseAway(SQLAlchemyError):
    """No server is there that does what is wanted."""


_SQLITE: Final = {
    sqlite3.SQLITE_FULL: Trouble.DISK_FULL,
    sqlite3.SQLITE_IOERR: Trouble.DISK_FULL,
    sqlite3.SQLITE_BUSY: Trouble.BUSY,
    sqlite3.SQLITE_LOCKED: Trouble.BUSY,
    sqlite3.SQLITE_CANTOPEN: Trouble.AWAY,
    sqlite3.SQLITE_READONLY: Trouble.AWAY,
}
_PRIMARY = 0xFF
"""Of SQLite's extended codes: what went wrong, without the detail."""
_POSTGRESQL: Final = {
    "53": Trouble.DISK_FULL,
    "55": Trouble.BUSY,
    "40": Trouble.BUSY,
    "57": Trouble.AWAY,
    "08": Trouble.AWAY,
    "25": Trouble.AWAY,
}
"""By the class of the SQLSTATE (PostgreSQL, appendix A)."""


def trouble_of(problem: BaseException) -> Trouble | None:
    """None: an error of ours, which no waiting cures."""
    if isinstance(problem, DatabaseAway):
        return Trouble.AWAY
    if isinstance(problem, NoConnectionFree):
        return Trouble.BUSY
    if not isinstance(problem, DBAPIError) or isinstance(problem, IntegrityError):
        return None
    code = getattr(problem.orig, "sqlite_errorcode", None)
    if code is not None:
        return _SQLITE.get(code & _PRIMARY)
    found = _POSTGRESQL.get(str(getattr(problem.orig, "sqlstate", None) or "")[:2])
    return Trouble.AWAY if found is None and problem.connection_invalidated else found
