"""`callengine desk` beside a real engine and Asterisk: it sees the calls, and none of them ever sees it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from callengine.demo.centre import CentrePlan
from tests.support.live_centre import LiveCentre, live_centre

SOON = 60.0


class Desk:
    """The process, and its door."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.address = f"http://127.0.0.1:{port}"

    async def is_ready(self) -> bool:
        async with aiohttp.ClientSession() as client, client.get(f"{self.address}/readyz") as answer:
            return answer.status == 200

    async def calls(self) -> int:
        async with aiohttp.ClientSession() as client, client.get(f"{self.address}/metrics") as answer:
            text = await answer.text()
        (line,) = [line for line in text.splitlines() if line.startswith("callengine_desk_calls ")]
        return int(float(line.split()[1]))


@asynccontextmanager
async def a_desk(settings: Path, **environment: str) -> AsyncIterator[Desk]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "callengine", "desk", "--config", str(settings)),
        env={
            **os.environ,
            "CALLENGINE_DESK__PORT": "0",
            "CALLENGINE_DESK__FILES": str(settings.parent / "files"),
            **environment,
        },
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        async with asyncio.timeout(SOON):
            while (told := json.loads(await process.stderr.readline()))["event"] != "desk_started":
                pass
        yield Desk(process, told["http_port"])
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)
            process.terminate()
        await process.communicate()


async def until_ready(desk: Desk, wanted: bool, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while await desk.is_ready() is not wanted:
            await asyncio.sleep(0.05)


async def one_call(centre: LiveCentre, number: str, desk: Desk | None = None) -> None:
    resident = centre.phones.resident(number)
    await resident.call()
    await resident.wait_for(lambda one: one.heard_at is not None, seconds=SOON)
    if desk is not None:
        async with asyncio.timeout(SOON):
            while await desk.calls() != 1:
                await asyncio.sleep(0.05)
    await resident.hang_up()
    await centre.until(lambda: not centre.engine.view().calls and centre.free_agents() == 1)


async def test_calls_are_seen_and_a_desk_that_is_stopped_or_killed_changes_none() -> None:
    async with live_centre(CentrePlan(agents=1, wrap_up=0)) as centre:
        settings = centre.folder / "callengine.toml"
        await centre.phones.add_agents(1)
        await centre.until(lambda: centre.free_agents() == 1)
        async with a_desk(settings) as desk:
            await until_ready(desk, True, SOON)
            await one_call(centre, "79160000001", desk)
            desk.process.send_signal(signal.SIGSTOP)
            await one_call(centre, "79160000002")
            desk.process.send_signal(signal.SIGCONT)
            await until_ready(desk, True, SOON)
            await one_call(centre, "79160000003", desk)
            desk.process.kill()
            await desk.process.wait()
            await one_call(centre, "79160000004")
        rows = await centre.rows("SELECT outcome, served_by FROM calls")
        assert [tuple(row) for row in rows] == [("answered", "engine")] * 4


async def test_an_engine_that_goes_is_told_within_three_seconds_and_one_that_comes_is_followed() -> None:
    async with live_centre(CentrePlan(agents=1), engine=False) as centre:
        await centre.start_engine()
        async with a_desk(centre.folder / "callengine.toml") as desk:
            await until_ready(desk, True, SOON)
            await centre.stop_engine()
            await until_ready(desk, False, 3.0)
            await centre.start_engine()
            await until_ready(desk, True, SOON)
            desk.process.terminate()
            assert await asyncio.wait_for(desk.process.wait(), SOON) == 0


async def test_the_desk_starts_where_it_may_not_read_the_secret_of_ami() -> None:
    async with live_centre(CentrePlan(agents=1)) as centre:
        settings = centre.folder / "callengine.toml"
        text = settings.read_text(encoding="utf-8")
        mine = centre.folder / "desk.toml"
        mine.touch(mode=0o600)
        secret_file = str(centre.asterisk.ami_secret_file)
        assert secret_file in text
        mine.write_text(text.replace(secret_file, "/nonexistent/secret"), encoding="utf-8")
        async with a_desk(mine) as desk:
            await until_ready(desk, True, SOON)
