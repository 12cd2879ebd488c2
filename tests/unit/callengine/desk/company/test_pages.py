"""A company's account: its own calls, figures and papers; of others, and of shared agents, nothing."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import select

from callengine.desk.company.board import board_of
from callengine.desk.company.pages import CompanyPages
from callengine.desk.ledger.names import names_of
from callengine.desk.ledger.reader import reader_of
from callengine.desk.people.tables import trail
from config.settings import Settings
from tests.support import desk_pages as people
from tests.support.desk_pages import desk_database, desk_pages, visitor
from tests.support.month_report import made_up_centre
from tests.support.told_calls import CANARY, told_names
from tests.support.told_floor import AGENTS, CALLS, StandingFollower, a_picture
from tests.unit.callengine.desk.floor.test_pages import patches

NOW = datetime(2026, 10, 2, 9, 30, tzinfo=UTC)
NAMES = (
    "Иванова",
    "Петрова",
    "Смирнова",
    "Кузнецова",
    "Соколова",
    "Лебедева",
    "Козлова",
    "Новикова",
    "Морозова",
)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return made_up_centre(tmp_path_factory.mktemp("centre"), days=3)


@asynccontextmanager
async def asked(
    folder: Path, settings: Settings, person: str = "sever", follower: StandingFollower | None = None
) -> AsyncIterator[tuple[aiohttp.ClientSession, CompanyPages]]:
    reader = reader_of(settings)
    async with desk_database(f"sqlite:///{folder}/desk.db") as database:
        follower = follower or StandingFollower(a_picture())
        pages = CompanyPages(follower, reader, database, settings, names_of(settings), lambda: NOW)
        try:
            async with desk_pages(pages.routes()) as address, visitor(address, person) as client:
                yield client, pages
        finally:
            await reader.close()


async def text(client: aiohttp.ClientSession, path: str, status: int = 200) -> str:
    async with client.get(path) as answer:
        assert answer.status == status
        return await answer.text()


def test_a_board_is_the_same_with_and_without_the_other_companys_data() -> None:
    names = told_names()
    own_calls = [one for one in CALLS if one.company == "sever"]
    alone = replace(
        a_picture(calls=own_calls), owed={k: v for k, v in a_picture().owed.items() if k != "ob-yug"}
    )
    board = board_of(a_picture(), names, "sever")
    assert board == board_of(alone, names, "sever")
    assert [one.rings for one in board.waiting] == [True, False]
    assert [(one.agent, one.held) for one in board.talking] == [("Иванова", True)]
    assert len(board.owed) == 2
    assert board.could_take == 1
    assert CANARY not in repr(board)
    # Who is free counts for whom he serves; what anybody else does changes nothing.
    away = [replace(AGENTS[3], state="paused"), *AGENTS[:3]]
    assert board_of(a_picture(agents=away), names, "sever").could_take == 0
    assert board_of(a_picture(), names, "yug").could_take == 0


async def test_its_page_has_its_calls_and_figures_and_nothing_of_others_or_of_agents(
    tmp_path: Path, settings: Settings
) -> None:
    async with asked(tmp_path, settings) as (client, _):
        page = await text(client, "/desk/company")
        assert "УК Север" in page
        assert "Ждут · 2" in page
        assert "Иванова" in page  # Who speaks with its resident.
        assert CANARY not in page
        for other in ("УК Липки", "ТСЖ Заря", "Константинопольская", "Пауза", "на паузе", "token"):
            assert other not in page, other
        offered = re.search(r"Поступило<b>(\d+)</b>", page)
        assert offered is not None
        assert int(offered[1]) > 0
        assert await text(client, "/desk/company?company=lipki", 404) == await text(
            client, "/desk/company?company=nothing", 404
        )
        await text(client, "/desk/company/stream?company=lipki", 404)


async def test_the_stream_is_its_own(tmp_path: Path, settings: Settings) -> None:
    follower = StandingFollower(a_picture())
    async with (
        asked(tmp_path, settings, follower=follower) as (client, _),
        patches(client, "/desk/company/stream") as coming,
        asyncio.timeout(20),
    ):
        shown: dict[str, str] = {}
        while not {"now", "figures", "owed"} <= shown.keys():
            shown |= await anext(coming)
        follower.becomes(a_picture(calls=[one for one in CALLS if one.call != "waiting"]))
        while "Ждут · 1" not in shown["now"]:
            shown |= await anext(coming)
        assert CANARY not in repr(shown)


@pytest.mark.parametrize("form", ["html", "csv"])
@pytest.mark.parametrize("kind", ["month", "evidence"])
async def test_papers_are_its_own_without_shared_agents_work_and_are_noted(
    tmp_path: Path, settings: Settings, kind: str, form: str
) -> None:
    async with asked(tmp_path, settings) as (client, pages):
        sent = {"company": "sever", "month": "2026-10", "kind": kind, "form": form}
        async with client.post("/desk/company/papers", data=sent) as answer:
            assert answer.status == 200
            assert f'{kind}-sever-2026-10.{form}"' in answer.headers["Content-Disposition"]
            paper = await answer.text()
        assert "sever" in paper or "УК Север" in paper
        for other in ("lipki", "УК Липки", "zarya", "ТСЖ Заря"):
            assert other not in paper
        if kind == "month":
            for name in NAMES:
                assert name not in paper
        async with pages.database.reading() as connection:
            (row,) = (
                await connection.execute(select(trail.c.action, trail.c.subject_id, trail.c.company))
            ).all()
        assert tuple(row) == ("exported", kind, "sever")


async def test_a_paper_that_cannot_be_is_told_beside_its_field(tmp_path: Path, settings: Settings) -> None:
    async with asked(tmp_path, settings) as (client, _):
        right = {"company": "sever", "month": "2026-10", "kind": "month", "form": "html"}
        for field, value, told in (
            ("month", "10.2026", "2026-10."),
            ("month", "2026-11", "ещё не начался"),
            ("kind", "all", "Выберите документ"),
            ("form", "exe", "HTML или CSV"),
        ):
            async with client.post("/desk/company/papers", data=right | {field: value}) as answer:
                assert answer.status == 422
                if field != "form":
                    assert told in await answer.text()
        async with client.post("/desk/company/papers", data=right | {"company": "lipki"}) as answer:
            assert answer.status == 404


@pytest.mark.parametrize("person", ["supervisor", "agent", "editor", "yug"])
async def test_others_have_no_such_page(tmp_path: Path, settings: Settings, person: str) -> None:
    """The centre has no company `yug`: its account sees nothing."""
    assert people.PEOPLE[person] is not None
    async with asked(tmp_path, settings, person) as (client, _):
        await text(client, "/desk/company", 404)
