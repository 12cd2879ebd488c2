"""Serves it behind its real door, with an account of each role; a real browser is signed in by its cookie."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, BrowserContext
from sqlalchemy import select

from callengine.desk.agent_page.asking import ByOutbox
from callengine.desk.agent_page.assembly import Neighbours, agent_page
from callengine.desk.agent_page.pops.pinned_articles import PinnedArticles
from callengine.desk.data.database import DeskDatabase
from callengine.desk.directory.imports.running import Loads
from callengine.desk.files.shelf import FileLimits, FileShelf
from callengine.desk.floor.by_outbox import OrdersByOutbox
from callengine.desk.knowledge.attachments import Attachments
from callengine.desk.ledger.reader import reader_of
from callengine.desk.people.account_rules import AccountFields, Roster
from callengine.desk.people.commands import add_account
from callengine.desk.people.doors.passwords import Passwords
from callengine.desk.people.rights import Role
from callengine.desk.people.scope import Scope, system_scope
from callengine.desk.people.tables import accounts
from callengine.desk.process import assembled, parts_drawing, subject_routes
from callengine.desk.web.server import DeskServer
from callengine.platform.language import Language
from storage.migrate import upgrade
from storage.schema.database import create_ledger_engine, ledger_url
from tests.support import desk_doors
from tests.support.desk_doors import PASSWORD, PASSWORD_HASHES
from tests.support.desk_pages import desk_database
from tests.support.full_desk.live import full_picture, quiet_picture
from tests.support.full_desk.rows import fill_directory, fill_ledger, fill_work
from tests.support.full_desk.settings import AGENTS, full_settings
from tests.support.manual_clock import NOON
from tests.support.told_floor import StandingFollower

SCREEN = {"width": 1366, "height": 768}
PEOPLE = (
    AccountFields("ivanova", Role.AGENT, AGENTS[0], agent="1001"),
    AccountFields("boss", Role.SUPERVISOR, "Великодворская-Преображенская Маргарита Станиславовна"),
    AccountFields("zarya", Role.COMPANY, "УК Заря", companies=frozenset({"zarya"})),
    AccountFields("editor", Role.EDITOR, "Редактор базы знаний"),
    AccountFields("root", Role.ADMINISTRATOR, "Администратор"),
)


@dataclass
class FullDesk:
    """What a test has at hand."""

    address: str
    database: DeskDatabase
    house: int
    cookies: dict[str, list[dict[str, str]]]
    """Of each role, for its browser."""

    async def speak(self, language: Language) -> None:
        """All accounts read this language from now on."""
        async with self.database.writing() as connection:
            await connection.execute(accounts.update().values(language=language))

    @asynccontextmanager
    async def browser_of(
        self, browser: Browser, role: Role | None, **context: object
    ) -> AsyncIterator[BrowserContext]:
        """Signed in as this role; None: as nobody."""
        opened = await browser.new_context(**{"viewport": SCREEN, "locale": "ru-RU", **context})
        if role is not None:
            await opened.add_cookies(self.cookies[role])
        try:
            yield opened
        finally:
            await opened.close()


@asynccontextmanager
async def full_desk(folder: Path, *, full: bool) -> AsyncIterator[FullDesk]:
    """The desk on one process's loop, its clock standing at noon; not `full`: as after the installation."""
    settings = full_settings(str(folder), crowd=full)
    (folder / "recordings").mkdir(exist_ok=True)
    ledger = create_ledger_engine(ledger_url(settings.desk.ledger))
    await upgrade(ledger)
    await ledger.dispose()
    follower = StandingFollower(full_picture() if full else quiet_picture())
    async with desk_database(f"sqlite:///{folder}/desk.db") as database:
        house = await fill_directory(database) if full else 0
        reader, loads = reader_of(settings), Loads(database, lambda: NOON, folder / "uploads")
        await loads.recover()
        commands = ByOutbox(database, folder / "no.sock", lambda: NOON)
        orders = OrdersByOutbox(database, lambda: NOON, lambda: None)
        shelf = FileShelf(database, folder / "files", FileLimits(free_mb=0), lambda: NOON)
        subjects = subject_routes(
            settings, database, reader, follower, loads, lambda: NOON, orders, shelf=shelf
        )
        neighbours = Neighbours(PinnedArticles(Attachments(shelf)), commands)
        work = agent_page(settings, database, parts_drawing(settings), follower, lambda: NOON, neighbours)
        pages = assembled(settings, database, lambda: NOON, lambda: 1000.0, (*subjects, *work.routes))
        people = await _accounts(database, pages.parts.roster, pages.parts.passwords)
        if full:
            await fill_work(database, people)
            await fill_ledger(settings.desk.ledger)
        server = DeskServer("127.0.0.1", 0, follower, pages.gate, pages.routes)
        await server.start()
        running = asyncio.create_task(work.pages.run())
        address = f"http://127.0.0.1:{server.port}"
        try:
            cookies = {one.role: await _signed_in(address, one.name) for one in PEOPLE}
            yield FullDesk(address, database, house, cookies)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await server.stop()
            await loads.close()
            await reader.close()


async def _accounts(database: DeskDatabase, roster: Roster, passwords: Passwords) -> dict[str, Scope]:
    """Each with the same password; scopes by role."""
    if PASSWORD not in PASSWORD_HASHES:
        PASSWORD_HASHES[PASSWORD] = await passwords.hashed(PASSWORD)
    found = {}
    async with database.writing() as connection:
        for one in PEOPLE:
            account = await add_account(connection, system_scope("test"), NOON, one, roster)
            found[str(one.role)] = Scope(
                account, one.full_name, one.role, one.companies or None, one.agent or None
            )
        values = {"password_hash": PASSWORD_HASHES[PASSWORD], "password_at": NOON}
        await connection.execute(accounts.update().values(**values))
        assert len((await connection.execute(select(accounts.c.id))).all()) == len(PEOPLE)
    return found


async def _signed_in(address: str, name: str) -> list[dict[str, str]]:
    async with desk_doors.Browser(address) as browser:
        await browser.sign_in(name)
        return [{"name": key, "value": value, "url": address} for key, value in browser.cookies().items()]
