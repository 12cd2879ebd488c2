"""What an agent asks of the telephone, by a button instead of his phone's code."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from sqlalchemy.exc import SQLAlchemyError

from callengine.control.live_messages import CommandAnswered
from callengine.control.wishes import Wish
from callengine.desk.data.database import AGAIN_SECONDS, DeskDatabase
from callengine.desk.engine_link.asking import WishSender
from callengine.desk.outbox.wishes import answer_to, answered, keep, oldest_open, open_wishes
from callengine.desk.people.scope import Scope, system_scope
from callengine.platform.logs import get_log

BUTTONS: Final = frozenset(
    {"agent_log_in", "agent_log_out", "agent_pause", "agent_unpause", "agent_end_wrap_up"}
)
"""What he may ask for himself; `queues.terms.desk_words` has the words."""
DIAL: Final = "dial"
MEANT_FOR = timedelta(seconds=10)
"""A button is of its moment: a pause that reaches the engine a minute later is meant no more."""
_DIAL_FOR = timedelta(seconds=30)
_SCOPE = system_scope("the engine is asked")
_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{16,60}")


@dataclass(frozen=True, slots=True)
class Asked:
    """One wish. `client_id` is the browser's: sent twice, it is asked once."""

    client_id: str
    kind: str
    agent: str
    reason: str = ""
    company: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """The engine's answer."""

    done: bool
    refusal: str = ""


class Commands(Protocol):
    """Carries wishes to the engine and keeps them until it has answered."""

    async def ask(self, scope: Scope, wish: Asked) -> None:
        """Keep it, and send it as soon as the engine is there."""

    async def hear(self, scope: Scope, client_id: str, seconds: float) -> Heard | None:
        """What the engine said to this wish; None: nothing so soon."""


def is_client_id(text: str) -> bool:
    """Whether a browser could have made it: 96 random bits and more."""
    return _CLIENT_ID.fullmatch(text) is not None


class ByOutbox:
    """The page's `Commands`. `run` sends; `on_refused` is told the agent and the engine's word."""

    def __init__(self, database: DeskDatabase, socket: Path, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._log = get_log("callengine.desk.outbox")
        self._sender = WishSender(socket, self._open, self._answered)
        self._heard: dict[str, asyncio.Future[Heard]] = {}
        self._kinds: dict[str, str] = {}
        """Of wishes without an answer."""
        self._sender.on_sent = lambda wish: self.on_sent(wish.kind)
        self.on_sent: Callable[[str], None] = lambda kind: None
        self.on_answer: Callable[[str, CommandAnswered], None] = lambda kind, answer: None
        self.on_refused: Callable[[str, str], None] = lambda agent, refusal: None

    async def run(self) -> None:
        """Until cancelled. An answer that could not be written is asked for again: the engine does a wish once."""
        while True:
            try:
                await self._sender.run()
            except SQLAlchemyError as problem:
                self._log.warning(
                    "outbox_interrupted", msg="wishes are sent again", reason=type(problem).__name__
                )
            await asyncio.sleep(AGAIN_SECONDS)

    async def oldest(self) -> tuple[int, datetime | None]:
        """How many have no answer, and since when the oldest waits for one. Raises SQLAlchemyError."""
        async with self._database.reading() as connection:
            return await oldest_open(connection, _SCOPE)

    def wake(self) -> None:
        """There is something to send."""
        self._sender.wake()

    async def ask(self, scope: Scope, wish: Asked) -> None:
        """Commit it, then send it."""
        at = self._now()
        told = Wish(
            id=wish.client_id,
            kind=wish.kind,
            account=str(scope.account_id),
            by=scope.name,
            made_at=at,
            expires_at=at + (_DIAL_FOR if wish.kind == DIAL else MEANT_FOR),
            agent=wish.agent,
            company=wish.company or None,
            number=wish.number or None,
            reason=wish.reason,
        )
        async with self._database.writing() as connection:
            await keep(connection, scope, at, told)
        self._sender.wake()

    async def hear(self, scope: Scope, client_id: str, seconds: float) -> Heard | None:
        """Its answer as it is kept, or as soon as it comes; None: not within so many seconds."""
        loop = asyncio.get_running_loop()
        # Before it is looked for: an answer that comes in between is not missed.
        answer = self._heard.setdefault(client_id, loop.create_future())
        try:
            async with self._database.reading() as connection:
                known = await answer_to(connection, scope, client_id)
            if known is not None:
                return Heard(*known)
            async with asyncio.timeout(seconds):
                return await asyncio.shield(answer)
        except TimeoutError:
            return None
        finally:
            self._heard.pop(client_id, None)

    async def _open(self) -> Sequence[Wish]:
        async with self._database.reading() as connection:
            pending = await open_wishes(connection, _SCOPE)
        self._kinds = {wish.id: wish.kind for wish in pending}
        return pending

    async def _answered(self, answer: CommandAnswered) -> None:
        async with self._database.writing() as connection:
            agent = await answered(connection, _SCOPE, self._now(), answer)
        waiting = self._heard.get(answer.command)
        if waiting is not None and not waiting.done():
            waiting.set_result(Heard(answer.done, answer.refusal))
        if answer.command in self._kinds:
            self.on_answer(self._kinds.pop(answer.command), answer)
        if agent is not None and not answer.done:
            self.on_refused(agent, answer.refusal)
