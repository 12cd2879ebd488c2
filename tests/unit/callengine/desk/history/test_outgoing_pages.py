"""The pages of calls made by hand: whose they are, what they were for, and who may hear them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from sqlalchemy import insert, select

from callengine.desk.history.outgoing_pages import OutgoingPages
from callengine.desk.people.tables import trail
from storage.schema.database import create_ledger_engine, ledger_url
from storage.schema.desk_tables import desk_commands, outgoing_calls
from tests.support.centre import moment
from tests.support.desk_pages import desk_pages, visitor
from tests.support.told_calls import NODE, told_history

OTHERS = "чужое дело"
ROW = {
    "attempt": "out-1.1",
    "node": NODE,
    "command": "w1",
    "company": "sever",
    "did": "74951234501",
    "agent": "1001",
    "account": "3",
    "by": "Иванова",
    "purpose": "Обещали перезвонить: течь",
    "e164": "+79161234567",
    "made_at": moment(100),
    "dialled_at": moment(103),
    "contacted_at": moment(110),
    "ended_at": moment(170),
    "result": "contacted",
    "cause": 16,
    "sip_code": 200,
    "trunk": "trunk",
    "recording": "out-1.1.wav",
    "is_service": False,
}
SERVICE = ROW | {
    "attempt": "out-1.2",
    "command": "w2",
    "agent": "1002",
    "by": "Петрова",
    "purpose": "Экстренная служба",
    "e164": "112",
    "made_at": moment(200),
    "contacted_at": None,
    "ended_at": moment(220),
    "result": "no_answer",
    "recording": None,
    "is_service": True,
}
THEIRS = ROW | {"attempt": "out-1.3", "company": "yug", "purpose": OTHERS, "made_at": moment(300)}


@asynccontextmanager
async def asked(folder: Path, person: str) -> AsyncIterator[tuple[aiohttp.ClientSession, OutgoingPages]]:
    async with told_history(folder) as history:
        engine = create_ledger_engine(ledger_url(f"sqlite:///{folder}/ledger.db"))
        async with engine.begin() as connection:
            await connection.execute(insert(outgoing_calls), [ROW, SERVICE, THEIRS])
        await engine.dispose()
        (folder / "rec" / "out-1.1.wav").write_bytes(b"RIFF")
        pages = OutgoingPages(
            history.reader, history.database, history.names, history.sounds, history.zone, history.now
        )
        routes = (*history.routes(), *pages.routes())
        async with desk_pages(routes) as address, visitor(address, person) as client:
            yield client, pages


async def text(client: aiohttp.ClientSession, path: str, status: int = 200) -> str:
    async with client.get(path) as answer:
        assert answer.status == status, await answer.text()
        return await answer.text()


async def test_the_list_tells_whom_what_for_and_how_it_ended(tmp_path: Path) -> None:
    async with asked(tmp_path, "supervisor") as (client, _):
        shown = await text(client, "/desk/outgoing")
        for word in (
            "+79161234567",
            "течь",
            "112",
            "служебный номер",
            "не ответил",
            "1:00",
            "Иванова",
            OTHERS,
        ):
            assert word in shown
        assert OTHERS not in await text(client, "/desk/outgoing?company=sever")
        assert "112" not in await text(client, "/desk/outgoing?agent=1001")
        assert "течь" not in await text(client, "/desk/outgoing?span=yesterday")
        await text(client, "/desk/outgoing?first=26.11.2026", 422)


async def test_a_company_sees_its_own_with_numbers_masked_and_agents_who_spoke(tmp_path: Path) -> None:
    async with asked(tmp_path, "sever") as (client, _):
        shown = await text(client, "/desk/outgoing")
        assert OTHERS not in shown
        assert "+79161234567" not in shown
        assert "112" in shown
        assert "Иванова" in shown
        assert "Петрова" not in shown
        await text(client, "/desk/outgoing/out-1.3", 404)
        await text(client, "/desk/outgoing/out-1.3/sound", 404)


async def test_one_calls_story_and_its_recording_and_both_are_in_the_trail(tmp_path: Path) -> None:
    async with asked(tmp_path, "supervisor") as (client, pages):
        shown = await text(client, "/desk/outgoing/out-1.1")
        for word in ("течь", "SIP 200", "Q.850 16", "Ответили", "0:10", "<audio"):
            assert word in shown
        async with client.get("/desk/outgoing/out-1.1/sound") as answer:
            assert (answer.status, await answer.read()) == (200, b"RIFF")
        await text(client, "/desk/outgoing/out-1.2/sound", 404)
        await text(client, "/desk/outgoing/none", 404)
        async with pages.database.reading() as connection:
            noted = await connection.execute(select(trail.c.action, trail.c.subject_id).order_by(trail.c.id))
            assert [tuple(row) for row in noted] == [("looked", "out-1.1"), ("heard", "out-1.1")]


async def test_an_agent_who_may_not_listen_is_told_so(tmp_path: Path) -> None:
    async with asked(tmp_path, "agent") as (client, _):
        assert "<audio" not in await text(client, "/desk/outgoing/out-1.1")
        await text(client, "/desk/outgoing/out-1.1/sound", 404)


async def test_a_callback_that_an_agent_made_by_himself_says_so_in_the_calls_story(tmp_path: Path) -> None:
    async with asked(tmp_path, "supervisor") as (client, pages):
        engine = create_ledger_engine(ledger_url(f"sqlite:///{tmp_path}/ledger.db"))
        wish = {"command": "w9", "node": NODE, "at": moment(60), "kind": "dial", "account": "3"}
        about = {"by": "Иванова", "obligation": "ob-late", "reason": "Обещали: сейчас"}
        async with engine.begin() as connection:
            await connection.execute(insert(desk_commands).values({**wish, **about}))
        await engine.dispose()
        shown = await text(client, "/desk/calls/late")
        assert "Оператор позвонил сам" in shown
        assert "Обещали: сейчас" in shown
        assert pages.now() == moment(3600)
