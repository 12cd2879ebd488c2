"""The floor: what a supervisor sees of this moment, orders, and is shown of the engine's decision."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import select

from callengine.control.live_messages import LiveOutgoing
from callengine.desk.engine_link.picture import Outgoing
from callengine.desk.floor.pages import FloorPages
from callengine.desk.floor.view import floor_of
from callengine.desk.people.rights import Role
from callengine.desk.people.scope import Scope
from callengine.desk.people.tables import trail
from tests.support.centre import moment
from tests.support.desk_pages import SUPERVISOR, desk_database, desk_pages, visitor
from tests.support.told_calls import CANARY, told_names
from tests.support.told_floor import AGENTS, CALLS, Orders, StandingFollower, a_picture

OF_SEVER = Scope(9, "Старшая Севера", Role.SUPERVISOR, frozenset({"sever"}))


@asynccontextmanager
async def asked(
    folder: Path, person: str = "supervisor", *, follower: StandingFollower | None = None
) -> AsyncIterator[tuple[aiohttp.ClientSession, FloorPages, Orders]]:
    orders = Orders()
    async with desk_database(f"sqlite:///{folder}/desk.db") as database:
        follower = follower or StandingFollower(a_picture())
        pages = FloorPages(follower, database, told_names(), lambda: moment(3600), orders)
        async with desk_pages(pages.routes()) as address, visitor(address, person) as client:
            yield client, pages, orders


async def text(client: aiohttp.ClientSession, path: str, status: int = 200) -> str:
    async with client.get(path) as answer:
        assert answer.status == status
        return await answer.text()


def test_who_waits_stands_in_the_order_of_service_and_agents_from_free_to_away() -> None:
    floor = floor_of(a_picture(), told_names(), SUPERVISOR)
    assert [(one.place, one.call) for one in floor.waiting] == [
        (1, "yug-waiting"),
        (2, "ringing"),
        (3, "waiting"),
    ]
    assert [one.agent for one in floor.agents] == ["1004", "1002", "1001", f"{1003}", "1005"]
    assert [one.obligation for one in floor.owed] == ["ob-2", "ob-yug", "ob-1"]
    assert [(one.queue, one.waiting, one.free, one.there) for one in floor.queues] == [
        ("general", 1, 1, 4),
        ("emergency", 1, 0, 1),
        ("yug-queue", 1, 0, 3),
    ]
    assert floor.waiting[1].rings_at == "Петрова"
    assert floor.talking == 2


def test_a_supervisor_of_one_company_sees_its_calls_only() -> None:
    floor = floor_of(a_picture(), told_names(), OF_SEVER)
    assert [one.call for one in floor.waiting] == ["ringing", "waiting"]
    assert {one.obligation for one in floor.owed} == {"ob-1", "ob-2"}
    assert "1003" not in {one.agent for one in floor.agents}
    assert {one.with_company for one in floor.agents} == {"", "УК Север"}
    assert floor.talking == 1


def test_who_calls_out_by_hand_is_shown_so_and_for_whom_where_that_may_be_seen() -> None:
    call = LiveOutgoing(
        attempt="out-1.1",
        agent="1004",
        company="yug",
        label="",
        number="112",
        purpose="пожар",
        command="w",
        state="talking",
        made_at=moment(3500),
    )
    agents = [replace(one, attempt="out-1.1") if one.agent == "1004" else one for one in AGENTS]
    picture = replace(a_picture(agents=agents), outgoing={"out-1.1": Outgoing(call, "talking", moment(3510))})
    for scope, company in ((SUPERVISOR, told_names().company("yug")), (OF_SEVER, "")):
        (one,) = [one for one in floor_of(picture, told_names(), scope).agents if one.agent == "1004"]
        assert (one.calls_out, one.calls_back, one.with_company) == (True, False, company)


async def test_the_page_shows_it_and_says_when_the_engine_is_away(tmp_path: Path) -> None:
    async with asked(tmp_path) as (client, _, _orders):
        page = await text(client, "/desk/floor")
        for word in ("Иванова", "разговаривает", "на удержании", "УК Север", "Никому", "пауза"):
            assert (word in page) is (word != "Никому"), word
        assert "+79161234567" not in page
    follower = StandingFollower(None)
    async with asked(tmp_path, follower=follower) as (client, _, _orders):
        page = await text(client, "/desk/floor")
        assert "ещё не отвечал" in page
        assert "Никто не ждёт" in page


@pytest.mark.parametrize("person", ["agent", "editor", "sever"])
async def test_others_have_no_floor(tmp_path: Path, person: str) -> None:
    async with asked(tmp_path, person) as (client, _, orders):
        for path in (
            "/desk/floor",
            "/desk/floor/stream",
            "/desk/floor/agents/1001",
            "/desk/floor/calls/waiting",
        ):
            assert CANARY not in await text(client, path, 404)
        async with client.post("/desk/floor/agents/1001", data={"kind": "agent_pause"}) as answer:
            assert answer.status == 404
        assert orders.kept == []


async def test_an_order_is_asked_once_noted_and_its_answer_is_shown(tmp_path: Path) -> None:
    async with asked(tmp_path) as (client, pages, orders):
        form = await text(client, "/desk/floor/agents/1004")
        (order_id,) = re.findall(r'name="id" value="([^"]+)"', form)
        sent = {"id": order_id, "kind": "agent_pause", "state": "free", "reason": "инструктаж"}
        for _ in range(2):
            async with client.post("/desk/floor/agents/1004", data=sent) as answer:
                assert "ждёт ответа" in await answer.text()
        (one,) = orders.kept
        assert (one.order.kind, one.order.agent, one.order.reason) == ("agent_pause", "1004", "инструктаж")
        orders.answered("refused", "logged_out")
        page = await text(client, "/desk/floor")
        assert "оператор не на смене" in page
        async with pages.database.reading() as connection:
            rows = (await connection.execute(select(trail.c.action, trail.c.subject_id, trail.c.after))).all()
        assert (rows[0].action, rows[0].subject_id) == ("agent_pause", "1004")
        assert "инструктаж" in rows[0].after


async def test_what_is_wrong_is_told_beside_the_field_and_nothing_is_asked(tmp_path: Path) -> None:
    async with asked(tmp_path) as (client, _, orders):
        for path, sent, told in (
            ("agents/1004", {"id": "x" * 20, "kind": "agent_pause", "state": "free"}, "Напишите причину"),
            ("agents/1004", {"id": "x", "kind": "agent_pause", "reason": "обед"}, "Страница устарела"),
            (
                "agents/1004",
                {"id": "x" * 20, "kind": "call_raise", "reason": "обед"},
                "Выберите, что сделать",
            ),
            (
                "calls/waiting",
                {"id": "x" * 20, "kind": "call_give", "reason": "знает дом"},
                "Выберите оператора",
            ),
            ("calls/waiting", {"id": "x" * 20, "kind": "call_move", "reason": "авария"}, "Выберите очередь"),
        ):
            async with client.post(f"/desk/floor/{path}", data=sent) as answer:
                assert answer.status == 422
                page = await answer.text()
            assert told in page
            assert sent.get("reason", "") in page
        assert orders.kept == []


async def test_an_old_page_is_told_what_changed_meanwhile(tmp_path: Path) -> None:
    follower = StandingFollower(a_picture())
    async with asked(tmp_path, follower=follower) as (client, _, orders):
        sent = {"id": "x" * 20, "kind": "agent_pause", "state": "free", "reason": "обед"}
        now_talking = replace(AGENTS[3], state="talking")
        follower.becomes(a_picture(agents=[now_talking, *AGENTS[:3]]))
        async with client.post("/desk/floor/agents/1004", data=sent) as answer:
            assert answer.status == 409
            page = await answer.text()
        assert "разговаривает" in page
        assert "свободен" in page
        follower.becomes(a_picture(calls=CALLS[1:]))
        sent = {"id": "x" * 20, "kind": "call_raise", "reason": "авария"}
        async with client.post("/desk/floor/calls/waiting", data=sent) as answer:
            assert answer.status == 409
            assert "уже не ждёт" in await answer.text()
        assert orders.kept == []


@asynccontextmanager
async def patches(client: aiohttp.ClientSession, path: str) -> AsyncIterator[AsyncIterator[dict[str, str]]]:
    async def each(answer: aiohttp.ClientResponse) -> AsyncIterator[dict[str, str]]:
        async for line in answer.content:
            if line.startswith(b'data: {"'):
                yield json.loads(line[6:])

    async with client.get(path) as answer:
        assert answer.status == 200
        yield each(answer)
        answer.close()


async def test_the_stream_brings_what_happens(tmp_path: Path) -> None:
    follower = StandingFollower(a_picture())
    async with (
        asked(tmp_path, follower=follower) as (client, _, orders),
        patches(client, "/desk/floor/stream") as coming,
        asyncio.timeout(20),
    ):
        shown: dict[str, str] = await anext(coming)
        assert "Ждут · 3" in shown["waiting"]
        follower.becomes(a_picture(calls=CALLS[1:]))
        while "Ждут · 2" not in shown["waiting"]:
            shown |= await anext(coming)
        sent = {"id": "y" * 20, "kind": "call_raise", "reason": "авария"}
        async with client.post("/desk/floor/calls/yug-waiting", data=sent) as answer:
            assert answer.status == 200
        orders.answered("done")
        while "выполнено" not in shown["orders"]:
            shown |= await anext(coming)
