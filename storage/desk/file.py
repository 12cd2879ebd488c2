"""SQLite: the desk's file, read by a thread of its own, so that a lock or a disk that hangs holds up nobody else.

One connection is kept while questions come: opening the file costs a hundred times the question. Between two questions
it holds no lock, and the desk's checkpoints wait for none. After a while without questions it is closed, so that who
stops the desk and moves its file away finds it whole.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from storage.desk.errors import DeskAbsent, DeskAway, DeskLate

MOST_WAITING = 16
"""Questions that wait for the thread; beyond that they are refused at once."""
LOCK_SECONDS = 0.02
"""So long SQLite itself waits for a lock."""
IDLE_SECONDS = 10.0
CLOSE_SECONDS = 1.0
_LOOKS = 1000
"""SQLite's steps between two looks whether anybody still wants the answer."""


@dataclass(slots=True)
class _Question:
    statement: str
    values: Mapping[str, object]
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Sequence[Sequence[Any]]]
    is_given_up: bool = False


class DeskFile:
    """A `DeskReader`."""

    def __init__(self, *files: Path) -> None:
        """`files`: where it may be; the first that is there is meant, also when it comes later."""
        self._files = files
        self._questions: queue.SimpleQueue[_Question | None] = queue.SimpleQueue()
        self._waiting = 0
        self._thread: threading.Thread | None = None
        self._connection: sqlite3.Connection | None = None
        self._is_of: tuple[int, int] | None = None
        self._asked: _Question | None = None

    async def rows(self, statement: str, values: Sequence[object], seconds: float) -> Sequence[Sequence[Any]]:
        """As `DeskReader` says."""
        if self._waiting >= MOST_WAITING:
            raise DeskLate("earlier questions still wait")
        loop = asyncio.get_running_loop()
        named = {str(n): value for n, value in enumerate(values, 1)}
        asked = _Question(statement, named, loop, loop.create_future())
        if self._thread is None:
            # A daemon: a disk that hangs must not keep the engine from ending.
            self._thread = threading.Thread(target=self._work, name="desk's file", daemon=True)
            self._thread.start()
        self._waiting += 1
        self._questions.put(asked)
        try:
            async with asyncio.timeout(seconds):
                return await asked.answer
        except TimeoutError:
            raise DeskLate(f"no answer within {seconds:g} s") from None
        finally:
            asked.is_given_up = True

    async def close(self) -> None:
        """The thread ends with the question it has; a disk that hangs is not waited for."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._questions.put(None)
            await asyncio.to_thread(thread.join, CLOSE_SECONDS)

    def _work(self) -> None:
        while True:
            try:
                asked = self._questions.get(timeout=IDLE_SECONDS)
            except queue.Empty:
                self._let_go()
                continue
            if asked is None:
                self._let_go()
                return
            found: Sequence[Sequence[Any]] | DeskAway
            try:
                found = () if asked.is_given_up else self._ask(asked)
            except FileNotFoundError:
                self._let_go()
                found = DeskAbsent("there is no such file")
            except Exception as problem:  # Whatever it is, the next question finds this thread alive.
                self._let_go()
                found = DeskAway(f"{type(problem).__name__}: {_first_line(problem)}")
            with contextlib.suppress(RuntimeError):  # The loop has ended.
                asked.loop.call_soon_threadsafe(self._answer, asked, found)

    def _answer(self, asked: _Question, found: Sequence[Sequence[Any]] | DeskAway) -> None:
        self._waiting -= 1
        if asked.answer.done():
            return
        if isinstance(found, DeskAway):
            asked.answer.set_exception(found)
        else:
            asked.answer.set_result(found)

    def _ask(self, asked: _Question) -> Sequence[Sequence[Any]]:
        file, identity = self._found()
        if self._connection is None or self._is_of != identity:
            self._let_go()
            self._connection, self._is_of = self._opened(file, "mode=ro"), identity
        self._asked = asked
        try:
            return self._connection.execute(asked.statement, asked.values).fetchall()
        except sqlite3.OperationalError:
            if file.with_name(f"{file.name}-wal").exists() or asked.is_given_up:
                raise
            # The desk is stopped and its folder is not ours, so SQLite cannot make the files beside it: nobody
            # writes either, and the file alone is whole.
            self._let_go()
            with contextlib.closing(self._opened(file, "immutable=1")) as connection:
                return connection.execute(asked.statement, asked.values).fetchall()
        finally:
            self._asked = None

    def _found(self) -> tuple[Path, tuple[int, int]]:
        for file in self._files:
            with contextlib.suppress(FileNotFoundError):
                is_of = file.stat()
                return file, (is_of.st_dev, is_of.st_ino)
        raise FileNotFoundError

    def _opened(self, file: Path, how: str) -> sqlite3.Connection:
        address = f"file:{quote(str(file.absolute()))}?{how}"
        connection = sqlite3.connect(address, uri=True, timeout=LOCK_SECONDS, isolation_level=None)
        connection.execute("PRAGMA query_only=ON")
        connection.set_progress_handler(self._is_in_vain, _LOOKS)
        return connection

    def _is_in_vain(self) -> int:
        return int(self._asked is not None and self._asked.is_given_up)

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _first_line(problem: BaseException) -> str:
    return next(iter(str(problem).splitlines()), "")[:200]
