"""What the desk committed and cannot send: read in its outbox by an engine that starts, or that no desk speaks to (P4).

Each is decided once by its id, as if it had come through the socket. The row stays open: the desk's next run sends it
again and is given the answer that the ledger has.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from callengine.control.wishes import Decided, Wish, wish_from_line
from callengine.platform.logs import Log
from storage.desk.errors import DeskAbsent, DeskAway
from storage.desk.outbox import open_lines
from storage.desk.outsider import DeskReader

PAUSE_SECONDS = 20.0
"""Between two looks while no desk speaks to the engine."""
READ_SECONDS = 5.0
_UNTIL_READY_SECONDS = 1.0
MOST_REMEMBERED = 5_000


class LeftWishes:
    """`run` until cancelled; on no call's way."""

    def __init__(
        self,
        reader: DeskReader,
        decide: Callable[[Wish], Awaitable[Decided | None]],
        log: Log,
        *,
        is_ready: Callable[[], bool],
        desk_is_there: Callable[[], bool],
        count: Callable[[], None] = lambda: None,
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        """`is_ready`: the engine knows its calls and agents. `count`: once for each wish that was decided here."""
        self._reader = reader
        self._decide = decide
        self._log = log
        self._is_ready = is_ready
        self._desk_is_there = desk_is_there
        self._count = count
        self._pause_seconds = pause_seconds
        self._settled: dict[str, None] = {}
        self._trouble: type[DeskAway] | None = None

    async def run(self) -> None:
        """Once at the start, whoever is there; then as long as no desk is."""
        at_start = True
        while True:
            if self._is_ready() and (at_start or not self._desk_is_there()):
                at_start = False
                await self.look()
            await asyncio.sleep(_UNTIL_READY_SECONDS if at_start else self._pause_seconds)

    async def look(self) -> None:
        """Have decided what is open. Never raises for what is wrong with the desk."""
        try:
            lines = await open_lines(self._reader, READ_SECONDS)
        except DeskAway as problem:
            self._say(problem)
            return
        self._trouble = None
        for line in lines:
            try:
                wish = wish_from_line(line)
            except ValueError:
                continue  # Of a newer desk; its own next run is told.
            if wish.id not in self._settled:
                await self._settle(wish)

    async def close(self) -> None:
        """The reader's."""
        await self._reader.close()

    async def _settle(self, wish: Wish) -> None:
        if await self._decide(wish) is None:
            return
        self._settled[wish.id] = None
        if len(self._settled) > MOST_REMEMBERED:
            del self._settled[next(iter(self._settled))]
        self._count()

    def _say(self, problem: DeskAway) -> None:
        if self._trouble is not type(problem) and not isinstance(problem, DeskAbsent):
            self._log.warning(
                "outbox_not_read",
                msg="what the desk wanted before it went away waits until it is back",
                reason=str(problem),
            )
        self._trouble = type(problem)
