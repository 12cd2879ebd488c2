"""The door of HTTP: half-sent requests, floods and garbage cost little, are counted, and are answered by nobody."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from aiohttp import web

from callengine.http.door.door import is_this_machine
from callengine.http.door.head import Head, MalformedError, look
from callengine.http.door.limits import BODY_BYTES, RESERVED_DESCRIPTORS, Allowance, Limits, limits
from callengine.http.door.shared import Shared
from callengine.http.server import HttpServer
from callengine.metrics.registry import Metrics
from config.schema.centre import Http
from tests.support.half_sent import PIECES, crowd_at
from tests.unit.callengine.http.test_http_server import some_metrics

WHOLE = PIECES["whole"]
ROOMY = Limits(connections=50, per_address=50)


class Place:
    """A server whose door has the limits of a test, and somebody who knocks."""

    def __init__(self, server: HttpServer, metrics: Metrics) -> None:
        self.port = server.port
        self._metrics = metrics

    async def open(self, said: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(said)
        await writer.drain()
        return reader, writer

    async def answer(self, said: bytes) -> bytes:
        """All that comes until the connection is ended."""
        reader, writer = await self.open(said)
        try:
            async with asyncio.timeout(20):
                return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()

    def told(self, name: str, **labels: str) -> float:
        value: float | None = self._metrics.registry.get_sample_value(f"callengine_http_{name}", labels)
        assert value is not None
        return value

    def refused(self, reason: str) -> float:
        return self.told("refused_total", reason=reason)

    async def until_refused(self, reason: str, times: int) -> None:
        async with asyncio.timeout(30):
            while self.refused(reason) < times:
                await asyncio.sleep(0.02)


class Parts:
    """A body that is awaited, and an answer without an end."""

    def add_to(self, app: web.Application) -> None:
        app.router.add_post("/body", self._body)
        app.router.add_get("/stream", self._stream)

    @staticmethod
    async def _body(request: web.Request) -> web.Response:
        return web.Response(text=str(len(await request.read())))

    @staticmethod
    async def _stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(8):
            await response.write(b"on\n")
            await asyncio.sleep(0.1)
        return response


@asynccontextmanager
async def place(monkeypatch: pytest.MonkeyPatch, wanted: Limits = ROOMY) -> AsyncIterator[Place]:
    monkeypatch.setattr("callengine.http.server.limits", lambda _most: wanted)
    metrics = some_metrics()
    server = HttpServer("127.0.0.1", 0, metrics, dict, api=Parts())
    await server.start()
    try:
        yield Place(server, metrics)
    finally:
        await server.stop()


def answered(said: bytes, status: int = 200) -> bool:
    return said.startswith((f"HTTP/1.1 {status} ".encode(), f"HTTP/1.0 {status} ".encode()))


@contextmanager
def descriptors(soft: int) -> Iterator[None]:
    before, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before, hard))


def lowest_free() -> int:
    """The number that the next file gets: the limit is one of numbers, not of files."""
    number = os.dup(0)
    os.close(number)
    return number


async def test_two_hundred_half_sent_requests_leave_a_place_for_a_whole_one_and_files_for_the_ledger(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As seen: with 256 files for the process the engine ended, because the ledger found none any more."""
    with descriptors(256):
        async with place(monkeypatch, limits(512)) as door, crowd_at(door.port, 200, "half"):
            await door.until_refused("crowded", 200 - limits(512).connections)
            assert door.told("connections") <= 256 - RESERVED_DESCRIPTORS
            ledgers = [(tmp_path / str(n)).open("w") for n in range(40)]
            for one in ledgers:
                one.close()
            assert answered(await door.answer(WHOLE))


async def test_without_a_descriptor_left_the_loop_turns_and_the_door_opens_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with place(monkeypatch, replace(ROOMY, connections=500, head_seconds=0.5)) as door:
        few = lowest_free() + 8  # The crowd's own pipes, and some of the crowd.
        async with crowd_at(door.port, 100, "half"):
            with descriptors(few):
                await door.until_refused("descriptors", 2)
        assert answered(await door.answer(WHOLE))
        assert door.refused("descriptors") < 30, "it asks again after a rest, not at once"
    assert caplog.text == ""


