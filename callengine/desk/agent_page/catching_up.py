"""Cards of conversations that the desk did not see, down or without the engine: they are read of the ledger.

Only conversations after the newest card are looked for, so a desk that is new beside an old ledger begins with none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.exc import SQLAlchemyError

from callengine.desk.agent_page.centre import Centre
from callengine.desk.agent_page.pops.pop import chosen_at_first
from callengine.desk.agent_page.pops.reading import Knowledge, e164_of, prepare
from callengine.desk.cards.commands import conversation_ended, open_card
from callengine.desk.cards.queries import newest_card, with_a_card
from callengine.desk.cards.values import CardKind, Opening
from callengine.desk.data.database import DeskDatabase
from callengine.desk.ledger.reader import LedgerReader
from callengine.desk.people.scope import Scope, system_scope
from callengine.platform.logs import get_log
from storage.schema.desk_tables import outgoing_calls
from storage.schema.errors import LedgerAway
from storage.schema.tables import attempt_transfers, attempts, calls, obligations, transfers

LONGEST = timedelta(days=7)
"""A desk that was away for longer leaves what was before to nobody."""
_MARGIN = timedelta(minutes=10)
"""Before the newest card: conversations whose cards were being written then."""
_LONGEST_WAIT = timedelta(hours=6)
_MOST = 5_000
_PIECE = 20
_AGAIN_SECONDS = 60.0
_SCOPE = system_scope("calls while the desk was away")


@dataclass(frozen=True, slots=True)
class Conversation:
    """One agent's with one resident, as the ledger has it."""

    kind: CardKind
    call: str
    agent: str
    company: str
    did: str
    number: str
    answered_at: datetime
    ended_at: datetime | None
    purpose: str = ""
    """Of a call by hand."""


class MissedCards:
    """`begin` before any card is opened, then `run` until cancelled; `wake` whenever something may have been missed."""

    def __init__(
        self,
        reader: LedgerReader,
        database: DeskDatabase,
        knowledge: Knowledge,
        centre: Centre,
        now: Callable[[], datetime],
    ) -> None:
        self._reader = reader
        self._database = database
        self._knowledge = knowledge
        self._centre = centre
        self._now = now
        self._log = get_log("callengine.desk.pops")
        self._wanted = asyncio.Event()
        self._since = now()
        self.on_card: Callable[[str], None] = lambda agent: None

    async def begin(self) -> None:
        """From where on it is looked: the newest card that is there. Raises SQLAlchemyError."""
        async with self._database.reading() as connection:
            newest = await newest_card(connection, _SCOPE)
        self._since = newest or self._now() + _MARGIN
        self.wake()

    def wake(self) -> None:
        """Look, soon."""
        self._wanted.set()

    async def run(self) -> None:
        """At each `wake`; a ledger that cannot be read is asked again in a minute."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                made = await self.catch_up()
            except (LedgerAway, SQLAlchemyError) as problem:
                why = type(problem).__name__
                self._log.warning("missed_cards_not_read", msg="asked again in a minute", reason=why)
                await asyncio.sleep(_AGAIN_SECONDS)
                self._wanted.set()
            else:
                if made:
                    self._log.info(
                        "missed_cards_made", msg="conversations without a card have one", count=made
                    )

    async def catch_up(self) -> int:
        """How many cards were made."""
        now = self._now()
        since = max(self._since - _MARGIN, now - LONGEST)
        found = await conversations_since(self._reader, _SCOPE, since)
        made = 0
        for start in range(0, len(found), _PIECE):
            made += await self._make(found[start : start + _PIECE])
        self._since = now
        return made

    async def _make(self, found: Sequence[Conversation]) -> int:
        async with self._database.writing() as connection:
            known = await with_a_card(connection, _SCOPE, [one.call for one in found])
            missed = [one for one in found if (one.call, one.agent) not in known]
            for one in missed:
                caller = await prepare(
                    connection, _SCOPE, self._knowledge, one.company, one.number, self._now()
                )
                line = self._centre.line(one.did, one.company)
                number, place = e164_of(one.number) if one.number else "", chosen_at_first(caller)
                opening = Opening(
                    one.kind,
                    one.call,
                    one.company,
                    one.agent,
                    number,
                    line,
                    one.answered_at,
                    one.purpose,
                    place,
                )
                await open_card(connection, _SCOPE, one.answered_at, opening)
                if one.ended_at is not None:
                    await conversation_ended(connection, _SCOPE, one.ended_at, one.call)
        for agent in {one.agent for one in missed}:
            self.on_card(agent)
        return len(missed)


async def conversations_since(reader: LedgerReader, scope: Scope, since: datetime) -> list[Conversation]:
    """Calls of both directions that a human answered since then, and who took them over. Raises LedgerAway."""
    of = calls.c
    talked = (of.node == reader.node, scope.clause(of.company), of.arrived_at >= since - _LONGEST_WAIT)
    whose = (of.company, of.did, of.number)
    taken = (of.node == transfers.c.node) & (of.call == transfers.c.call)
    dialled = (attempts.c.made_at >= since - _LONGEST_WAIT, scope.clause(obligations.c.company))
    owed = (obligations.c.company, obligations.c.did, attempts.c.e164)
    asked: list[Select[Any]] = [
        select(of.call, of.agent, *whose, of.answered_at, of.ended_at).where(
            *talked, of.agent.is_not(None), of.answered_at >= since
        ),
        select(of.call, transfers.c.agent, *whose, transfers.c.at, of.ended_at)
        .join(transfers, taken)
        .where(*talked, transfers.c.at >= since),
    ]
    called_back: list[Select[Any]] = [
        select(attempts.c.attempt, attempts.c.agent, *owed, attempts.c.contacted_at, attempts.c.ended_at)
        .join(obligations, obligations.c.obligation == attempts.c.obligation)
        .where(*dialled, attempts.c.contacted_at >= since),
        select(
            attempts.c.attempt, attempt_transfers.c.agent, *owed, attempt_transfers.c.at, attempts.c.ended_at
        )
        .join(obligations, obligations.c.obligation == attempts.c.obligation)
        .join(attempt_transfers, attempt_transfers.c.attempt == attempts.c.attempt)
        .where(*dialled, attempt_transfers.c.at >= since),
    ]
    out = outgoing_calls.c
    by_hand: list[Select[Any]] = [
        select(
            *(out.attempt, out.agent, out.company, out.did, out.e164),
            *(out.contacted_at, out.ended_at, out.purpose),
        ).where(
            out.node == reader.node,
            scope.clause(out.company),
            out.made_at >= since - _LONGEST_WAIT,
            out.contacted_at >= since,
        )
    ]
    found: list[Conversation] = []
    kinds: tuple[tuple[CardKind, list[Select[Any]]], ...] = (
        ("incoming", asked),
        ("callback", called_back),
        ("dialled", by_hand),
    )
    async with reader.reading() as connection:
        for kind, questions in kinds:
            for question in questions:
                rows = await connection.execute(question.limit(_MOST))
                found += [Conversation(kind, *row) for row in rows if row[1]]
    return sorted(found, key=lambda one: (one.answered_at, one.call, one.agent))
