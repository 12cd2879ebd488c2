"""Prepares what the pop shows from a call's arrival on, and opens the card when a human answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from callengine.desk.agent_page.pops.pop import Pop, Prepared, chosen_at_first
from callengine.desk.agent_page.pops.reading import Knowledge, e164_of, prepare
from callengine.desk.cards.commands import conversation_ended, open_card
from callengine.desk.cards.values import CardKind, Opening
from callengine.desk.data.database import DeskDatabase
from callengine.desk.data.trouble import trouble_of
from callengine.desk.people.scope import system_scope
from callengine.platform.logs import get_log

_COOKS = 8
"""Pops that are read at the same time: the others wait, so that pages get connections too."""
_PATIENCE_SECONDS = 1.0
"""That a card waits for what is read of its caller."""
MOST_WAITING = 5_000
"""Cards that wait for a database that takes nothing: some hours of a busy centre."""
_LONGEST_PAUSE_SECONDS = 5.0
_CLOSE_SECONDS = 3.0
_SCOPE = system_scope("a call came")


class Kitchen:
    """Knows each call that is on the line by the engine's id. `on_ready` is called when one has been read."""

    def __init__(self, database: DeskDatabase, knowledge: Knowledge, now: Callable[[], datetime]) -> None:
        self._database = database
        self._knowledge = knowledge
        self._now = now
        self._log = get_log("callengine.desk.pops")
        self._few = asyncio.Semaphore(_COOKS)
        self._prepared: dict[str, Prepared] = {}
        self._chosen: dict[str, str] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._others: set[asyncio.Task[None]] = set()
        self._last: dict[str, asyncio.Task[None]] = {}
        self.on_ready: Callable[[str], None] = lambda call: None
        self.on_card: Callable[[str, str, int], None] = lambda agent, call, card: None
        self.on_ended: Callable[[str], None] = lambda call: None

    def begin(self, call: str, company: str, number: str) -> None:
        """Read what is known of the caller, once."""
        if call not in self._tasks:
            self._tasks[call] = asyncio.create_task(self._read(call, company, number), name=f"pop {call}")

    def filled(self, pop: Pop) -> Pop:
        """With what has been read by now."""
        return replace(pop, prepared=self._prepared.get(pop.call), chosen=self._chosen.get(pop.call, ""))

    def choose(self, call: str, place: str) -> None:
        """What the agent says it is about, before the card is there."""
        if call in self._tasks:
            self._chosen[call] = place

    def answered(self, kind: CardKind, call: str, agent: str, pop: Pop, at: datetime) -> None:
        """A human speaks with the resident: his card is opened, with what was chosen."""
        number = e164_of(pop.number) if pop.number else ""
        opening = Opening(kind, call, pop.company, agent, number, pop.label, at, purpose=pop.purpose)
        self._later(call, lambda: self._open(opening))

    def ended(self, call: str, at: datetime) -> None:
        """Forget the call; its card stays."""
        self._prepared.pop(call, None)
        self._chosen.pop(call, None)
        task = self._tasks.pop(call, None)
        if task is not None:
            task.cancel()
        self._later(call, lambda: self._end(call, at))

    def keep_only(self, calls: set[str]) -> None:
        """After the thread was lost: calls that are on the line no more are forgotten."""
        for call in set(self._tasks) - calls:
            self.ended(call, self._now())

    async def close(self) -> None:
        """What is being read is dropped; what is being written is waited for, unless nothing is taken."""
        for task in self._tasks.values():
            task.cancel()
        if self._others:
            _, waiting = await asyncio.wait(self._others, timeout=_CLOSE_SECONDS)
            for task in waiting:
                task.cancel()
            if waiting:
                reason = f"{len(waiting)} waited for the database"
                self._log.error("card_not_written", msg="a call's card was not written", reason=reason)
        await asyncio.gather(*self._tasks.values(), *self._others, return_exceptions=True)

    async def _read(self, call: str, company: str, number: str) -> None:
        try:
            async with self._few, self._database.reading() as connection:
                found = await prepare(connection, _SCOPE, self._knowledge, company, number, self._now())
        except SQLAlchemyError as problem:
            self._log.error("pop_not_read", msg="the pop shows the line only", reason=type(problem).__name__)
            found = Prepared()
        self._prepared[call] = found
        first = chosen_at_first(found)
        if first:
            self._chosen.setdefault(call, first)
        self.on_ready(call)

    async def _open(self, opening: Opening) -> None:
        """With the only one it may be, also when the receiver was lifted before the directory was read."""
        reading = self._tasks.get(opening.call)
        if reading is not None:
            await asyncio.wait({reading}, timeout=_PATIENCE_SECONDS)
        opening = replace(opening, place=self._chosen.get(opening.call, ""))
        await self._until_written(lambda: self._write_card(opening))

    async def _write_card(self, opening: Opening) -> None:
        async with self._database.writing() as connection:
            card = await open_card(connection, _SCOPE, self._now(), opening)
        self.on_card(opening.agent, opening.call, card)

    async def _end(self, call: str, at: datetime) -> None:
        await self._until_written(lambda: self._write_end(call, at))
        self.on_ended(call)

    async def _write_end(self, call: str, at: datetime) -> None:
        async with self._database.writing() as connection:
            await conversation_ended(connection, _SCOPE, at, call)

    def _later(self, call: str, work: Callable[[], Awaitable[None]]) -> None:
        """Behind what is to be written of that call already."""
        if len(self._others) >= MOST_WAITING:
            self._log.error("card_not_written", msg="a call's card was not written", reason="too many wait")
            return
        task = asyncio.create_task(self._told(self._last.get(call), work))
        self._last[call] = task
        self._others.add(task)

        def done(ended: asyncio.Task[None]) -> None:
            self._others.discard(ended)
            if self._last.get(call) is ended:
                del self._last[call]

        task.add_done_callback(done)

    async def _told(self, before: asyncio.Task[None] | None, work: Callable[[], Awaitable[None]]) -> None:
        if before is not None:
            await asyncio.wait({before})
        try:
            await work()
        except SQLAlchemyError as problem:
            self._log.error(
                "card_not_written", msg="a call's card was not written", reason=str(problem.__cause__)
            )

    async def _until_written(self, write: Callable[[], Awaitable[None]]) -> None:
        """A database that takes nothing now takes it later: the agent gets his card then. Raises SQLAlchemyError."""
        while True:
            try:
                return await write()
            except SQLAlchemyError as problem:
                if trouble_of(problem) is None:
                    raise
            await self._database.until_it_takes(_LONGEST_PAUSE_SECONDS)
