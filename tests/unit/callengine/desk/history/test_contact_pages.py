"""Contacts: settled at once and how fast, for the centre by agent too, for a company of its own only (P36, P20)."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
from python_calamine import CalamineWorkbook
from sqlalchemy import insert, select

from callengine.desk.cards.tables import cards
from callengine.desk.data.database import DeskDatabase
from callengine.desk.history.contact_pages import ContactPages
from callengine.desk.knowledge.topics.tables import topics
from callengine.desk.people.tables import trail
from tests.support.centre import moment
from tests.support.desk_pages import desk_database, desk_pages, visitor
from tests.support.told_calls import CANARY, told_names


def a_card(n: int, seconds: int | None, **more: Any) -> dict[str, Any]:
    at = moment(n)
    row: dict[str, Any] = {
        "company": "sever",
        "kind": "incoming",
        "call": f"c{n}",
        "agent": "1001",
        "number": "+79160000001",
        "opened_at": at,
        "answered_at": at,
        "changed_at": at,
        "settled": True,
        "topic_id": None,
        "closed_at": None if seconds is None else at + timedelta(seconds=seconds),
    }
    return row | more


async def fill(database: DeskDatabase) -> None:
    async with database.writing() as connection:
        lift = await connection.scalar(
            topics.insert()
            .values(key="lift-1", name_ru="Лифт стоит", name_en="Lift stands", company="sever")
            .returning(topics.c.id)
        )
        foreign = await connection.scalar(
            topics.insert()
            .values(key="foreign", name_ru=f"Тема {CANARY}", name_en=CANARY, company="yug")
            .returning(topics.c.id)
        )
        rows = [
            a_card(1, 60, topic_id=lift),
            a_card(2, 120, topic_id=lift, settled=False),
            a_card(3, None),
            a_card(4, 600, kind="callback", agent="1002"),
            a_card(5, 3599, company="yug", agent="1002", topic_id=foreign),
        ]
        await connection.execute(insert(cards), rows)


@asynccontextmanager
async def asked(folder: Path, person: str) -> AsyncIterator[tuple[aiohttp.ClientSession, DeskDatabase]]:
    async with desk_database(f"sqlite:///{folder}/{person}.db") as database:
        await fill(database)
        pages = ContactPages(database, told_names(), ZoneInfo("Europe/Moscow"), lambda: moment(3600))
        async with desk_pages(pages.routes()) as address, visitor(address, person) as client:
            yield client, database


async def text(client: aiohttp.ClientSession, query: str = "", status: int = 200) -> str:
    async with client.get(f"/desk/contacts{query}") as answer:
        assert answer.status == status, await answer.text()
        return await answer.text()


async def test_the_centre_sees_all_apart_by_company_topic_agent_and_kind(tmp_path: Path) -> None:
    async with asked(tmp_path, "supervisor") as (client, _):
        page = await text(client, "?span=today")
        for said in ("3 из 5", "60,0 %", "1 из 5", "n = 4", "Лифт стоит", "Петрова", "обратный звонок"):
            assert said in page, said
        only = await text(client, "?span=today&company=sever")
        assert "2 из 4" in only
        assert CANARY not in only.split("</form>", 2)[2]
        assert "2026-11-26" in await text(client, "?first=вчера", 422)


async def test_a_company_sees_its_own_and_no_agents(tmp_path: Path) -> None:
    async with asked(tmp_path, "sever") as (client, _):
        page = await text(client, "?span=today&company=yug")
        assert CANARY not in page
        own = await text(client, "?span=today")
        assert "2 из 4" in own
        assert not any(said in own for said in (CANARY, "Петрова", "Иванова", "По операторам"))


async def test_an_agent_has_no_such_page_and_an_empty_time_says_what_to_do(tmp_path: Path) -> None:
    async with asked(tmp_path, "agent") as (client, _):
        await text(client, status=404)
    async with asked(tmp_path, "supervisor") as (client, _):
        assert "выберите другой период" in await text(client, "?first=2026-01-01&last=2026-01-02")


async def test_the_tables_are_taken_away_as_a_file_and_the_trail_tells_it(tmp_path: Path) -> None:
    async with asked(tmp_path, "sever") as (client, database):
        sent = {"query": "span=today", "form": "xlsx"}
        async with client.post("/desk/contacts/export", data=sent) as answer:
            assert answer.status == 200
            rows = CalamineWorkbook.from_filelike(io.BytesIO(await answer.read())).get_sheet_by_index(0)
        table = rows.to_python()
        assert table[1][:4] == ["всего", "", "4", "2"]
        assert ["По темам", "Лифт стоит", "2", "1", "0.5000", "2", "60", "90", "120", "0", "0.0000"] in table
        async with client.post("/desk/contacts/export", data=sent | {"form": "csv"}) as answer:
            assert CANARY not in await answer.text()
        async with client.post("/desk/contacts/export", data=sent | {"form": "pdf"}) as answer:
            assert answer.status == 422
        async with database.reading() as connection:
            noted = (await connection.execute(select(trail.c.action, trail.c.subject_id))).all()
    assert [tuple(one) for one in noted] == [("exported", "xlsx"), ("exported", "csv")]
