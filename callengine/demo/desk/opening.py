"""The demo's desk: filled, started, and its doors told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from rich.console import Console

from callengine.demo.desk.people import invite
from callengine.demo.desk.running import RunningDesk
from callengine.demo.desk.settling import settle
from callengine.desk.data.database import DeskDatabase
from config.settings import Settings
from storage.schema.database import ledger_url

_SEED = 1
"""The town is the same each time: what the guide tells of it is there."""


class DemoDesk:
    """`open`, then `close`."""

    def __init__(self, folder: Path, settings: Settings, now: Callable[[], datetime]) -> None:
        self._folder = folder
        self._settings = settings
        self._now = now
        self._running = RunningDesk(folder / "callengine.toml", folder / "desk.log")
        self.addresses: tuple[str, ...] = ()
        """What a browser may open, with the words for it."""

    async def open(self, console: Console) -> list[tuple[str, str]]:
        """Companies and numbers of the residents whom it knows. Raises DeskDidNotStart, DidNotSettle."""
        database = DeskDatabase(ledger_url(self._settings.desk.database))
        try:
            await database.prepare()
            numbers = await settle(database, self._folder / "uploads", self._now, _SEED)
            invitations = await invite(database, self._settings, self._now())
        finally:
            await database.close()
        await self._running.start()
        address = self._running.address
        self.addresses = (
            f"desk: {address}",
            *(f"{name}: {address}set-password/{secret}" for name, secret in invitations),
        )
        console.print(
            "  desk: started, with 40 houses and 2,000 premises of three companies; set a password and sign in:"
        )
        for line in self.addresses:
            console.print(f"    {line}", soft_wrap=True, highlight=False)
        return numbers

    async def close(self) -> None:
        """Its process ends."""
        await self._running.stop()