async def test_who_does_not_say_the_whole_of_it_in_time_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    async with place(monkeypatch, replace(ROOMY, head_seconds=0.3)) as door:
        assert {await door.answer(b""), await door.answer(PIECES["half"])} == {b""}
        assert door.refused("slow") == 2
        assert door.told("connections") == 0


async def test_who_says_it_letter_by_letter_is_ended_before_it_is_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with place(monkeypatch) as door:
        reader, writer = await door.open(b"")
        for n in range(len(WHOLE)):
            writer.write(WHOLE[n : n + 1])
            await asyncio.sleep(0.01)
            if door.refused("flooding"):
                break
        assert door.refused("flooding") == 1
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()


async def test_when_every_place_is_taken_the_longest_silent_goes_for_the_newest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with place(monkeypatch, replace(ROOMY, connections=5)) as door:
        silent = [await door.open(PIECES["half"]) for _ in range(5)]
        assert answered(await door.answer(WHOLE))
        async with asyncio.timeout(10):
            assert await silent[0][0].read() == b""
        assert door.refused("crowded") == 1
        assert door.told("connections") == 4
        for _, writer in silent:
            writer.close()


async def test_one_foreign_address_takes_a_part_of_the_places_and_this_machine_may_take_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert [is_this_machine(one) for one in ("127.0.0.1", "::1", "", "fe80::1%eth0", "10.0.0.7")] == [
        *(True, True, True),
        *(False, False),
    ]
    async with place(monkeypatch, replace(ROOMY, per_address=3)) as door:
        ours = [await door.open(PIECES["half"]) for _ in range(5)]
        assert answered(await door.answer(WHOLE))
        monkeypatch.setattr("callengine.http.door.door.is_this_machine", lambda _: False)
        assert await door.answer(WHOLE) == b""
        assert door.refused("crowded") == 1
        for _, writer in ours:
            writer.close()
        async with asyncio.timeout(20):
            while door.told("connections"):
                await asyncio.sleep(0.01)
        assert answered(await door.answer(WHOLE))


async def test_places_taken_by_requests_that_are_served_are_not_taken_from_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with place(monkeypatch, replace(ROOMY, connections=1, serve_seconds=0.2)) as door:
        streaming = asyncio.create_task(door.answer(b"GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"))
        async with asyncio.timeout(10):
            while not door.told("connections"):
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        assert await door.answer(WHOLE) == b""
        assert (await streaming).count(b"on\n") == 8, "an endless answer is limited by whoever makes it"
        assert door.refused("crowded") == 1
        assert answered(await door.answer(WHOLE))


GARBAGE = [
    PIECES["garbage"],
    b"\x00" * 100,
    b"get /healthz HTTP/1.1\r\n\r\n",
    b"GET /healthz\r\n\r\n",
    b"GET /healthz HTTP/3.0\r\n\r\n",
    b"GET /health z HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    b"POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: nonsense\r\n\r\n",
    b"A" * 60,
    b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
]


