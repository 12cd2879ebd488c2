"""The knowledge base's pages with two companies and three houses, for tests that look at them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.data.database import DeskDatabase
from callengine.desk.files.pages import FilePages
from callengine.desk.files.shelf import FileLimits, FileShelf
from callengine.desk.knowledge import pages
from callengine.desk.knowledge.attachments import Attachments
from callengine.desk.knowledge.surroundings import Surroundings
from callengine.desk.people.scope import Scope
from callengine.platform.language import Language
from tests.support.desk_pages import desk_database, desk_pages
from tests.support.manual_clock import NOON

HOUSES = {
    7: ("sever", "ул. Ленина, д. 5, к. 2"),
    8: ("sever", "пр-т Мира, д. 10"),
    9: ("yug", "ул. Садовая, д. 1"),
}


class SomeHouses:
    """The directory's, three of them."""

    async def labels(self, connection: AsyncConnection, scope: Scope) -> Mapping[int, tuple[str, str]]:
        """Those that he sees."""
        del connection
        return {house: told for house, told in HOUSES.items() if scope.sees(told[0])}


class SomeReaders:
    """Two agents; the second serves the other company."""

    async def agents(self, connection: AsyncConnection, scope: Scope) -> Mapping[int, tuple[str, str]]:
        """Both."""
        del connection, scope
        return {3: ("Иванова", "1001"), 33: ("Петров", "1002")}


@asynccontextmanager
async def knowledge(
    folder: Path, language: Language = "ru", limits: FileLimits | None = None
) -> AsyncIterator[tuple[str, DeskDatabase]]:
    """The address and the database."""
    async with desk_database(f"sqlite:///{folder}/desk.db") as database:
        shelf = FileShelf(database, folder / "files", limits or FileLimits(free_mb=0), lambda: NOON)
        around = Surroundings(
            database,
            SomeHouses(),
            SomeReaders(),
            {"sever": "УК Север", "yug": "УК Юг"},
            lambda agent: {"sever"} if agent == "1001" else {"yug"},
            lambda: NOON,
            ZoneInfo("Europe/Moscow"),
            Attachments(shelf),
        )
        routes = (*pages.routes(around), *FilePages(shelf).routes())
        async with desk_pages(routes, language=language) as address:
            yield address, database
