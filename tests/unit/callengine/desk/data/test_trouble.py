"""A database that takes nothing: what is so called, how it is told, and that all goes on when it takes again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from aiohttp import web
from sqlalchemy import Connection, event, select
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, ProgrammingError

from callengine.control import live_messages as live
from callengine.desk.agent_page.pops.happenings import pop_of_arrival
from callengine.desk.agent_page.pops.kitchen import Kitchen
from callengine.desk.agent_page.pops.pinned_articles import PinnedArticles
from callengine.desk.cards.tables import cards
from callengine.desk.data.database import DeskDatabase
from callengine.desk.data.trouble import DatabaseAway, Trouble, trouble_of
from callengine.desk.people.rights import Right
from callengine.desk.people.scope import system_scope
from callengine.desk.people.trail import record
from callengine.desk.web.drawing import Drawing
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.visit import Visit
from callengine.platform.language import LANGUAGES, Language, texts_of
from tests.support.desk_pages import CSRF, desk_database, desk_pages, visitor

AT = datetime(2026, 3, 1, tzinfo=UTC)
WORDS = texts_of("desk.layout")["ru"]
LONG = "я" * 20_000


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[DeskDatabase]:
    async with desk_database(f"sqlite:///{tmp_path}/desk.db") as made:
        yield made


class Room:
    """On the disk; without it not one page more fits into the file."""

    def __init__(self, database: DeskDatabase) -> None:
        self.is_there = True
        event.listen(database._writer.sync_engine, "begin", self._set)

    def _set(self, connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {1_000_000 if self.is_there else 1}")


@pytest.fixture
def room(database: DeskDatabase) -> Room:
    return Room(database)


async def write_much(database: DeskDatabase) -> None:
    async with database.writing() as connection:
        await record(connection, system_scope("test"), AT, "wrote", ("test", 1), after={"text": LONG})


def sqlstate(code: str) -> DBAPIError:
    problem = asyncpg.PostgresError()
    problem.sqlstate = code
    return DBAPIError("INSERT", None, problem)


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (sqlstate("53100"), Trouble.DISK_FULL),
        (sqlstate("55P03"), Trouble.BUSY),
        (sqlstate("57P01"), Trouble.AWAY),
        (sqlstate("25006"), Trouble.AWAY),
        (sqlstate("42P01"), None),
        (DatabaseAway("nobody"), Trouble.AWAY),
        (IntegrityError("INSERT", None, Exception()), None),
        (ProgrammingError("SELECT", None, Exception()), None),
        (ValueError(), None),
    ],
)
def test_what_passes_by_itself_is_told_from_errors_of_ours(
    problem: Exception, expected: Trouble | None
) -> None:
    assert trouble_of(problem) is expected


async def test_a_full_disk_is_known_as_one_and_as_over_when_something_was_written(
    database: DeskDatabase, room: Room
) -> None:
    told: list[Trouble | None] = []
    database.on_trouble.append(lambda: told.append(database.trouble))
    mending = asyncio.create_task(database.mend())
    room.is_there = False
    with pytest.raises(OperationalError) as refused:
        await write_much(database)
    assert trouble_of(refused.value) is database.trouble is Trouble.DISK_FULL
    room.is_there = True
    await database.until_it_takes(5)
    assert told == [Trouble.DISK_FULL, None]
    assert database.refused == 1
    mending.cancel()
    await asyncio.gather(mending, return_exceptions=True)


async def test_one_who_keeps_the_file_is_told_as_busy(
    database: DeskDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("storage.schema.database.BUSY_TIMEOUT_MS", 1)
    async with desk_database(f"sqlite:///{tmp_path}/desk.db") as other, database.writing():
        with pytest.raises(OperationalError):
            await write_much(other)
        assert other.trouble is Trouble.BUSY
    assert database.trouble is None


async def test_a_form_is_refused_with_words_and_can_be_sent_again(database: DeskDatabase, room: Room) -> None:
    taken: list[str] = []

    async def handler(visit: Visit) -> web.StreamResponse:
        await write_much(database)
        taken.append(visit.form["note"])
        return visit.see_other("/desk/")

    route = DeskRoute("POST", "/desk/try", handler, Right.AGENT_PAGE)
    form = {"note": "<b>стояк", "csrf": CSRF}
    async with desk_pages([route]) as address, visitor(address, "agent") as agent:
        room.is_there = False
        async with agent.post("/desk/try", data=form, headers={"Accept": "text/html"}) as answer:
            page = await answer.text()
        assert answer.status == 503
        assert answer.headers["Retry-After"] == "5"
        assert WORDS["trouble_disk_full"] in page
        assert WORDS["not_done_title"] in page
        assert 'name="note" value="&lt;b&gt;стояк"' in page
        assert f'name="csrf" value="{CSRF}"' in page
        async with agent.post("/desk/try", data=form) as answer:
            assert answer.status == 503
            assert (await answer.text()).strip() == WORDS["trouble_disk_full"]
        async with agent.post(
            "/desk/try", data={**form, "password": "secret"}, headers={"Accept": "text/html"}
        ) as answer:
            page = await answer.text()
        assert "secret" not in page
        assert "стояк" not in page
        room.is_there = True
        async with agent.post("/desk/try", data=form, allow_redirects=False) as answer:
            assert answer.status == 303
    assert taken == ["<b>стояк"]


async def test_the_card_of_a_call_waits_for_the_disk_with_what_was_chosen_for_it(
    database: DeskDatabase, room: Room
) -> None:
    kitchen = Kitchen(database, PinnedArticles(), lambda: AT)
    opened: list[str] = []
    kitchen.on_card = lambda agent, call, card: opened.append(f"{agent} {call}")
    arrived = live.CallArrived(
        n=1,
        at=AT,
        call="c1",
        company="sever",
        queue="q",
        did="1",
        number="+79161234567",
        caller_name="",
        arrived_at=AT,
        label=LONG,
    )
    mending = asyncio.create_task(database.mend())
    room.is_there = False
    with pytest.raises(OperationalError):
        await write_much(database)
    kitchen.begin("c1", "sever", "+79161234567")
    kitchen.answered("incoming", "c1", "1001", pop_of_arrival(arrived), AT)
    kitchen.ended("c1", AT)
    before = database.refused
    async with asyncio.timeout(10):
        while database.refused == before:
            await asyncio.sleep(0.02)
    assert opened == []
    room.is_there = True
    async with asyncio.timeout(10):
        while not opened:
            await asyncio.sleep(0.02)
    await kitchen.close()
    async with database.reading() as connection:
        found = (await connection.execute(select(cards.c.call, cards.c.ended_at))).all()
    assert [tuple(row) for row in found] == [("c1", AT)]
    mending.cancel()
    await asyncio.gather(mending, return_exceptions=True)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("trouble", Trouble)
def test_every_trouble_has_its_words_on_the_agents_page(language: Language, trouble: Trouble) -> None:
    shift = {"is_heard": True, "is_synced": True}
    values = {"shift": shift, "trouble": trouble}
    drawn = Drawing(ZoneInfo("UTC"), (), "test").part(language, "work/part_engine.html", values)
    assert texts_of("desk.layout")[language][f"trouble_{trouble}"] in drawn.replace("&#39;", "'")
    assert texts_of("desk.work")[language]["kept_meanwhile"] in drawn
