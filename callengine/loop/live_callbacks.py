"""The running engine as the API sees it: hand a wish in, and read what became of it from the ledger."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from callengine.loop.engine_loop import Engine
from queues.live_state import CentreView
from queues.messages.events import Event
from storage.ledger import Ledger
from storage.queries.messages import WaitingMessageRow, waiting_messages
from storage.queries.obligations import (
    ObligationStory,
    OpenObligation,
    obligation_story,
    open_obligations,
)


class LiveCallbacks:
    """What `callengine.http.api.callbacks` needs, on the loop of the engine."""

    def __init__(
        self, engine: Engine, ledger: Ledger, view: Callable[[], CentreView], now: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._ledger = ledger
        self._view = view
        self._now = now

    def now(self) -> datetime:
        """Aware UTC."""
        return self._now()

    async def carry(self, event: Event) -> None:
        """Hand the event in; return when what it led to is committed."""
        await self._engine.carry(event)

    async def open_obligations(self) -> list[OpenObligation]:
        """By slack."""
        await self._ledger.writer.flush()
        async with self._ledger.reading() as engine:
            return list(await open_obligations(engine, self._ledger.node))

    async def story(self, obligation: str) -> ObligationStory | None:
        """One whole story."""
        async with self._ledger.reading() as engine:
            return await obligation_story(engine, self._ledger.node, obligation)

    async def waiting_messages(self) -> list[WaitingMessageRow]:
        """By slack."""
        await self._ledger.writer.flush()
        async with self._ledger.reading() as engine:
            return list(await waiting_messages(engine, self._ledger.node))

    def callbacks_stopped(self) -> bool:
        """Whether the switch is pulled."""
        return self._view().callbacks_stopped
