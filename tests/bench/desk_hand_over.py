"""What the desk costs a call: hand-overs with and without it, in turn (P27).

Pairs of rounds on one Asterisk and one engine: in one of each pair the desk follows, and so do twenty readers,
in the other nothing does. Told: both series, and the difference of p50 and p95 with the 95 % interval over the pairs.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import statistics
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from callengine.control.places import desk_socket
from callengine.demo.asterisk_process import AsteriskProcess
from callengine.demo.centre import GENERAL_DID, CentrePlan, Phones, sample_options
from callengine.demo.desk.running import RunningDesk
from tests.bench.figures import Figure, merged
from tests.bench.processes import cpu_seconds, engine
from tests.bench.rounds import HandOvers

AGENTS = 10
PLAN = CentrePlan(agents=AGENTS, wrap_up=0, notice=False, callbacks="enabled = false")
READERS = 20
"""Further readers of the engine's stream: as many desks as no centre has."""
_T_95 = {4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}
"""Student's t for 95 %, two-sided, by degrees of freedom."""
Tell = Callable[[Figure], None]


async def measure(pairs: int, hand_overs: int, tell: Tell) -> Mapping[str, object]:
    """`pairs` at least 5."""
    with tempfile.TemporaryDirectory(prefix="callengine-") as name:
        folder = Path(name)
        options = replace(sample_options(PLAN, folder), record=False)
        with AsteriskProcess(folder / "pbx", options=options) as asterisk:
            phones = Phones(asterisk)
            try:
                async with engine(folder, PLAN, asterisk) as pid:
                    await phones.add_agents(AGENTS)
                    return await _pairs(folder, phones, pid, pairs, hand_overs, tell)
            finally:
                await phones.stop()


async def _pairs(
    folder: Path, phones: Phones, pid: int, pairs: int, hand_overs: int, tell: Tell
) -> Mapping[str, object]:
    without: list[list[float]] = []
    beside: list[list[float]] = []
    cpu = {"without": 0.0, "with": 0.0}
    for number in range(pairs):
        # Which comes first changes, so that a machine that warms up or slows down favours none.
        for is_beside in (False, True) if number % 2 == 0 else (True, False):
            async with _desk(folder) if is_beside else contextlib.nullcontext():
                before = cpu_seconds(pid)
                found = await HandOvers(phones, GENERAL_DID, seed=number).run(hand_overs)
                cpu["with" if is_beside else "without"] += cpu_seconds(pid) - before
            (beside if is_beside else without).append(found)
            await asyncio.sleep(1.0)  # Calls that were cut are over on all sides.
    tell(merged("hand-over without the desk", without))
    tell(merged(f"hand-over with the desk and {READERS} readers", beside))
    told: dict[str, object] = {}
    for share, name in ((0.5, "p50"), (0.95, "p95")):
        differences = [
            1000 * (Figure("", tuple(one)).percentile(share) - Figure("", tuple(other)).percentile(share))
            for one, other in zip(beside, without, strict=True)
        ]
        middle, half = interval(differences)
        told[f"hand_over_difference_{name}_ms"] = f"{middle:+.2f} ± {half:.2f}"
    told["engine_cpu_with_by_without"] = round(cpu["with"] / max(cpu["without"], 0.01), 2)
    return told


def interval(differences: Sequence[float]) -> tuple[float, float]:
    """Their mean, and half the width of its 95 % interval."""
    count = len(differences)
    deviation = statistics.stdev(differences) / math.sqrt(count)
    return statistics.fmean(differences), _T_95.get(count - 1, 2.0) * deviation


@asynccontextmanager
async def _desk(folder: Path) -> AsyncIterator[None]:
    desk = RunningDesk(folder / "callengine.toml", folder / "desk.log")
    await desk.start()
    stop = asyncio.Event()
    readers = [asyncio.create_task(_read(desk_socket(folder / "c.sock"), stop)) for _ in range(READERS)]
    try:
        yield
    finally:
        stop.set()
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        await desk.stop()


async def _read(socket: Path, stop: asyncio.Event) -> None:
    reader, writer = await asyncio.open_unix_connection(str(socket))
    try:
        while not stop.is_set() and await reader.read(65536):
            pass
    finally:
        writer.transport.abort()
