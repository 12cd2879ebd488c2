"""Words of published articles, by company, kept in memory: what a mistyped word may have been is looked for there.

Read anew at each question is only what was published lately, so that none reads half a million rows. A word that no
article has any more finds nothing, and is forgotten at the next start.
"""

from __future__ import annotations

import asyncio
from bisect import insort
from datetime import datetime, timedelta
from typing import Final
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.knowledge.records import State
from callengine.desk.knowledge.tables import article_words, articles
from callengine.desk.people.scope import Scope

_PART: Final = 2_000
_AGAIN: Final = timedelta(minutes=5)
"""What was published so shortly before the newest known one is read again: clocks of two processes differ."""


class Vocabulary:
    """Of one database."""

    def __init__(self) -> None:
        self._order: list[str] = []
        self._companies: dict[str, set[str | None]] = {}
        self._newest: datetime | None = None
        self._one = asyncio.Lock()

    async def seen(self, connection: AsyncConnection, scope: Scope) -> list[str]:
        """Words of what he may see, in alphabetical order: a guess must not depend on what he may not."""
        async with self._one:
            await self._learn(connection)
        if scope.companies is None:
            return self._order
        own = {None, *scope.companies}
        return [word for word in self._order if not own.isdisjoint(self._companies[word])]

    async def _learn(self, connection: AsyncConnection) -> None:
        """The first time all of it, in parts, so that nobody else waits meanwhile."""
        wanted = (
            select(article_words.c.word, articles.c.company, func.max(articles.c.published_at))
            .select_from(article_words.join(articles, articles.c.id == article_words.c.article_id))
            .where(articles.c.state == State.PUBLISHED)
            .group_by(article_words.c.word, articles.c.company)
        )
        newest = self._newest
        if newest is not None:
            wanted = wanted.where(articles.c.published_at >= newest - _AGAIN)
        first = not self._order
        rows = await connection.stream(wanted)
        async for part in rows.partitions(_PART):
            for word, company, published_at in part:
                known = self._companies.setdefault(word, set())
                if not known and not first:
                    insort(self._order, word)
                known.add(company)
                newest = published_at if newest is None else max(newest, published_at)
        if first:
            self._order = sorted(self._companies)
        self._newest = newest


_KNOWN: WeakKeyDictionary[Engine, Vocabulary] = WeakKeyDictionary()


def vocabulary_of(connection: AsyncConnection) -> Vocabulary:
    """That of this connection's database."""
    return _KNOWN.setdefault(connection.sync_engine, Vocabulary())
