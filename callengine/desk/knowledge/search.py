"""Finding articles by words in any form: the same on every database, by a table of words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, Subquery, case, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.knowledge import words
from callengine.desk.knowledge.queries import made, seen, valid
from callengine.desk.knowledge.records import Article
from callengine.desk.knowledge.tables import article_words, articles
from callengine.desk.knowledge.text import excerpt
from callengine.desk.knowledge.vocabulary import vocabulary_of
from callengine.desk.people.scope import Scope

_MOST = 20
_INSTEAD = 0.6
"""What another name of a thing counts, where its own counts 1."""
_FEW = 0.5
"""Of the words that were typed: an article that has fewer is not shown."""
_OWN, _TITLE = 2, 1
"""How an article has a word: by itself and not by another name of the thing, in its title."""


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
    sought, guessed = await _sought(connection, scope, asked, at)
    best = await _best(connection, scope, sought, at, limit)
    if not best:
        return Found((), guessed)
    rows = await connection.execute(select(articles).where(articles.c.id.in_(best), seen(scope)))
    known = {row["id"]: made(row) for row in rows.mappings()}
    wanted = frozenset().union(*(one.forms | one.same for one in sought))
    hits = [_hit(known[one], wanted) for one in best if one in known]
    return Found(hits, guessed)


@dataclass(frozen=True, slots=True)
class _Sought:
    """One of the words: what an article should have, what does instead, and how much it tells to have it."""

    forms: frozenset[str]
    same: frozenset[str]
    rare: float


async def _sought(
    connection: AsyncConnection, scope: Scope, asked: Sequence[words.Asked], at: datetime
) -> tuple[list[_Sought], bool]:
    """Every word by how many articles have it, of those that he may see; and whether a word was guessed."""
    groups = [(one.forms, one.same) for one in asked]
    counts = await _counts(connection, scope, groups, at)
    nowhere = {n: one.word for n, one in enumerate(asked) if not counts.get(n) and not one.same}
    if nowhere:
        vocabulary = await vocabulary_of(connection).seen(connection, scope)
        for n, word in nowhere.items():
            groups[n] = (words.meant(word, vocabulary) or asked[n].forms, frozenset())
        counts = await _counts(connection, scope, groups, at)
    guessed = any(counts.get(n) for n in nowhere)
    found = [
        _Sought(forms, same, 1.0 / (1.0 + counts.get(n, 0) ** 0.5)) for n, (forms, same) in enumerate(groups)
    ]
    return found, guessed


async def _counts(
    connection: AsyncConnection,
    scope: Scope,
    groups: Sequence[tuple[frozenset[str], frozenset[str]]],
    at: datetime,
) -> dict[int, int]:
    had, visible = _had([(forms, frozenset()) for forms, _ in groups]), _visible(scope, at)
    counted = select(had.c.n, func.count()).where(had.c.article_id.in_(visible)).group_by(had.c.n)
    return {n: count for n, count in await connection.execute(counted)}  # noqa: C416  # rows are no pairs


async def _best(
    connection: AsyncConnection, scope: Scope, sought: Sequence[_Sought], at: datetime, limit: int
) -> list[int]:
    """Articles with at least half of the words, those first that have most and rarest."""
    had, visible = _had([(one.forms, one.same) for one in sought]), _visible(scope, at)
    rare = case({n: one.rare for n, one in enumerate(sought)}, value=had.c.n, else_=0.0)
    worth = case(
        (had.c.how == _OWN + _TITLE, 1.0 + 3.0 * rare),
        (had.c.how == _OWN, 1.0 + rare),
        (had.c.how == _TITLE, _INSTEAD + _INSTEAD * rare),
        else_=_INSTEAD,
    )
    needed = max(1, int(len(sought) * _FEW))
    rows = await connection.execute(
        select(had.c.article_id)
        .where(had.c.article_id.in_(visible))
        .group_by(had.c.article_id)
        .having(func.count() >= needed)
        .order_by(func.sum(worth).desc(), had.c.article_id)
        .limit(limit)
    )
    return list(rows.scalars().all())


def _had(groups: Sequence[tuple[frozenset[str], frozenset[str]]]) -> Subquery:
    """For each word `n` and each article that has it `how`: by itself or by another name, in the title or the text."""
    table = article_words
    parts = []
    for n, (forms, same) in enumerate(groups):
        title = case((table.c.in_title, _TITLE), else_=0)
        own = case((table.c.word.in_(sorted(forms)), _OWN), else_=0) if same else literal(_OWN)
        parts.append(
            select(literal(n).label("n"), table.c.article_id, func.max(own + title).label("how"))
            .where(table.c.word.in_(sorted(forms | same)))
            .group_by(table.c.article_id)
        )
    return union_all(*parts).subquery("had")


def _visible(scope: Scope, at: datetime) -> Select[int]:
    """Ids, read once and from an index alone: an article's row is large."""
    return select(articles.c.id).where(seen(scope), valid(at))


def _hit(article: Article, wanted: frozenset[str]) -> Hit:
    title = excerpt(article.title, words.places(article.title, wanted), around=len(article.title))
    return Hit(article, title, excerpt(article.plain, words.places(article.plain, wanted)))
