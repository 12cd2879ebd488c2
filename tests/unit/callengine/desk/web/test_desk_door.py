"""The desk's door is the engine's: who only begins to ask takes no place from who does."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
from aiohttp import web

from callengine.desk.people.rights import Right
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.visit import Visit
from callengine.http.door.limits import BODY_BYTES, RESERVED_DESCRIPTORS
from tests.support.desk_pages import desk_pages, visitor
from tests.support.half_sent import crowd_at
from tests.unit.callengine.http.door.test_door import descriptors

PEOPLE = 300


def port_in(address: str) -> int:
    return int(address.rpartition(":")[2])


async def refused(client: aiohttp.ClientSession, reason: str) -> float:
    async with client.get("/metrics") as answer:
        lines = (await answer.text()).splitlines()
    return next(
        float(line.rpartition(" ")[2])
        for line in lines
        if line.startswith(f'callengine_http_refused_total{{reason="{reason}"}}')
    )


async def test_hundreds_of_half_sent_requests_leave_a_place_for_a_whole_one_and_files_for_the_database(
    tmp_path: Path,
) -> None:
    """They held every descriptor for as long as they liked, and the desk could open no database any more."""
    with descriptors(256):
        async with desk_pages(()) as address, crowd_at(port_in(address), PEOPLE, "half"):
            async with asyncio.timeout(60), visitor(address, None) as client:
                while await refused(client, "crowded") < PEOPLE - (256 - RESERVED_DESCRIPTORS):
                    await asyncio.sleep(0.05)
            for one in [(tmp_path / str(n)).open("w") for n in range(60)]:
                one.close()


async def test_what_is_no_request_is_counted_and_no_answer_tells_the_server() -> None:
    async with desk_pages(()) as address, visitor(address, None) as client:
        reader, writer = await asyncio.open_connection("127.0.0.1", port_in(address))
        writer.write(b"\x16\x03\x01\x02\x00\x01\x00")
        said = await reader.read()
        writer.close()
        assert said.startswith(b"HTTP/1.1 400 ")
        assert await refused(client, "malformed") == 1
        async with client.get("/healthz") as answer:
            assert (answer.status, answer.headers["Server"]) == (200, "callengine")


async def test_a_file_that_its_route_takes_comes_through_though_the_engine_would_take_none_so_large() -> None:
    async def take(visit: Visit) -> web.StreamResponse:
        return web.Response(text=str(len(await visit.request.read())))

    route = DeskRoute("POST", "/desk/take", take, Right.DIRECTORY_READ, limit_bytes=8 * BODY_BYTES)
    file = bytes(7 * BODY_BYTES)
    async with (
        desk_pages((route,)) as address,
        visitor(address, "editor") as client,
        client.post("/desk/take", data=file) as answer,
    ):
        assert await answer.text() == str(len(file))
