"""The desk finds the engine, loses it, and finds it again; its door says which."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp

from callengine.control.feed import Feed
from callengine.control.live_messages import CallArrived, to_line
from callengine.control.places import desk_socket
from callengine.control.telling import snapshot
from callengine.desk.engine_link.follower import EngineFollower
from callengine.desk.web.drawing import Drawing
from callengine.desk.web.gate import Gate
from callengine.desk.web.server import DeskServer
from queues.live_state import CentreView
from tests.support.desk_pages import Known
from tests.support.looking import Looking
from tests.support.manual_clock import NOON, ManualClock

EMPTY = CentreView((), (), synced=True)
ARRIVED = CallArrived(
    n=1,
    at=NOON,
    call="c1",
    company="sever",
    queue="general",
    did="74951234501",
    number="",
    caller_name="",
    arrived_at=NOON,
)


@asynccontextmanager
async def a_desk() -> AsyncIterator[tuple[Path, EngineFollower, aiohttp.ClientSession]]:
    """The socket's place, which nobody listens on yet; the follower at work; its door."""
    with tempfile.TemporaryDirectory() as folder:
        control = Path(folder) / "c.sock"
        follower = EngineFollower(desk_socket(control))
        gate = Gate(Known("en"), Drawing(ZoneInfo("UTC"), (), "test"), "en")
        server = DeskServer("127.0.0.1", 0, follower, gate, ())
        await server.start()
        following = asyncio.get_running_loop().create_task(follower.run())
        try:
            async with aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as client:
                yield control, follower, client
        finally:
            following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await following
            await server.stop()


async def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def ready(client: aiohttp.ClientSession) -> tuple[int, bool, bool]:
    async with client.get("/readyz") as answer:
        conditions = (await answer.json())["conditions"]
        return answer.status, conditions["engine_heard"], conditions["pbx_synced"]


async def metrics(client: aiohttp.ClientSession) -> dict[str, float]:
    async with client.get("/metrics") as answer:
        lines = [line.split() for line in (await answer.text()).splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines}


@asynccontextmanager
async def an_engine(
    path: Path, behave: Callable[[asyncio.StreamWriter], Awaitable[None]]
) -> AsyncIterator[None]:
    """A server that does what it is told, with whoever connects."""
    over = asyncio.Event()

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await behave(writer)
        await over.wait()
        writer.close()

    server = await asyncio.start_unix_server(serve, str(path))
    try:
        yield
    finally:
        over.set()
        server.close()
        await server.wait_closed()


async def test_without_an_engine_the_desk_lives_and_says_so() -> None:
    async with a_desk() as (_, _, client):
        async with client.get("/healthz") as answer:
            assert answer.status == 200
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert await ready(client) == (503, False, False)


async def test_an_engine_that_comes_goes_and_comes_again_is_followed_each_time() -> None:
    async with a_desk() as (control, follower, client):
        for _ in range(2):
            feed = Feed(Looking(EMPTY), ManualClock().now)
            await feed.open(control)
            await until(lambda: follower.is_heard)
            assert await ready(client) == (200, True, True)
            await feed.close()
            await until(lambda: not follower.is_heard, seconds=1)
            assert await ready(client) == (503, False, False)
        assert (await metrics(client))["callengine_desk_stream_restarts_total"] == 1


async def test_an_engine_that_hangs_is_known_to_within_three_seconds() -> None:
    async def hang(writer: asyncio.StreamWriter) -> None:
        writer.write(to_line(snapshot(EMPTY, NOON)))

    async with a_desk() as (control, follower, client), an_engine(desk_socket(control), hang):
        await until(lambda: follower.is_heard)
        began = asyncio.get_running_loop().time()
        await until(lambda: not follower.is_heard)
        assert asyncio.get_running_loop().time() - began < 3.0
        assert (await metrics(client))["callengine_desk_engine_heard"] == 0


async def test_a_gap_or_rubbish_makes_it_begin_again_and_never_ends_the_desk() -> None:
    tricks = [to_line(ARRIVED).replace(b'"n":1', b'"n":7'), b"\xff{}\n", b'{"kind":"beat"}\n', b"half a line"]
    played: list[bytes] = []

    async def trick(writer: asyncio.StreamWriter) -> None:
        writer.write(to_line(snapshot(EMPTY, NOON)))
        if len(played) < len(tricks):
            played.append(tricks[len(played)])
            writer.write(played[-1])
            if played[-1] == tricks[-1]:
                writer.close()
        else:
            writer.write(b'{"kind":"moon_rose","n":1,"at":"2026-11-23T12:00:00Z"}\n')
            writer.write(to_line(ARRIVED).replace(b'"n":1', b'"n":2'))

    async with a_desk() as (control, follower, client), an_engine(desk_socket(control), trick):
        await until(lambda: follower.picture is not None and "c1" in follower.picture.calls)
        assert played == tricks
        assert (await metrics(client))["callengine_desk_calls"] == 1
