"""The engine's dealings with the desk: socket, commands, outbox, the houses it knows. No call waits for any."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.engine import URL

from callengine.control.feed import Feed
from callengine.control.telling import Look
from callengine.loop.desk_commands import DeskCommands
from callengine.loop.engine_loop import Engine, Subscriber
from callengine.loop.known_houses import KnownHouses
from callengine.loop.left_wishes import LeftWishes
from callengine.metrics.desk import DeskMetrics
from callengine.platform.language import texts_of
from callengine.platform.logs import Log
from callengine.platform.paths import DESK_STATE_FOLDER, STATE_FOLDER
from config.settings import Settings
from queues.messages.journal import CallFinished, CallOffered, CommandDecided
from storage.desk.outsider import desk_reader
from storage.ledger import Ledger
from storage.schema.database import ledger_url
from storage.schema.servers import places

_SQLITE = "sqlite:///"


class DeskSide:
    """`open`, then `close`. `subscribers` and `feed.observe` and `houses` are the engine's."""

    def __init__(
        self,
        settings: Settings,
        look: Look,
        ledger: Ledger,
        now: Callable[[], datetime],
        metrics: DeskMetrics,
        log: Log,
    ) -> None:
        self._control = settings.http.control_socket
        self._commands = DeskCommands(ledger, now)
        self.feed = Feed(look, now, group=settings.desk.group, decider=self._commands)
        self.subscribers: tuple[Subscriber, ...] = ((CommandDecided, self._commands.observe),)
        self.houses: KnownHouses | None = None
        self._left: LeftWishes | None = None
        self._reading: asyncio.Task[None] | None = None
        url = desk_for_engine(settings)
        if url is None:
            return
        # Readers of their own: a look at the outbox may take its time, a look for a house has none.
        self._left = LeftWishes(
            desk_reader(url, STATE_FOLDER, DESK_STATE_FOLDER),
            self._commands.decide,
            log,
            is_ready=lambda: look.view().synced,
            desk_is_there=lambda: self.feed.readers > 0,
            count=metrics.wishes.inc,
        )
        if settings.desk.house_on_display:
            words = texts_of("display")[settings.centre.language]
            self.houses = KnownHouses(
                desk_reader(url, STATE_FOLDER, DESK_STATE_FOLDER),
                words,
                settings.callbacks.region,
                metrics.looked_up,
                log,
            )
            self.subscribers += ((CallOffered, self.houses.observe), (CallFinished, self.houses.observe))

    async def open(self, engine: Engine) -> None:
        """Let the desk in. What cannot be opened is said and keeps the engine from nothing."""
        self._commands.loop = engine
        await self.feed.open(self._control)
        if self.houses is not None:
            self.houses.start()
        if self._left is not None:
            self._reading = asyncio.get_running_loop().create_task(self._left.run(), name="desk's outbox")

    async def close(self) -> None:
        """Wait for nobody."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        await self.feed.close()
        if self._left is not None:
            await self._left.close()
        if self.houses is not None:
            await self.houses.stop()


def desk_for_engine(settings: Settings) -> URL | None:
    """Where the engine reads the desk's database: its file, or the schema beside the ledger by the engine's own role.

    The desk's password is never needed. None: on PostgreSQL in another database than the ledger's, where that role is
    not known.
    """
    desk, engines = settings.desk.database, settings.database
    if desk.startswith(_SQLITE):
        return ledger_url(desk)
    if engines.url.startswith(_SQLITE):
        return None
    ours, theirs = ledger_url(engines.url, engines.password.get_secret_value()), ledger_url(desk)
    is_same = (ours.database, set(places(ours))) == (theirs.database, set(places(theirs)))
    return ours if is_same else None
