"""An agent at the desk in a real Chromium; the test plays the engine."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from playwright.async_api import Browser, Page, expect
from sqlalchemy import select

from callengine.control import live_messages as live
from callengine.desk.cards.tables import cards
from callengine.platform.language import Language
from tests.support.agent_desk import (
    AgentDesk,
    PlayedEngine,
    agent_desk,
    agents_browser,
    played_engine,
)
from tests.support.browser import chromium
from tests.support.known_callers import NUMBER, Known, known_callers
from tests.support.scripted_centre import settings_of

PATIENCE = 60_000
QUEUES = ("emergency", "general")


@dataclass
class Seat:
    """An agent at the desk."""

    engine: PlayedEngine
    desk: AgentDesk
    browser: Browser
    page: Page
    known: Known
    complaints: list[str]

    async def is_offered(self, call: str = "c1", number: str = NUMBER) -> datetime:
        """A call comes to him."""
        engine, now = self.engine, datetime.now(UTC)
        engine.say(
            live.CallArrived,
            call=call,
            company="c0",
            queue="general",
            did="1",
            number=number,
            caller_name="",
            arrived_at=now,
            label="УК Север: общая",
        )
        engine.say(live.CallWaits, call=call)
        at = engine.say(live.CallOffered, call=call, offer=f"o-{call}", agent="1001")
        self.is_now("offered", call)
        return at

    def answers(self, call: str = "c1") -> None:
        """He lifts the receiver."""
        self.engine.say(live.CallAnswered, call=call, agent="1001")
        self.is_now("talking", call)

    def is_now(self, state: str, call: str | None = None, reason: str = "") -> None:
        """The engine's word of his state."""
        self.engine.say(live.AgentIs, agent="1001", state=state, reason=reason, queues=QUEUES, call=call)

    async def kept(self, column: str = "note") -> list[object]:
        """A column of all cards."""
        async with self.desk.database.reading() as connection:
            return list((await connection.execute(select(cards.c[column]).order_by(cards.c.id))).scalars())

    async def until_kept(self, *notes: str) -> None:
        """The desk has these notes."""
        async with asyncio.timeout(PATIENCE / 1000):
            while await self.kept() != list(notes):
                await asyncio.sleep(0.05)

    async def has_the_focus(self) -> str:
        """The id of the element."""
        return str(await self.page.evaluate("document.activeElement.id"))


@asynccontextmanager
async def a_seat(tmp_path: Path, *, language: Language = "ru", **context: object) -> AsyncIterator[Seat]:
    settings = settings_of(tmp_path, "ru")
    agent = live.LiveAgent(
        agent="1001",
        name="Иванова",
        state="free",
        pause_reason="",
        call=None,
        since=datetime.now(UTC),
        queues=QUEUES,
    )
    complaints: list[str] = []
    async with (
        played_engine(agent) as engine,
        agent_desk(settings, engine.path, f"sqlite:///{tmp_path}/desk.db") as desk,
        chromium() as browser,
        agents_browser(browser, desk.address, language=language, complaints=complaints, **context) as page,
    ):
        known = await known_callers(desk.database, "c0")
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        await page.goto(f"{desk.address}/desk/work")
        await expect(page.locator("#state")).to_have_attribute("data-html", re.compile("Готов|Ready"))
        yield Seat(engine, desk, browser, page, known, complaints)
