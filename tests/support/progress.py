"""What runs for minutes shows that it moves, and tells what it has when it is interrupted.

On a terminal a line that moves; into a pipe or a file a line every so many seconds. Both on standard error: what a
program reads stands on standard output alone.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Coroutine
from types import FrameType, TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as MovingLine

LINE_SECONDS = float(os.environ.get("CALLENGINE_PROGRESS_SECONDS", "20"))
INTERRUPTED = 130
"""The exit code of what ended by Ctrl-C or SIGTERM, as a shell has it."""


class Progress:
    """`with Progress("chaos", 251) as progress: … progress.at(17, "blows")`.

    `total` None: nobody knows how much there is to do.
    """

    def __init__(
        self,
        what: str,
        total: int | None = None,
        *,
        console: Console | None = None,
        line_seconds: float = LINE_SECONDS,
    ) -> None:
        self._what = what
        self._total = total
        self._console = console or Console(stderr=True)
        self._line_seconds = line_seconds
        self._done = 0
        self._note = ""
        self._began = time.monotonic()
        self._ended = threading.Event()
        self._lines = threading.Thread(target=self._tell_lines, daemon=True)
        self._moving = MovingLine(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
            console=self._console,
            transient=True,
            # What is printed meanwhile stands above the line; where it goes elsewhere, it goes there unchanged.
            redirect_stdout=sys.stdout.isatty(),
        )
        self._task = self._moving.add_task(what, total=total, note="")

    def at(self, done: int, note: str = "") -> None:
        """So much is done; `note` says what goes on."""
        self._done, self._note = done, note
        if self._console.is_terminal:
            self._moving.update(self._task, completed=done, note=note)

    @property
    def done(self) -> int:
        """How much is done."""
        return self._done

    def step(self, note: str = "") -> None:
        """One more is done."""
        self.at(self._done + 1, note)

    def line(self) -> str:
        """How far it is, in words."""
        of = "" if self._total is None else f" of {self._total:,}"
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        note = f", {self._note}" if self._note else ""
        return f"{self._what}: {self._done:,}{of}{note}; {minutes}:{seconds:02}"

    def _tell_lines(self) -> None:
        while not self._ended.wait(self._line_seconds):
            self._console.print(self.line(), markup=False, highlight=False, soft_wrap=True)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._moving.start()
        else:
            self._lines.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._console.is_terminal:
            self._moving.stop()
        elif self._lines.is_alive():
            self._lines.join()


def sigterm_is_ctrl_c() -> None:
    """Whoever is ended by SIGTERM tells what he has, too."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        signal.raise_signal(signal.SIGINT)

    signal.signal(signal.SIGTERM, interrupt)


async def until_interrupted(work: Coroutine[Any, Any, None]) -> bool:
    """Whether it came to its end; False: Ctrl-C or SIGTERM, and the caller goes on and tells what there is.

    The second Ctrl-C ends everything.
    """
    try:
        await work
    except asyncio.CancelledError:
        task = asyncio.current_task()
        assert task is not None
        task.uncancel()
        return False
    return True
