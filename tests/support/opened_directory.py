"""The directory's pages with a database and a runner of loads of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from callengine.desk.data.database import DeskDatabase
from callengine.desk.directory import pages
from callengine.desk.directory.imports.running import Loads
from callengine.desk.directory.pages.desk import DirectoryDesk
from tests.support.desk_pages import desk_database, desk_pages
from tests.support.manual_clock import NOON

COMPANIES = {"sever": "УК Север", "yug": "УК Юг"}


@dataclass
class OpenedDirectory:
    """Its address and parts."""

    address: str
    database: DeskDatabase
    loads: Loads


@asynccontextmanager
async def opened_directory(folder: Path) -> AsyncIterator[OpenedDirectory]:
    """Serve them until the block ends."""
    async with desk_database(f"sqlite:///{folder}/desk.db") as database:
        runner = Loads(database, lambda: NOON, folder / "uploads")
        await runner.recover()
        desk = DirectoryDesk(database, lambda: NOON, runner, COMPANIES)
        async with desk_pages(pages.routes(desk)) as address:
            try:
                yield OpenedDirectory(address, database, runner)
            finally:
                await runner.close()
