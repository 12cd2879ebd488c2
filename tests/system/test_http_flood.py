"""Thousands at the door of HTTP: agents' phones ring as soon as without them, and a whole request is served."""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from callengine.demo.centre import GENERAL_DID, CentrePlan, write_settings
from tests.bench.processes import cpu_seconds
from tests.bench.rounds import HandOvers
from tests.support.half_sent import crowd_at
from tests.support.live_centre import LiveCentre, live_centre

AGENTS = 4
HAND_OVERS = 16
PEOPLE = 5_000


@asynccontextmanager
async def engine(centre: LiveCentre, *, files: int) -> AsyncIterator[tuple[int, int]]:
    """`callengine run` as a process of its own that may open so many files; its pid and its port of HTTP."""
    secret = centre.asterisk.ami_secret_file
    settings = write_settings(
        centre.folder, centre.plan, ami_port=centre.asterisk.ami_port, secret_file=secret
    )
    log = centre.folder / "engine.log"
    command = (sys.executable, "-m", "callengine", "run", "--config", str(settings))
    with log.open("wb") as sink:
        process = await asyncio.create_subprocess_exec(
            "sh", "-c", f'ulimit -n {files}; exec "$@"', "sh", *command, stderr=sink
        )
    try:
        await centre.until(lambda: _port(log), seconds=30)
        yield process.pid, _port(log)
        assert process.returncode is None, log.read_text()
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def _port(log: Path) -> int:
    lines = (json.loads(line) for line in log.read_text().splitlines() if line.startswith("{"))
    return next((int(line["http_port"]) for line in lines if "http_port" in line), 0)


async def samples(port: int) -> dict[str, float]:
    """One scrape; whoever stands in the crowd may have to wait for his turn."""
    limit = aiohttp.ClientTimeout(total=60)
    async with (
        aiohttp.ClientSession(timeout=limit) as client,
        client.get(f"http://127.0.0.1:{port}/metrics") as answer,
    ):
        lines = (await answer.text()).splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if line[:1] != "#"}


class Rounds:
    """Hand-overs without a crowd, with one and another, and what the engine says of it."""

    def __init__(self, centre: LiveCentre, pid: int, port: int) -> None:
        self._centre = centre
        self._pid = pid
        self._port = port
        self.seen: dict[str, float] = {}

    async def run(self, *crowd: tuple[str, int]) -> list[float]:
        """Hand-overs while these stand at the door."""
        async with AsyncExitStack() as crowds:
            for kind, people in crowd:
                await crowds.enter_async_context(crowd_at(self._port, people, kind))
            before, began = cpu_seconds(self._pid), asyncio.get_running_loop().time()
            found = await HandOvers(self._centre.phones, GENERAL_DID, seed=len(crowd)).run(HAND_OVERS)
            share = (cpu_seconds(self._pid) - before) / (asyncio.get_running_loop().time() - began)
        self.seen = await samples(self._port)
        print(
            f"{crowd or 'nobody'}: hand-over p50 {statistics.median(found) * 1000:.1f} ms, max "
            f"{max(found) * 1000:.1f} ms of {len(found)}; engine's cpu {share:.0%}"
        )
        return found

    def refused(self, reason: str) -> float:
        return self.seen[f'callengine_http_refused_total{{reason="{reason}"}}']


@pytest.mark.alone
@pytest.mark.timeout(400)
async def test_five_thousand_slow_connections_and_floods_and_the_hand_over_is_unchanged() -> None:
    """At an engine of 256 files. Each of a crowd comes again as soon as it is answered or ended."""
    plan = CentrePlan(agents=AGENTS, wrap_up=0, notice=False, callbacks="enabled = false")
    async with live_centre(plan, engine=False) as centre, engine(centre, files=256) as (pid, port):
        await centre.phones.add_agents(AGENTS)
        rounds = Rounds(centre, pid, port)
        quiet = await rounds.run()
        slow = await rounds.run(("half", PEOPLE // 2), ("half", PEOPLE // 2))
        assert rounds.refused("crowded") > 100
        flooded = await rounds.run(("half", 300), ("garbage", 100), ("metrics", 100))
        assert rounds.refused("malformed") > 100
        for crowded in (slow, flooded):
            assert len(crowded) >= HAND_OVERS
            assert statistics.median(crowded) < 2 * statistics.median(quiet) + 0.050
        seen = rounds.seen
        assert rounds.refused("descriptors") == 0
        assert seen["callengine_fell_behind_total"] == 0
        assert sum(seen[f'callengine_shed_total{{kind="{kind}"}}'] for kind in ("event", "message")) == 0
        assert seen["callengine_ledger_write_failures_total"] == 0
