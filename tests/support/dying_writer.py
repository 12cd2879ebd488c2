"""A program that writes a day into a ledger and kills itself at a named step: kill -9 at exactly that moment.

`python -m tests.support.dying_writer URL SPOOL STEP`. Each line it prints is a number of decisions that it was told
are committed. With the step "nowhere" it leaves the way a kill leaves it, after everything is committed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from queues.messages import events
from queues.terms.identifiers import CallId
from storage.ledger import Ledger
from storage.spool import batch_writer, drain
from storage.spool import file as spool_file
from tests.support.centre import arrived, holding, moment
from tests.support.ledger_desk import opened_desk, play
from tests.support.outage import Faults, open_spooled

CALLS = 12
AWAY_FROM, AWAY_TO = 4, 8


def die(*_: Any, **__: Any) -> None:
    """At once, with nothing flushed or closed."""
    os.kill(os.getpid(), signal.SIGKILL)


def before(owner: Any, name: str, times: int) -> None:
    """Die before the n-th time this is done."""
    _count(owner, name, times, lambda real, *args: die())


def after(owner: Any, name: str, times: int) -> None:
    """Die after the n-th time this was done."""

    def then_die(real: Callable[..., Any], *args: Any) -> None:
        real(*args)
        die()

    _count(owner, name, times, then_die)


def half_way(owner: Any, name: str, times: int) -> None:
    """Die in the middle of the n-th write."""

    def half(real: Callable[..., Any], descriptor: int, data: bytes, at: int) -> None:
        real(descriptor, bytes(data)[: len(data) // 2], at)
        die()

    _count(owner, name, times, half)


def _count(owner: Any, name: str, times: int, last: Callable[..., Any]) -> None:
    real, done = getattr(owner, name), 0

    def counted(*args: Any) -> Any:
        nonlocal done
        done += 1
        return last(real, *args) if done == times else real(*args)

    setattr(owner, name, counted)


STEPS: dict[str, Callable[[], None]] = {
    "before the spool has it": lambda: before(spool_file, "_write_whole", 3),
    "within the write to the spool": lambda: half_way(spool_file, "_write_whole", 3),
    "on the disk, before the database": lambda: after(spool_file, "_write_whole", 3),
    "in the database, before it is noted": lambda: before(spool_file.SpoolFile, "append", 3),
    "in the outage, within the write to the spool": lambda: half_way(spool_file, "_write_whole", 6),
    "in the outage, on the disk": lambda: after(spool_file, "_write_whole", 6),
    "in the drain, before its transaction": lambda: before(drain.Drain, "_write_all", 1),
    "in the drain, before COMMIT": lambda: after(drain, "write_unless_known", 1),
    "in the drain, between two of its transactions": lambda: before(drain.Drain, "_write_all", 2),
    "the spool is begun anew, before the new one counts": lambda: before(Path, "rename", 2),
    "the spool is begun anew, the new one counts": lambda: after(Path, "rename", 2),
    "nowhere": lambda: None,
}


async def _committed(ledger: Ledger, decisions: int) -> None:
    await ledger.writer.flush()
    print(decisions, flush=True)


async def _day(url: str, spool: Path, step: str) -> None:
    patch = pytest.MonkeyPatch()
    faults = Faults(patch)
    batch_writer.RENEW_BYTES = 1
    ledger = await open_spooled(url, spool)
    ledger.writer.drain._max_rows = 5
    faults.watch(ledger.engine)
    faults.watch(ledger.reader)
    STEPS[step]()
    desk = opened_desk(ledger)
    for n in range(CALLS):
        faults.database_away = AWAY_FROM <= n < AWAY_TO
        call = CallId(f"c{n}")
        play(ledger, desk, [arrived(call, n, number=f"+7916000{n:04}"), holding(call, n)])
        play(ledger, desk, [events.CallEnded(moment(n + 0.5), call, 16)])
        await _committed(ledger, len(desk.decisions))
        if n == AWAY_TO:
            async with asyncio.timeout(20):
                while ledger.writer.is_away:
                    await asyncio.sleep(0.01)
    die()


if __name__ == "__main__":
    asyncio.run(_day(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
