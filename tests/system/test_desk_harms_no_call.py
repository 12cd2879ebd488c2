"""Law 10: a desk that is stopped within a transaction, flooded, without room or killed changes no call.

Under a steady load of calls each harm is done in turn; what the calls saw meanwhile is compared with what they saw when
there was no desk, in the same run. With a full disk the desk says so to whoever types, and recovers by itself.
"""

from __future__ import annotations

import asyncio
import json
import signal
import statistics
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import aiohttp
import pytest

from callengine.platform.clock import SystemClock
from callengine.platform.language import texts_of
from storage.schema.tables import EPOCH
from tests.support.desk_doors import Browser
from tests.support.half_sent import crowd_at
from tests.support.harmed_desk import (
    AGENTS,
    SECONDS,
    SOON,
    Calls,
    Desk,
    Place,
    a_desk,
    a_place,
    add_accounts,
    an_engine,
    steady_calls,
)
from tests.support.stopping_desk import IN_READ, IN_WRITE

FULL = texts_of("desk.layout")["ru"]["trouble_disk_full"]


async def test_no_call_waits_for_a_desk_that_is_stopped_flooded_full_or_killed() -> None:
    with a_place() as place:
        await add_accounts(place)
        async with steady_calls(place) as calls, an_engine(place):
            await _until_calls_come(calls)
            seen = {"no desk": await calls.during()}
            async with a_desk(place) as desk, Browser(desk.address) as agent, Browser(desk.address) as head:
                await desk.until(engine_heard=True, database_takes=True)
                assert await agent.sign_in("agent") < 400, agent.text
                assert await head.sign_in("supervisor") < 400
                seen["stopped in a write"] = await _stopped_in_a_write(place, calls, desk)
                seen["stopped in a read"] = await _stopped_in_a_read(place, calls, desk, head)
                seen["flooded"] = await _flooded(calls, desk)
                seen["full"] = await _full(place, calls, desk, agent)
                desk.process.kill()
                await desk.process.wait()
                seen["killed"] = await calls.during()
            told = await calls.stop()
            async with asyncio.timeout(SOON):
                while calls.in_ledger() < told["calls"]:
                    await asyncio.sleep(0.05)
            assert told["answered"] == told["ended"] == told["calls"]
            assert calls.outcomes() == {("answered", "engine"): told["calls"]}
        _compare(seen)


def _compare(seen: dict[str, list[float]]) -> None:
    """What waits for the desk waits for a lock or a socket: seconds. A busy machine costs milliseconds."""
    figures = {
        name: f"{len(found)} hand-overs, p50 {1000 * statistics.median(found):.1f} ms, "
        f"max {1000 * max(found):.1f} ms"
        for name, found in seen.items()
    }
    usual = seen["no desk"]
    for name, found in seen.items():
        assert len(found) > 0.4 * len(usual), figures
        assert statistics.median(found) < 3 * statistics.median(usual) + 0.05, (name, figures)
        assert max(found) < max(usual) + SECONDS / 3, (name, figures)


async def _stopped_in_a_write(place: Place, calls: Calls, desk: Desk) -> list[float]:
    place.stop_desk(IN_WRITE)
    await desk.until_stopped()
    assert place.ask("SELECT count(*) FROM accounts") == [[2]], "whoever reads does not wait"
    assert place.ask("BEGIN IMMEDIATE") == "database is locked"
    seen = await calls.during()
    desk.process.send_signal(signal.SIGCONT)
    await desk.until(engine_heard=True, database_takes=True)
    return seen


async def _stopped_in_a_read(place: Place, calls: Calls, desk: Desk, head: Browser) -> list[float]:
    place.stop_desk(IN_READ)
    looking = asyncio.create_task(head.get("/desk/calls"))
    await desk.until_stopped()
    seen = await calls.during()
    desk.process.send_signal(signal.SIGCONT)
    assert await looking == 200
    await desk.until(engine_heard=True, database_takes=True)
    return seen


async def _flooded(calls: Calls, desk: Desk) -> list[float]:
    async def hammer() -> None:
        async with Browser(desk.address, timeout=aiohttp.ClientTimeout(total=30)) as stranger:
            while True:
                await stranger.get("/desk/sign-in")
                await stranger.post("/desk/sign-in", {"name": "agent", "password": "x" * 500})
                await stranger.get("/metrics")

    async with crowd_at(desk.port, 300, "half"):
        strangers = [asyncio.create_task(hammer()) for _ in range(12)]
        try:
            return await calls.during()
        finally:
            assert not any(one.done() for one in strangers)
            for one in strangers:
                one.cancel()
            await asyncio.gather(*strangers, return_exceptions=True)


