"""Thousands at the door of HTTP: agents' phones ring as soon as without them, and a whole request is served."""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from callengine.demo.centre import GENERAL_DID, CentrePlan, write_settings
from tests.bench.processes import cpu_seconds
from tests.bench.rounds import HandOvers
from tests.support.half_sent import crowd_at
from tests.support.live_centre import LiveCentre, live_centre

AGENTS = 4
HAND_OVERS = 24
PEOPLE = 5_000


@asynccontextmanager
async def engine(centre: LiveCentre) -> AsyncIterator[tuple[int, int]]:
    """`callengine run` as a process of its own; its pid and its port of HTTP."""
    secret = centre.asterisk.ami_secret_file
    settings = write_settings(
        centre.folder, centre.plan, ami_port=centre.asterisk.ami_port, secret_file=secret
    )
    log = centre.folder / "engine.log"
    with log.open("wb") as sink:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "callengine", "run", "--config", str(settings)), stderr=sink
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


@pytest.mark.alone
@pytest.mark.timeout(400)
async def test_five_thousand_slow_connections_and_the_hand_over_is_unchanged() -> None:
    plan = CentrePlan(agents=AGENTS, wrap_up=0, notice=False, callbacks="enabled = false")
    async with live_centre(plan, engine=False) as centre, engine(centre) as (pid, port):
        await centre.phones.add_agents(AGENTS)
        quiet = await HandOvers(centre.phones, GENERAL_DID, seed=1).run(HAND_OVERS)
        async with crowd_at(port, PEOPLE // 2, "half"), crowd_at(port, PEOPLE // 2, "half"):
            before, began = cpu_seconds(pid), asyncio.get_running_loop().time()
            crowded = await HandOvers(centre.phones, GENERAL_DID, seed=2).run(HAND_OVERS)
            seen = await samples(port)
            share = (cpu_seconds(pid) - before) / (asyncio.get_running_loop().time() - began)
        print(
            f"hand-over p50 {statistics.median(quiet) * 1000:.1f} ms, max {max(quiet) * 1000:.1f} ms; crowded p50 "
            f"{statistics.median(crowded) * 1000:.1f} ms, max {max(crowded) * 1000:.1f} ms; engine's cpu {share:.0%}"
        )
        assert len(crowded) >= HAND_OVERS
        assert statistics.median(crowded) < 2 * statistics.median(quiet) + 0.050
        assert seen["callengine_http_connections"] <= 512
        assert seen['callengine_http_refused_total{reason="crowded"}'] > 100
        assert seen['callengine_http_refused_total{reason="descriptors"}'] == 0
        assert seen["callengine_fell_behind_total"] == 0
        assert sum(seen[f'callengine_shed_total{{kind="{kind}"}}'] for kind in ("event", "message")) == 0
