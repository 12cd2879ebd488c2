"""The desk's pages behind their real doors: accounts, sessions, tokens; nothing of the engine."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from callengine.desk.agent_page.assembly import Neighbours, agent_page
from callengine.desk.data.database import DeskDatabase
from callengine.desk.directory.imports.running import Loads
from callengine.desk.engine_link.follower import EngineFollower
from callengine.desk.files.shelf import FileLimits, FileShelf
from callengine.desk.ledger.reader import reader_of
from callengine.desk.people.account_rules import AccountFields
from callengine.desk.people.commands import add_account, make_password_link
from callengine.desk.people.doors.secret import kept
from callengine.desk.people.scope import system_scope
from callengine.desk.people.tables import accounts
from callengine.desk.process import Pages, assembled, parts_drawing, subject_routes
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.server import DeskServer
from config.settings import Settings
from tests.support.desk_pages import desk_database
from tests.support.manual_clock import NOON

PASSWORD = "вишня растёт у окна"
PASSWORD_HASHES: dict[str, str] = {}
BASE: Mapping[str, Any] = {
    "companies": [{"id": "sever", "name": "УК Север"}, {"id": "yug", "name": "УК Юг"}],
    "queues": [{"name": "sever"}, {"name": "yug"}],
    "lines": [
        {"did": "74950000001", "company": "sever", "queue": "sever", "label": "Север"},
        {"did": "74950000002", "company": "yug", "queue": "yug", "label": "Юг"},
    ],
    "agents": [
        {"id": "1001", "name": "Иванова", "queues": ["sever", "yug"]},
        {"id": "1002", "name": "Петрова", "queues": ["yug"]},
    ],
}


def two_companies(**desk: Any) -> Settings:
    """Settings of two companies; the desk's table as given."""
    return Settings(**BASE, desk=desk)


@dataclass(slots=True)
class Doors:
    """A desk, its address, its database, and its clock."""

    address: str
    database: DeskDatabase
    pages: Pages
    follower: EngineFollower
    clock: list[datetime]
    seconds: list[float]

    def pass_time(self, by: timedelta) -> None:
        """Both clocks."""
        self.clock[0] += by
        self.seconds[0] += by.total_seconds()

    async def add(
        self,
        name: str,
        role: str,
        *,
        agent: str = "",
        companies: tuple[str, ...] = (),
        password: str = PASSWORD,
    ) -> int:
        """An account with a password."""
        fields = AccountFields(name, role, "", agent, frozenset(companies))
        if password not in PASSWORD_HASHES:
            PASSWORD_HASHES[password] = await self.pages.parts.passwords.hashed(password)
        async with self.database.writing() as connection:
            added = await add_account(
                connection, system_scope("test"), self.clock[0], fields, self.pages.parts.roster
            )
            await connection.execute(
                accounts.update()
                .where(accounts.c.id == added)
                .values(password_hash=PASSWORD_HASHES[password], password_at=self.clock[0])
            )
        return added

    async def link(self, account_id: int) -> str:
        """The path by which its password is set."""
        lasts = self.pages.parts.signing_in.rules.link_lasts
        async with self.database.writing() as connection:
            secret = await make_password_link(
                connection, system_scope("test"), self.clock[0], account_id, lasts
            )
        assert kept(secret) != secret
        return f"/desk/set-password/{secret}"

    def browser(self, **more: Any) -> Browser:
        """One with no cookies."""
        return Browser(self.address, **more)


class Browser:
    """Keeps cookies, sends the form's token as a page does."""

    def __init__(self, address: str, **more: Any) -> None:
        self.client = aiohttp.ClientSession(
            address,
            **{"cookie_jar": aiohttp.CookieJar(unsafe=True), "headers": {"Accept": "text/html"}, **more},
        )
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self.text = ""
        self.path = ""

    async def __aenter__(self) -> Browser:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.close()

    async def get(self, path: str, **more: Any) -> int:
        """Load a page."""
        return await self._asked("GET", path, **more)

    async def post(self, path: str, data: Mapping[str, Any] | None = None, **more: Any) -> int:
        """Send a form of the page that is shown."""
        token = re.search(r'name="csrf" (?:content|value)="([^"]*)"', self.text)
        fields = {"csrf": token.group(1) if token else "", **(data or {})}
        return await self._asked("POST", path, data=fields, **more)

    async def sign_in(self, name: str, password: str = PASSWORD) -> int:
        """As a person does."""
        await self.get("/desk/sign-in")
        return await self.post("/desk/sign-in", {"name": name, "password": password})

    def cookies(self) -> dict[str, str]:
        """By name."""
        return {one.key: one.value for one in self.client.cookie_jar}

    async def _asked(self, method: str, path: str, **more: Any) -> int:
        async with self.client.request(method, path, **more) as answer:
            self.status, self.headers = answer.status, answer.headers
            self.text, self.path = await answer.text(errors="replace"), answer.url.path
        return self.status


@asynccontextmanager
async def doors(
    folder: Path, settings: Settings | None = None, url: str | None = None, *, subjects: bool = False
) -> AsyncIterator[Doors]:
    """Serve the desk's pages, those of all `subjects` too where wanted; its clock stands until told."""
    clock, seconds = [NOON], [1000.0]
    settings = settings or two_companies()
    async with desk_database(url or f"sqlite:///{folder}/desk.db") as database:
        follower, reader = EngineFollower(Path("/nonexistent/desk.sock")), reader_of(settings)
        loads = Loads(database, lambda: clock[0], folder / "uploads")
        await loads.recover()
        routes: tuple[DeskRoute, ...] = ()
        running: list[asyncio.Task[None]] = []
        if subjects:
            work = agent_page(
                settings,
                database,
                parts_drawing(settings),
                follower,
                lambda: clock[0],
                Neighbours(ledger=reader),
            )
            running = [asyncio.create_task(work.pages.run())]
            shelf = FileShelf(database, folder / "files", FileLimits(free_mb=0), lambda: clock[0])
            behind = subject_routes(
                settings, database, reader, follower, loads, lambda: clock[0], shelf=shelf
            )
            routes = (*behind, *work.routes)
        pages = assembled(settings, database, lambda: clock[0], lambda: seconds[0], routes)
        names = (settings.desk.public_address, settings.desk.files_address)
        server = DeskServer("127.0.0.1", 0, follower, pages.gate, pages.routes, *names)
        await server.start()
        try:
            yield Doors(f"http://127.0.0.1:{server.port}", database, pages, follower, clock, seconds)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            await server.stop()
            await loads.close()
            await reader.close()