async def _full(place: Place, calls: Calls, desk: Desk, agent: Browser) -> list[float]:
    """What is typed is refused with words; with room again all is written, also what happened meanwhile."""
    await desk.until(engine_heard=True)
    assert await agent.get("/desk/work") == 200
    assert FULL not in agent.text
    card = Typing(agent, place.ask("SELECT max(id) FROM cards WHERE agent = '1001'")[0][0])
    async with _without_room(place, desk):
        await desk.until(database_takes=False)
        begin, restarts = _microseconds(), await desk.value("stream_restarts_total")
        seen = await calls.during()
        end = _microseconds()
        await _until_refused(agent, card.keep)
        await _until_refused(agent, card.close)
        assert card.note in agent.text, "what was typed is on the page, to be sent again"
        async with asyncio.timeout(SOON):
            while await agent.get("/desk/work") != 200 or FULL not in agent.text:
                pass
        assert FULL in await _first_of_stream(agent)
    await desk.until(database_takes=True, engine_heard=True)
    assert await agent.get("/desk/work") == 200
    assert FULL not in agent.text
    assert await card.keep() == 200
    assert place.ask(f"SELECT note FROM cards WHERE id = {card.id}") == [[card.note]]
    meanwhile = calls.answered_between(begin, end)
    assert len(meanwhile) > AGENTS
    async with asyncio.timeout(SOON):
        while missing := meanwhile - {call for (call,) in place.ask("SELECT call FROM cards")}:
            # A desk that found no processor for seconds has lost the thread: it never heard of some of these calls.
            if await desk.value("stream_restarts_total") > restarts and missing != meanwhile:
                break
            await asyncio.sleep(0.05)
    return seen


class Typing:
    """In a card, as its page does it; each time something else, so that there is something to write."""

    def __init__(self, agent: Browser, card: int) -> None:
        self.id = card
        self.note = ""
        self._agent = agent
        self._address = f"/desk/work/cards/{card}"
        self._times = 0

    async def keep(self) -> int:
        """What goes by itself every 2 s."""
        version = await self._typed()
        draft = {"version": version, "tab": f"t{self._times}", "turn": 1, "changes": {"note": self.note}}
        headers = {"X-CSRF": self._csrf(), "Accept": "*/*"}
        return await self._agent._asked("PUT", f"{self._address}/draft", json=draft, headers=headers)

    async def close(self) -> int:
        """The button."""
        version = await self._typed()
        form = {"note": self.note, "version": str(version), "tab": f"t{self._times}", "turn": "1"}
        return await self._agent.post(f"{self._address}/close", form)

    async def _typed(self) -> int:
        self._times += 1
        self.note = f"стояк перекрыт, ждёт слесаря: {self._times}"
        async with asyncio.timeout(SOON):
            while await self._agent.get(self._address) != 200:
                pass
        return int(self._agent.text.partition('data-version="')[2].partition('"')[0])

    def _csrf(self) -> str:
        return self._agent.text.partition('name="csrf" content="')[2].partition('"')[0]


@asynccontextmanager
async def _without_room(place: Place, desk: Desk) -> AsyncIterator[None]:
    """Also what SQLite itself makes free on the way."""

    async def fill() -> None:
        while True:
            place.disk.fill(desk.process.pid)
            await asyncio.sleep(0.05)

    filling = asyncio.create_task(fill())
    try:
        yield
    finally:
        filling.cancel()
        await asyncio.gather(filling, return_exceptions=True)
        place.disk.make_room(desk.process.pid)


async def _until_refused(agent: Browser, ask: Callable[[], Awaitable[int]]) -> None:
    """With words; what still fits into a block of the disk is taken."""
    async with asyncio.timeout(SOON):
        while await ask() != 503:
            pass
    assert FULL in agent.text


async def _first_of_stream(agent: Browser) -> str:
    """The regions of the page as its stream begins."""
    async with asyncio.timeout(SOON), agent.client.get("/desk/work/stream") as stream:
        async for line in stream.content:
            if line.startswith(b"data: ") and b'"engine"' in line:
                return str(json.loads(line.removeprefix(b"data: "))["engine"])
    raise AssertionError("the stream ended")


def _microseconds() -> int:
    """As the ledger has them."""
    return (SystemClock().now() - EPOCH) // timedelta(microseconds=1)


async def _until_calls_come(calls: Calls) -> None:
    async with asyncio.timeout(SOON):
        while (await calls.ask())["answered"] < 2 * AGENTS:
            await asyncio.sleep(0.05)


pytestmark = pytest.mark.alone
