"""Opens SQLite for SQLAlchemy's aiosqlite dialect; an attempt that fails leaves no thread behind."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import Any

import aiosqlite

_ROWS_AT_ONCE = 64
"""aiosqlite's own default."""


async def open_sqlite(database: str, **options: Any) -> aiosqlite.Connection:
    """Connect as `sqlite3.connect` does. Raises what it raises, when the attempt's thread has nothing left to say."""
    connection = _Connection(lambda: sqlite3.connect(database, **options), _ROWS_AT_ONCE)
    # As SQLAlchemy sets it: a statement that never ends must not keep a process from ending.
    connection._thread.daemon = True
    try:
        return await connection
    except BaseException:
        if connection.stopped is not None:
            await connection.stopped
        raise


class _Connection(aiosqlite.Connection):
    """aiosqlite 0.22 stops the thread of a failed attempt without waiting: it told a loop already closed."""

    stopped: asyncio.Future[Any] | None = None

    def stop(self) -> asyncio.Future[Any] | None:
        self.stopped = super().stop()
        return self.stopped
