"""Finding articles by words in any form: the same on every database, by a table of words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.knowledge import words
from callengine.desk.knowledge.queries import made, seen, valid
from callengine.desk.knowledge.records import Article
from callengine.desk.knowledge.tables import article_words, articles
from callengine.desk.knowledge.text import excerpt
from callengine.desk.people.scope import Scope

_MOST = 20
_INSTEAD = 0.6
"""What another name of a thing counts, where its own counts 1."""
_FEW = 0.5
"""Of the words that were typed: an article that has fewer is not shown."""


@dataclass(frozen=True, slots=True)
class Hit:
    """An article that was found: its title and a piece of its text, each in parts with whether a part was found."""

    article: Article
    title: tuple[tuple[str, bool], ...]
    piece: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What came of a search."""

    hits: Sequence[Hit]
    guessed: bool = False
    """A word was of no article: one that is nearly the same was taken."""


async def find(
    connection: AsyncConnection, scope: Scope, query: str, at: datetime, *, limit: int = _MOST
) -> Found:
    """Articles with all of the words first, then with most; a word in the title counts three times."""
    asked = words.asked(query)
    if not asked:
        return Found(())
    scores, wanted, guessed = await _scores(connection, scope, asked, at)
    best = sorted(scores, key=lambda article_id: (-scores[article_id][1], article_id))[:limit]
    if not best:
        return Found((), guessed)
    rows = await connection.execute(select(articles).where(articles.c.id.in_(best), seen(scope)))
    known = {row["id"]: made(row) for row in rows.mappings()}
    hits = [_hit(known[one], wanted) for one in best if one in known]
    return Found(hits, guessed)


async def _scores(
    connection: AsyncConnection, scope: Scope, asked: Sequence[words.Asked], at: datetime
) -> tuple[dict[int, tuple[int, float]], frozenset[str], bool]:
    """For each article how many of the words it has and how well they fit; the forms; whether a word was guessed."""
    wanted: set[str] = set()
    scores: dict[int, tuple[int, float]] = {}
    guessed = False
    vocabulary: list[str] | None = None
    for one in asked:
        forms = one.forms
        found = await _articles_with(connection, scope, forms, at)
        if not found and not one.same:
            if vocabulary is None:
                vocabulary = await _vocabulary(connection, scope, at)
            forms = words.meant(one.word, vocabulary)
            if forms:
                found = await _articles_with(connection, scope, forms, at)
                guessed = guessed or bool(found)
        wanted |= forms | one.same
        rare = 1.0 / (1.0 + len(found) ** 0.5)
        for article_id, in_title in found.items():
            count, score = scores.get(article_id, (0, 0.0))
            scores[article_id] = count + 1, score + 1.0 + rare * (3.0 if in_title else 1.0)
        instead = await _articles_with(connection, scope, one.same, at) if one.same else {}
        for article_id in instead.keys() - found.keys():
            count, score = scores.get(article_id, (0, 0.0))
            scores[article_id] = (
                count + 1,
                score + _INSTEAD + (_INSTEAD * rare if instead[article_id] else 0.0),
            )
    needed = max(1, int(len(asked) * _FEW))
    enough = {article_id: told for article_id, told in scores.items() if told[0] >= needed}
    return enough, frozenset(wanted), guessed


async def _vocabulary(connection: AsyncConnection, scope: Scope, at: datetime) -> list[str]:
    """Words of what he may see: a guess must not depend on what he may not."""
    rows = await connection.execute(
        select(article_words.c.word)
        .select_from(article_words.join(articles, articles.c.id == article_words.c.article_id))
        .where(seen(scope), valid(at))
        .distinct()
    )
    return sorted(rows.scalars().all())


async def _articles_with(
    connection: AsyncConnection, scope: Scope, group: frozenset[str], at: datetime
) -> dict[int, bool]:
    rows = await connection.execute(
        select(article_words.c.article_id, article_words.c.in_title)
        .select_from(article_words.join(articles, articles.c.id == article_words.c.article_id))
        .where(article_words.c.word.in_(sorted(group)), seen(scope), valid(at))
    )
    found: dict[int, bool] = {}
    for article_id, in_title in rows.all():
        found[article_id] = found.get(article_id, False) or bool(in_title)
    return found


def _hit(article: Article, wanted: frozenset[str]) -> Hit:
    title = excerpt(article.title, words.places(article.title, wanted), around=len(article.title))
    return Hit(article, title, excerpt(article.plain, words.places(article.plain, wanted)))
