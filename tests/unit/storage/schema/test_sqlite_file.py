"""A database file that cannot be opened: told to who asked, and to nobody after him."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from storage.schema.database import create_ledger_engine, ledger_url
from storage.schema.sqlite_file import open_sqlite

TIMES = 200


def test_a_failed_attempt_says_nothing_to_a_loop_that_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a command does that ends at once with the trouble told."""
    told: list[object] = []
    monkeypatch.setattr(threading, "excepthook", told.append)
    before = set(threading.enumerate())

    async def attempt() -> None:
        engine = create_ledger_engine(ledger_url(f"sqlite:///{tmp_path}/nowhere/ledger.db"))
        with pytest.raises(OperationalError, match="unable to open"):
            async with engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
        await engine.dispose()

    for _ in range(TIMES):
        asyncio.run(attempt())
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
    assert told == []


async def test_what_was_opened_is_an_ordinary_connection_whose_thread_holds_no_process_up(
    tmp_path: Path,
) -> None:
    before = set(threading.enumerate())
    connection = await open_sqlite(str(tmp_path / "ledger.db"))
    (thread,) = set(threading.enumerate()) - before
    assert thread.daemon
    await connection.execute("CREATE TABLE one (two integer)")
    await connection.close()
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        await open_sqlite(f"file:{tmp_path}/nothing.db?mode=ro", uri=True)
