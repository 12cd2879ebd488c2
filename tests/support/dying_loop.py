"""A program that dies at a chosen await: as by kill -9, in a process of its own."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
import traceback
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

KILLED, BROKEN = 9, 1
BESIDE_SECONDS = 60.0
_PROCESSES = multiprocessing.get_context("forkserver")


class _Died(BaseException):
    """The loop's last turn."""


class _DyingLoop(asyncio.SelectorEventLoop):
    """Every await that waits is a border between two turns, so dying at each turn is dying at each await."""

    def __init__(self, die_at: int | None) -> None:
        super().__init__()
        self.turns = 0
        self.counts = False
        self._die_at = die_at

    def _run_once(self) -> None:
        self.turns += self.counts
        if self.turns == self._die_at:
            raise _Died
        super()._run_once()


def now_it_counts() -> None:
    """From here on the turns are numbered; nothing that matters was done before."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, _DyingLoop)
    loop.counts = True


def preload(module: str) -> None:
    """Have it imported once, for all processes to come."""
    _PROCESSES.set_forkserver_preload([module])


def run_until_dead(
    program: Callable[[], Coroutine[Any, Any, None]], at_the_end: Callable[[int], None], die_at: int | None
) -> bool:
    """Run it in a process of its own; whether it came to its end.

    `at_the_end` is called there with the number of turns, dead or not: what the world outside keeps, it writes down.
    Raises RuntimeError when the program broke instead.
    """
    process = _PROCESSES.Process(target=_run, args=(program, at_the_end, die_at))
    process.start()
    process.join()
    if process.exitcode not in {0, KILLED}:
        raise RuntimeError(f"the program ended with {process.exitcode}; what it said is above")
    return process.exitcode == 0


@contextmanager
def beside(program: Callable[[], Coroutine[Any, Any, None]]) -> Iterator[None]:
    """Another process that lives, until the block is left and it has come to its end. Raises RuntimeError."""
    process = _PROCESSES.Process(target=_run, args=(program, _forget, None))
    process.start()
    try:
        yield
        process.join(BESIDE_SECONDS)
        if process.exitcode != 0:
            raise RuntimeError(f"the program beside ended with {process.exitcode}; what it said is above")
    finally:
        if process.is_alive():
            process.kill()
        process.join()
        process.close()


def _forget(_turns: int) -> None:
    """What it leaves behind is in its files."""


def _run(
    program: Callable[[], Coroutine[Any, Any, None]], at_the_end: Callable[[int], None], die_at: int | None
) -> None:
    loop = _DyingLoop(die_at)
    code = 0
    try:
        loop.run_until_complete(program())
    except _Died:
        code = KILLED
    except BaseException:
        traceback.print_exc()
        code = BROKEN
    at_the_end(loop.turns)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
