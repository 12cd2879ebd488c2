"""The demo's desk: filled, started, and its doors told."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from rich.console import Console

from callengine.demo.desk.running import RunningDesk
from callengine.demo.desk.settling import settle
from callengine.desk.data.database import DeskDatabase
from config.schema.desk import Desk
from storage.schema.database import ledger_url

_SEED = 1
"""The town is the same each time: what the guide tells of it is there."""


class DemoDesk:
    """`open`, then `close`."""

    def __init__(self, folder: Path, desk: Desk) -> None:
        self._database_url = desk.database
        self.addresses: tuple[str, ...] = ()
        """What a browser may open, with the words for it."""
        self._running = RunningDesk(folder / "callengine.toml", folder / "desk.log")

    async def open(self, at: datetime, console: Console) -> list[tuple[str, str]]:
        """Companies and numbers of the residents whom it knows. Raises DeskDidNotStart."""
        database = DeskDatabase(ledger_url(self._database_url))
        try:
            await database.prepare()
            numbers = await settle(database, at, _SEED)
        finally:
            await database.close()
        await self._running.start()
        self.addresses = (f"desk: {self._running.address}",)
        console.print(f"  desk: started; {self._running.address}", soft_wrap=True)
        return numbers

    async def close(self) -> None:
        """Its process ends."""
        await self._running.stop()