@pytest.mark.parametrize("said", GARBAGE)
async def test_garbage_is_counted_once_answered_shortly_and_never_logged(
    said: bytes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with place(monkeypatch) as door:
        told = await door.answer(said)
        assert told == b"" or answered(told, 400)
        assert b"ython" not in told
        assert b"aiohttp" not in told
        assert sum(door.refused(reason) for reason in ("malformed", "flooding")) == 1
        assert answered(await door.answer(WHOLE))
    assert caplog.text == ""


async def test_no_answer_tells_a_version(monkeypatch: pytest.MonkeyPatch) -> None:
    async with place(monkeypatch) as door:
        for said in (WHOLE, WHOLE.replace(b"healthz", b"nowhere"), *GARBAGE):
            heads = (await door.answer(said)).split(b"\r\n\r\n")[0].lower()
            assert [line for line in heads.split(b"\r\n") if line.startswith(b"server:")] in (
                [b"server: callengine"],
                [],
            )
            assert b"connection: close" in heads or heads[:9] in (b"", b"http/1.0 ")


async def test_a_connection_is_good_for_one_request_and_what_follows_is_not_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with place(monkeypatch) as door:
        told = await door.answer(WHOLE * 50)
        assert told.count(b"HTTP/1.1 200 OK") == 1
        await door.answer(WHOLE.replace(b"/healthz", b"/stream") + b"A" * 400_000)
        assert door.refused("flooding") == 1


async def test_a_body_is_read_to_its_limit_and_awaited_to_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def post(length: int) -> bytes:
        return f"POST /body HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n\r\n".encode()

    async with place(monkeypatch, replace(ROOMY, serve_seconds=0.5)) as door:
        assert (await door.answer(post(20_000) + b"a" * 20_000)).endswith(b"20000")
        assert answered(await door.answer(post(70_000) + b"a" * 70_000), 413)
        await door.answer(post(10**9) + b"a" * (2 * BODY_BYTES + 1_000_000))
        assert door.refused("flooding") <= 1
        assert await door.answer(post(5)) == b""
        assert door.refused("stalled") == 1
        assert door.told("connections") == 0


@pytest.mark.parametrize("kind", ["garbage", "whole"])
async def test_a_flood_is_let_in_no_faster_than_the_limits_say(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Limits(60, 60, accepts_per_second=40.0, requests_per_second=20.0, burst=10.0)
    async with place(monkeypatch, slow) as door:
        loop = asyncio.get_running_loop()
        began, served = loop.time(), 0
        async with crowd_at(door.port, 40, kind):
            while loop.time() - began < 3:
                served += answered(await door.answer(WHOLE))
            seconds = loop.time() - began
        assert served >= 1
        most = 10 + 40 * seconds
        assert door.refused("malformed") <= most
        if kind == "whole":
            assert served <= 10 + 20 * seconds


def test_places_are_never_so_many_that_they_take_the_ledgers_files() -> None:
    with descriptors(300):
        assert limits(512).connections == 300 - RESERVED_DESCRIPTORS
        assert limits(100).connections == 100
    with descriptors(130):
        assert limits(512).connections == 8


def test_the_unit_leaves_room_for_all_connections_and_for_what_calls_need() -> None:
    unit = files("callengine").joinpath("callengine.service").read_text(encoding="utf-8")
    (files_allowed,) = re.findall(r"^LimitNOFILE=(\d+)$", unit, flags=re.MULTILINE)
    with descriptors(int(files_allowed)):
        assert limits(Http().connections).connections == Http().connections


def test_an_allowance_is_an_average_with_a_burst() -> None:
    allowed = Allowance(2.0, 3.0, now=0.0)
    assert [allowed.take(0.0) for _ in range(4)] == [True, True, True, False]
    assert allowed.wait_seconds == 0.5
    assert [allowed.take(0.5), allowed.take(0.5)] == [True, False]
    assert sum(allowed.take(100.0) for _ in range(10)) == 3


async def test_what_is_costly_is_made_for_all_who_wait_and_begun_after_they_asked() -> None:
    begun: list[str] = []
    go_on = asyncio.Event()

    async def make(what: str) -> int:
        begun.append(what)
        await go_on.wait()
        return len(begun)

    shared = Shared(make, Allowance(1000.0, 1000.0, 0.0), asyncio.get_running_loop().time)
    first = asyncio.create_task(shared.get("text"))
    while not begun:
        await asyncio.sleep(0)
    later = [asyncio.create_task(shared.get("text")) for _ in range(50)]
    await asyncio.sleep(0)
    later[0].cancel()
    go_on.set()
    assert await first == 1
    assert set(await asyncio.gather(*later[1:])) == {2}
    assert begun == ["text", "text"]
    assert await shared.get("open") == 3


@pytest.mark.parametrize("end", range(1, len(WHOLE)))
def test_a_head_cut_anywhere_may_still_become_one(end: int) -> None:
    assert look(WHOLE[:end]) is None


def test_a_whole_head_tells_whether_a_body_follows() -> None:
    assert look(WHOLE) == Head(len(WHOLE), has_body=False)
    posted = b"POST / HTTP/1.1\r\ncontent-LENGTH : 3\r\n\r\nabc"
    assert look(posted) == Head(len(posted) - 3, has_body=True)
    with pytest.raises(MalformedError):
        look(b"\r\n\r\n")
