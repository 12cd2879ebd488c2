"""`callengine`, whose desk stops itself as by SIGSTOP at a named moment: in a write, or in a read of the ledger.

It does so as soon as the file `in-write` or `in-read` is in the folder STOP_FOLDER names, and takes the file away.
"""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.cli.main import main
from callengine.desk.data.database import DeskDatabase
from callengine.desk.ledger.reader import LedgerReader

IN_WRITE, IN_READ = "in-write", "in-read"
_transaction, _reading = DeskDatabase._transaction, LedgerReader.reading


def _stop_if_wanted(moment: str) -> None:
    wanted = Path(os.environ["STOP_FOLDER"]) / moment
    if wanted.exists():
        wanted.unlink()
        os.kill(os.getpid(), signal.SIGSTOP)


@asynccontextmanager
async def _stopping_transaction(self: DeskDatabase) -> AsyncIterator[AsyncConnection]:
    async with _transaction(self) as connection:
        yield connection
        _stop_if_wanted(IN_WRITE)  # Everything is written, nothing committed: the file's lock is held.


@asynccontextmanager
async def _stopping_reading(self: LedgerReader) -> AsyncIterator[AsyncConnection]:
    async with _reading(self) as connection:
        yield connection
        _stop_if_wanted(IN_READ)


if __name__ == "__main__":
    DeskDatabase._transaction = _stopping_transaction  # type: ignore[method-assign]
    LedgerReader.reading = _stopping_reading  # type: ignore[method-assign]
    main()
