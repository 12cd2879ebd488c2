"""The agent's page in this process, on a database of its own: with an engine that a test plays, or a real one."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from aiohttp import web
from playwright.async_api import Browser, Page

from callengine.control.live_messages import Beat, Live, LiveAgent, Snapshot, to_line
from callengine.desk.agent_page.assembly import AgentPage, Neighbours, agent_page
from callengine.desk.data.database import DeskDatabase
from callengine.desk.engine_link.follower import EngineFollower
from callengine.desk.web.drawing import Drawing
from callengine.desk.web.gate import Gate
from callengine.desk.web.server import DeskServer
from callengine.desk.web.visit import Session
from callengine.platform.language import Language
from config.settings import Settings
from tests.support.desk_pages import CSRF, PEOPLE, desk_database

COOKIE = "test-person"
SCREEN = {"width": 1366, "height": 768}


class ByCookie:
    """A doorkeeper who believes a cookie: a browser's shared worker sends no headers of ours."""

    def __init__(self, language: Language) -> None:
        self._language = language

    async def who(self, request: web.Request) -> Session | None:
        name = request.cookies.get(COOKIE)
        if name is None:
            return None
        language: Language = "en" if request.cookies.get("test-language") == "en" else self._language
        return Session(name, PEOPLE[name], CSRF, language)

    def form_token(self, request: web.Request) -> str:
        del request
        return CSRF

    def is_form_token(self, request: web.Request, shown: str) -> bool:
        del request
        return shown == CSRF

    def finish(self, request: web.Request, response: web.StreamResponse) -> None:
        del request, response


@dataclass
class AgentDesk:
    """What a test has at hand."""

    address: str
    database: DeskDatabase
    page: AgentPage
    follower: EngineFollower


@asynccontextmanager
async def agent_desk(
    settings: Settings, socket: Path, url: str, *, port: int = 0, neighbours: Neighbours | None = None
) -> AsyncIterator[AgentDesk]:
    """Serve the page; `socket` is the engine's."""
    async with desk_database(url) as database:
        drawing = Drawing(ZoneInfo("Europe/Moscow"), [], "test")
        follower = EngineFollower(socket)
        parts = agent_page(
            settings, database, drawing, follower, lambda: datetime.now(UTC), neighbours or Neighbours()
        )
        gate = Gate(ByCookie("ru"), drawing, "ru")
        server = DeskServer("127.0.0.1", port, follower, gate, parts.routes)
        await server.start()
        tasks = [asyncio.create_task(follower.run()), asyncio.create_task(parts.pages.run())]
        try:
            yield AgentDesk(f"http://127.0.0.1:{server.port}", database, parts, follower)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await server.stop()


class PlayedEngine:
    """The engine's socket as a test wants it: a snapshot, then what it says."""

    def __init__(self, path: Path, agents: tuple[LiveAgent, ...]) -> None:
        self.path = path
        self.agents = agents
        self._n = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._beat: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen, and beat."""
        self._server = await asyncio.start_unix_server(self._welcome, str(self.path))
        self._beat = asyncio.create_task(self._beats())

    async def stop(self) -> None:
        """As dead."""
        if self._beat is not None:
            self._beat.cancel()
        if self._server is not None:
            self._server.close()
        for writer in tuple(self._writers):
            writer.transport.abort()
        self._writers.clear()
        self.path.unlink(missing_ok=True)

    def say(self, kind: type[Live], **fields: object) -> datetime:
        """One message to whoever listens; when it was said."""
        at = datetime.now(UTC)
        self._n += 1
        line = to_line(kind(n=self._n, at=at, **fields))
        for writer in self._writers:
            writer.write(line)
        return at

    async def _welcome(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for other in tuple(self._writers):
            other.transport.abort()
        self._n = 0
        self._writers = {writer}
        now = datetime.now(UTC)
        writer.write(to_line(Snapshot(n=0, at=now, synced=True, calls=(), agents=self.agents)))

    async def _beats(self) -> None:
        while True:
            await asyncio.sleep(1)
            self.say(Beat)


@asynccontextmanager
async def played_engine(*agents: LiveAgent) -> AsyncIterator[PlayedEngine]:
    """Agents as the snapshot has them."""
    with tempfile.TemporaryDirectory(prefix="callengine-") as folder:
        engine = PlayedEngine(Path(folder) / "e.sock", agents)
        await engine.start()
        try:
            yield engine
        finally:
            await engine.stop()


@asynccontextmanager
async def agents_browser(
    browser: Browser,
    address: str,
    *,
    person: str = "agent",
    language: Language = "ru",
    complaints: list[str] | None = None,
    **context: object,
) -> AsyncIterator[Page]:
    """A page of a browser that is signed in; what it complains of is collected."""
    opened = await browser.new_context(**{"viewport": SCREEN, "locale": "ru-RU", **context})
    await opened.add_cookies(
        [
            {"name": COOKIE, "value": person, "url": address},
            {"name": "test-language", "value": language, "url": address},
        ]
    )
    page = await opened.new_page()
    if complaints is not None:
        page.on("pageerror", lambda problem: complaints.append(str(problem)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    try:
        yield page
    finally:
        with contextlib.suppress(Exception):
            await opened.close()
