"""How long other work of this process may keep the loop waiting: another thread's turn, and the garbage collector's.

A scrape of a large centre is written in a thread and makes many short-lived objects. Python would let that thread
run 5 ms before the loop gets its turn, and would now and then look through every object there is: 140 ms with a day's
calls in memory, measured by `python -m tests.bench.scrape`.
"""

from __future__ import annotations

import asyncio
import gc
import sys

THREADS_TAKE_TURNS_SECONDS = 0.001
_SETTLED_EVERY_SECONDS = 600.0
_ALL_EVERY = 144
"""Once a day everything is looked through, for the little that was garbage when it was set aside."""


def take_short_turns() -> None:
    """Let the loop have its turn after a millisecond of any other thread's."""
    sys.setswitchinterval(THREADS_TAKE_TURNS_SECONDS)


def set_aside() -> None:
    """Whatever is alive now is not looked through again; what dies of it is freed all the same, but for cycles."""
    gc.collect()
    gc.freeze()


async def keep_short() -> None:
    """Until cancelled."""
    take_short_turns()
    turn = 0
    while True:
        if turn % _ALL_EVERY == 0:
            gc.unfreeze()
        set_aside()
        turn += 1
        await asyncio.sleep(_SETTLED_EVERY_SECONDS)
