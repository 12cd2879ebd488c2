"""The engine's answer times against the callers' own clocks, in engine mode and in watch mode.

A caller's clock runs from his INVITE to the first RTP frame that carries the agent's tone. The wait the engine wrote
is compared with it, call by call. Every caller is a process of its own, two call at a time; the engine has its own
process, as in production. A frame of sound lasts 20 ms: so much of a difference is the grid of the sound itself.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from callengine.demo.centre import FIRST_AGENT, GENERAL_DID, CentrePlan
from tests.bench.figures import HEADER, Figure
from tests.support.clock_phones import OwnClock, PbxAddress, phones_in_processes
from tests.support.live_centre import LiveCentre, live_centre
from tests.support.watched_centre import WatchedCentre, watched_centre

AGENTS = 4
WATCHED_AGENTS = ("1001", "1002", "1003")
WATCHED_DID = "74950000001"
CALLERS = 2
ROWS = "SELECT number, arrived_at, answered_at FROM calls"


def numbers(calls: int, did: str) -> list[tuple[str, str]]:
    """So many residents, each with a number of his own."""
    return [(f"791600{n:05}", did) for n in range(calls)]


async def on_own_queue(
    centre: LiveCentre, calls: Sequence[tuple[str, str]], callers: int = CALLERS
) -> list[OwnClock]:
    """The calls (number, DID), by the callers' clocks; returns when all are over for the engine."""
    pbx = PbxAddress.of(centre.asterisk, [str(FIRST_AGENT + n) for n in range(AGENTS)])
    async with phones_in_processes(pbx, callers=callers, log_in=True) as phones:
        await centre.until(lambda: centre.free_agents() == AGENTS, seconds=30)
        measured = await phones.call_all(calls)
        await centre.until(lambda: not centre.engine.view().calls, seconds=30)
        return measured


async def on_app_queue(
    centre: WatchedCentre, calls: Sequence[tuple[str, str]], callers: int = CALLERS
) -> list[OwnClock]:
    """The same on a real app_queue that the engine watches."""
    pbx = PbxAddress.of(centre.pbx, WATCHED_AGENTS)
    async with phones_in_processes(pbx, callers=callers, log_in=False) as phones:
        await centre.until(lambda: set(centre.states().values()) == {"free"})
        measured = await phones.call_all(calls)
        await centre.until(lambda: not centre.engine.view().calls)
        return measured


async def measure(calls: int, callers: int) -> list[Figure]:
    """Both modes, one after the other."""
    async with live_centre(CentrePlan(agents=AGENTS, wrap_up=0)) as own:
        measured = await on_own_queue(own, numbers(calls, GENERAL_DID), callers)
        figures = told("engine mode", measured, await own.rows(ROWS))
    async with watched_centre() as watched:
        measured = await on_app_queue(watched, numbers(calls, WATCHED_DID), callers)
        return figures + told("watch mode (app_queue)", measured, await watched.rows(ROWS))


def differences(measured: Sequence[OwnClock], rows: Sequence[Any]) -> list[float]:
    """Engine minus caller, seconds. Raises KeyError for a call that the engine does not know as answered."""
    waits = {
        row.number: (row.answered_at - row.arrived_at) / 1e6 for row in rows if row.answered_at is not None
    }
    return [waits[one.number] - one.wait for one in measured]


def told(name: str, measured: Sequence[OwnClock], rows: Sequence[Any]) -> list[Figure]:
    """The differences, and their two ends: the call's beginning and its answer."""
    by_number = {row.number: row for row in rows}
    begins = [abs(by_number[one.number].arrived_at / 1e6 - one.called_at) for one in measured]
    ends = [abs(by_number[one.number].answered_at / 1e6 - one.heard_at) for one in measured]
    return [
        Figure(f"|engine - caller's own clock|, {name}", tuple(map(abs, differences(measured, rows)))),
        Figure("  of it: INVITE sent -> channel created", tuple(begins)),
        Figure("  of it: bridged -> first frame of the agent heard", tuple(ends)),
    ]


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.answer_clock", description=__doc__)
    parser.add_argument("--calls", type=int, default=200, help="in each mode (default %(default)s)")
    parser.add_argument("--callers", type=int, default=CALLERS, help="at a time (default %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    figures = asyncio.run(measure(options.calls, options.callers))
    print(HEADER)
    print("\n".join(figure.as_row() for figure in figures))
    if options.json is not None:
        options.json.write_text(
            json.dumps([one.as_json() for one in figures], indent=2) + "\n", encoding="utf-8"
        )
    return 0


def assert_clocks_agree(errors: Sequence[float], *, within: float = 0.050, at_worst: float = 0.300) -> None:
    """Nine in ten are within so many seconds; a telephone short of processor hears late."""
    sizes = sorted(map(abs, errors))
    assert sizes[int(len(sizes) * 0.9) - 1] <= within, sizes
    assert sizes[-1] <= at_worst, sizes


if __name__ == "__main__":
    sys.exit(main())
