"""The desk's pages without its doors: whoever a test wants is signed in, named by a header."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp
from aiohttp import web

from callengine.desk.data.database import DeskDatabase
from callengine.desk.engine_link.follower import EngineFollower
from callengine.desk.people.rights import Role
from callengine.desk.people.scope import Scope
from callengine.desk.web.drawing import Drawing, Place
from callengine.desk.web.gate import Gate
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.server import DeskServer
from callengine.desk.web.visit import Session
from callengine.platform.language import Language
from storage.schema.database import ledger_url

PERSON = "X-Test-Person"
CSRF = "csrf-of-the-test"
ADMINISTRATOR = Scope(1, "Администратор", Role.ADMINISTRATOR, None)
SUPERVISOR = Scope(2, "Старшая смены", Role.SUPERVISOR, None)
AGENT = Scope(3, "Иванова", Role.AGENT, None, agent="1001")
EDITOR = Scope(4, "Редактор", Role.EDITOR, None)
SEVER = Scope(5, "УК Север", Role.COMPANY, frozenset({"sever"}))
YUG = Scope(6, "УК Юг", Role.COMPANY, frozenset({"yug"}))
PEOPLE: Mapping[str, Scope] = {
    "administrator": ADMINISTRATOR,
    "supervisor": SUPERVISOR,
    "agent": AGENT,
    "editor": EDITOR,
    "sever": SEVER,
    "yug": YUG,
}


class Known:
    """A doorkeeper who believes the header `X-Test-Person`; without it nobody is known."""

    def __init__(self, language: Language) -> None:
        self._language = language

    async def who(self, request: web.Request) -> Session | None:
        name = request.headers.get(PERSON)
        return None if name is None else Session(name, PEOPLE[name], CSRF, self._language)

    def form_token(self, request: web.Request) -> str:
        del request
        return CSRF

    def is_form_token(self, request: web.Request, shown: str) -> bool:
        del request
        return shown == CSRF

    def finish(self, request: web.Request, response: web.StreamResponse) -> None:
        del request, response


@asynccontextmanager
async def desk_pages(
    routes: Sequence[DeskRoute], *, language: Language = "ru", places: Sequence[Place] = ()
) -> AsyncIterator[str]:
    """Serve these routes; yields the address."""
    drawing = Drawing(ZoneInfo("Europe/Moscow"), places, "test")
    follower = EngineFollower(Path("/nonexistent/desk.sock"))
    server = DeskServer("127.0.0.1", 0, follower, Gate(Known(language), drawing, language), routes)
    await server.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        await server.stop()


@asynccontextmanager
async def visitor(address: str, person: str | None) -> AsyncIterator[aiohttp.ClientSession]:
    """A client that comes as this person of PEOPLE, with the token that forms carry."""
    headers = {} if person is None else {PERSON: person, "X-CSRF": CSRF}
    async with aiohttp.ClientSession(address, headers=headers) as client:
        yield client


@asynccontextmanager
async def desk_database(url: str) -> AsyncIterator[DeskDatabase]:
    """A migrated database of the desk's."""
    database = DeskDatabase(ledger_url(url))
    try:
        await database.prepare()
        yield database
    finally:
        await database.close()
