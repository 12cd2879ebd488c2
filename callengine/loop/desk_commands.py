"""Commands of the desk on their way through the engine: decided by the core, committed, then answered; once by id."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar

from callengine.control.wishes import Decided, Wish
from queues.messages.events import DeskCommand, Event
from queues.messages.journal import CommandDecided, JournalEntry
from queues.terms.desk_words import REFUSALS_IN_WORDS, CommandKind, CommandRefusal
from queues.terms.identifiers import AgentId, CallId, CompanyId, MessageId, ObligationId, QueueName
from queues.terms.outcomes import Disposition, Review
from queues.terms.phone import Phone
from storage.schema.errors import LedgerAway

MOST_REMEMBERED = 5_000
LONGEST_REASON = 100
LONGEST_PURPOSE = 200
"""Of a call by hand: people read it, no telephone does."""
_T = TypeVar("_T")


class Loop(Protocol):
    """The engine, where events are handed in."""

    async def carry(self, event: Event) -> None:
        """Return when what it led to is committed."""


class Known(Protocol):
    """The ledger, where decided commands are."""

    async def decided_command(self, command: str) -> tuple[bool, str | None]:
        """Whether it was decided, and why refused. Raises LedgerAway."""


class DeskCommands:
    """`decide` for the socket; `observe` is the engine's observer."""

    def __init__(self, ledger: Known, now: Callable[[], datetime], loop: Loop | None = None) -> None:
        self.loop = loop
        """Set before the first command comes: the engine wants its observers first."""
        self._ledger = ledger
        self._now = now
        self._began_at = now()
        self._decided: dict[str, CommandRefusal | None] = {}
        self._under_way: dict[str, asyncio.Future[Decided | None]] = {}
        self.answered: dict[tuple[str, str], int] = {}
        """How many of each kind with each result: done, or the refusal."""

    def observe(self, entry: JournalEntry) -> None:
        """Remember what was decided."""
        if isinstance(entry, CommandDecided):
            self._decided[entry.command] = entry.refusal
            if len(self._decided) > MOST_REMEMBERED:
                del self._decided[next(iter(self._decided))]
            counted = (entry.kind.value, "done" if entry.refusal is None else entry.refusal.value)
            self.answered[counted] = self.answered.get(counted, 0) + 1

    async def decide(self, wish: Wish) -> Decided | None:
        """What became of it, once that is committed; None: nobody can say now, ask again."""
        under_way = self._under_way.get(wish.id)
        if under_way is not None:
            return await asyncio.shield(under_way)
        promise: asyncio.Future[Decided | None] = asyncio.get_running_loop().create_future()
        self._under_way[wish.id] = promise
        decided: Decided | None = None
        try:
            decided = await self._decide(wish)
        finally:
            del self._under_way[wish.id]
            promise.set_result(decided)
        return decided

    async def _decide(self, wish: Wish) -> Decided | None:
        kind = _word(CommandKind, wish.kind)
        if self.loop is None:
            return None
        if kind is None:
            return Decided(False, "unknown_kind", "this engine does not know such a command")
        try:
            known, refusal = await self._ledger.decided_command(wish.id)
        except LedgerAway:
            # An earlier run may have decided it, unless it is younger than this one.
            if wish.made_at < self._began_at and wish.id not in self._decided:
                return None
            known, refusal = False, None
        if known:
            return _told(_word(CommandRefusal, refusal or ""), refusal or "")
        # Decided by this run already: the core does nothing, and its commit is waited for all the same.
        await self.loop.carry(_event(wish, kind, self._now()))
        if wish.id not in self._decided:
            return None
        found = self._decided[wish.id]
        return _told(found, found or "")


def _told(refusal: CommandRefusal | None, word: str) -> Decided:
    if not word:
        return Decided(True)
    return Decided(False, word, REFUSALS_IN_WORDS[refusal] if refusal is not None else word)


def _event(wish: Wish, kind: CommandKind, at: datetime) -> DeskCommand:
    return DeskCommand(
        at=at,
        id=wish.id,
        kind=kind,
        account=wish.account,
        by=wish.by,
        expires_at=wish.expires_at,
        agent=None if wish.agent is None else AgentId(wish.agent),
        call=None if wish.call is None else CallId(wish.call),
        queue=None if wish.queue is None else QueueName(wish.queue),
        obligation=None if wish.obligation is None else ObligationId(wish.obligation),
        message=None if wish.message is None else MessageId(wish.message),
        company=None if wish.company is None else CompanyId(wish.company),
        number=None if wish.number is None else Phone(wish.number),
        reason=wish.reason[: LONGEST_PURPOSE if kind is CommandKind.DIAL else LONGEST_REASON],
        to=wish.to[:80],
        disposition=_word(Disposition, wish.disposition or ""),
        review=_word(Review, wish.review or ""),
        contacted_at=wish.contacted_at,
    )


def _word(kind: Callable[[str], _T], word: str) -> _T | None:
    try:
        return kind(word)
    except ValueError:
        return None
