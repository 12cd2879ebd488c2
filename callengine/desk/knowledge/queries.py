"""Reading the knowledge base: each by the scope of who asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.knowledge.records import Article, Proposal, State, Verdict, Version
from callengine.desk.knowledge.tables import (
    article_houses,
    article_proposals,
    article_reads,
    article_versions,
    article_votes,
    articles,
)
from callengine.desk.knowledge.topics.records import Covered
from callengine.desk.people.rights import Right
from callengine.desk.people.scope import NotSeen, Scope


@dataclass(frozen=True, slots=True)
class Doubted:
    """An article that agents say is out of date."""

    article: Article
    outdated: int
    helped: int
    notes: Sequence[str]


def seen(scope: Scope) -> ColumnElement[bool]:
    """Articles of his companies and of all; drafts only for who writes them."""
    whose = scope.clause(articles.c.company, with_common=True)
    return whose if scope.may(Right.KNOWLEDGE_EDIT) else and_(whose, articles.c.state == State.PUBLISHED)


def valid(at: datetime) -> ColumnElement[bool]:
    """Published, and its time is now."""
    return and_(
        articles.c.state == State.PUBLISHED,
        or_(articles.c.valid_from.is_(None), articles.c.valid_from <= at),
        or_(articles.c.valid_until.is_(None), articles.c.valid_until > at),
    )


def for_house(house_id: int | None) -> ColumnElement[bool]:
    """Those of no house, and those of this one."""
    named = select(article_houses.c.article_id)
    everywhere = articles.c.id.not_in(named)
    if house_id is None:
        return everywhere
    return or_(everywhere, articles.c.id.in_(named.where(article_houses.c.house_id == house_id)))


async def article(connection: AsyncConnection, scope: Scope, article_id: int) -> Article:
    """Raises NotSeen."""
    rows = await connection.execute(select(articles).where(articles.c.id == article_id, seen(scope)))
    row = rows.mappings().first()
    if row is None:
        raise NotSeen
    return made(row)


async def houses_of(connection: AsyncConnection, scope: Scope, article_id: int) -> tuple[int, ...]:
    """Of which houses it is only. Raises NotSeen."""
    await article(connection, scope, article_id)
    rows = await connection.execute(
        select(article_houses.c.house_id).where(article_houses.c.article_id == article_id)
    )
    return tuple(sorted(rows.scalars().all()))


async def latest(
    connection: AsyncConnection,
    scope: Scope,
    *,
    company: str | None = None,
    topic: str | None = None,
    limit: int = 50,
) -> tuple[Article, ...]:
    """The list of the first page: pinned first, then the newest."""
    if company is not None:
        scope.require(company)
    wanted = select(articles).where(seen(scope))
    if company is not None:
        wanted = wanted.where(or_(articles.c.company == company, articles.c.company.is_(None)))
    if topic is not None:
        wanted = wanted.where(articles.c.topic == topic)
    order = (articles.c.pinned.is_(None), articles.c.pinned, articles.c.published_at.desc(), articles.c.id)
    return await _all(connection, wanted.order_by(*order).limit(limit))


async def pinned_for(
    connection: AsyncConnection,
    scope: Scope,
    company: str,
    house_id: int | None,
    topic: str | None,
    at: datetime,
    *,
    limit: int = 8,
) -> tuple[Article, ...]:
    """What an agent should see at once when this house calls: its own first, then the company's, then everybody's."""
    scope.require(company)
    wanted = select(articles).where(
        seen(scope),
        valid(at),
        or_(articles.c.company == company, articles.c.company.is_(None)),
        for_house(house_id),
    )
    if topic is not None:
        wanted = wanted.where(or_(articles.c.topic == topic, articles.c.pinned.is_not(None)))
    else:
        own = articles.c.id.in_(
            select(article_houses.c.article_id).where(article_houses.c.house_id == (house_id or 0))
        )
        wanted = wanted.where(or_(articles.c.pinned.is_not(None), own))
    near = case(
        (articles.c.id.in_(select(article_houses.c.article_id)), 0),
        (articles.c.company.is_not(None), 1),
        else_=2,
    )
    order = (near, articles.c.pinned.is_(None), articles.c.pinned, articles.c.title_key)
    return await _all(connection, wanted.order_by(*order).limit(limit))


async def unread(
    connection: AsyncConnection, scope: Scope, companies: Iterable[str], at: datetime, *, limit: int = 100
) -> tuple[Article, ...]:
    """New and importantly changed ones that whoever asks has not marked read; `companies`: whose lines he answers."""
    wanted = [one for one in sorted(set(companies)) if scope.sees(one)]
    read = select(article_reads.c.article_id).where(
        article_reads.c.account_id == (scope.account_id or 0), article_reads.c.article_id == articles.c.id
    )
    enough = read.where(article_reads.c.version >= _must_read())
    statement = select(articles).where(
        seen(scope),
        valid(at),
        or_(articles.c.company.in_(wanted), articles.c.company.is_(None)),
        ~enough.exists(),
    )
    return await _all(connection, statement.order_by(articles.c.published_at.desc()).limit(limit))


async def who_has_read(connection: AsyncConnection, scope: Scope, article_id: int) -> frozenset[int]:
    """Accounts that have read the version that must be read. Raises NotSeen."""
    await article(connection, scope, article_id)
    rows = await connection.execute(
        select(article_reads.c.account_id)
        .select_from(article_reads.join(articles, articles.c.id == article_reads.c.article_id))
        .where(article_reads.c.article_id == article_id, article_reads.c.version >= _must_read())
    )
    return frozenset(rows.scalars().all())


def _must_read() -> Any:
    """The newest important version that is published, else the first."""
    newest = (
        select(func.max(article_versions.c.version))
        .where(
            article_versions.c.article_id == articles.c.id,
            article_versions.c.version <= articles.c.published_version,
            article_versions.c.important,
        )
        .correlate(articles)
        .scalar_subquery()
    )
    return func.coalesce(newest, 1)


async def versions(connection: AsyncConnection, scope: Scope, article_id: int) -> tuple[Version, ...]:
    """All that were saved, the newest first; whoever only reads sees those up to the published one. Raises NotSeen."""
    known = await article(connection, scope, article_id)
    wanted = select(article_versions).where(article_versions.c.article_id == article_id)
    if not scope.may(Right.KNOWLEDGE_EDIT):
        wanted = wanted.where(article_versions.c.version <= (known.published_version or 0))
    rows = await connection.execute(wanted.order_by(article_versions.c.version.desc()))
    return tuple(
        Version(
            row["version"], row["title"], row["body"], row["author"], row["at"], row["note"], row["important"]
        )
        for row in rows.mappings()
    )


async def covered(
    connection: AsyncConnection, scope: Scope, houses: Mapping[int, str], at: datetime
) -> dict[int, Covered]:
    """For each of these houses (id, company) which topics valid articles are about."""
    rows = await connection.execute(
        select(articles.c.company, articles.c.topic, article_houses.c.house_id)
        .select_from(articles.outerjoin(article_houses, article_houses.c.article_id == articles.c.id))
        .where(seen(scope), valid(at))
    )
    of_house: dict[int, set[str]] = {}
    of_company: dict[str | None, set[str]] = {}
    for company, topic, house_id in rows.all():
        if house_id is None:
            of_company.setdefault(company, set()).add(topic)
        else:
            of_house.setdefault(house_id, set()).add(topic)
    common = frozenset(of_company.get(None, ()))
    return {
        house: Covered(frozenset(of_house.get(house, ())), frozenset(of_company.get(company, ())), common)
        for house, company in houses.items()
        if scope.sees(company)
    }


async def doubted(connection: AsyncConnection, scope: Scope, *, limit: int = 50) -> tuple[Doubted, ...]:
    """Articles said to be out of date since they were last published, most often first."""
    rows = await connection.execute(
        select(article_votes.c.article_id, article_votes.c.verdict, article_votes.c.note, articles)
        .select_from(article_votes.join(articles, articles.c.id == article_votes.c.article_id))
        .where(seen(scope), article_votes.c.version >= articles.c.published_version)
    )
    by_article: dict[int, list[RowMapping]] = {}
    for row in rows.mappings():
        by_article.setdefault(row["article_id"], []).append(row)
    found = [_doubted(said) for said in by_article.values()]
    worst = [one for one in found if one.outdated]
    return tuple(sorted(worst, key=lambda one: (-one.outdated, one.helped))[:limit])


def _doubted(said: Sequence[RowMapping]) -> Doubted:
    outdated = [row for row in said if row["verdict"] == Verdict.OUTDATED]
    notes = [row["note"] for row in outdated if row["note"]]
    return Doubted(made(said[0]), len(outdated), len(said) - len(outdated), notes)


async def proposals(
    connection: AsyncConnection, scope: Scope, *, state: str = "open", limit: int = 100
) -> tuple[Proposal, ...]:
    """Those of his companies; who edits for all sees all."""
    whose = scope.clause(article_proposals.c.company)
    rows = await connection.execute(
        select(article_proposals)
        .where(whose, article_proposals.c.state == state)
        .order_by(article_proposals.c.at)
        .limit(limit)
    )
    return tuple(_proposal(row) for row in rows.mappings())


async def proposal(connection: AsyncConnection, scope: Scope, proposal_id: int) -> Proposal:
    """Raises NotSeen."""
    rows = await connection.execute(
        select(article_proposals).where(
            article_proposals.c.id == proposal_id, scope.clause(article_proposals.c.company)
        )
    )
    row = rows.mappings().first()
    if row is None:
        raise NotSeen
    return _proposal(row)


def _proposal(row: RowMapping) -> Proposal:
    return Proposal(
        row["id"],
        row["article_id"],
        row["of_version"],
        row["company"],
        row["topic"],
        row["title"],
        row["body"],
        row["author"],
        row["at"],
        row["state"],
        row["answer"],
        row["decided_by"],
    )


def made(row: RowMapping) -> Article:
    """An article of its row."""
    return Article(
        row["id"],
        row["company"],
        row["topic"],
        State(row["state"]),
        row["pinned"],
        row["valid_from"],
        row["valid_until"],
        row["version"],
        row["published_version"],
        row["published_at"],
        row["title"],
        row["html"],
        row["plain"],
    )


async def _all(connection: AsyncConnection, statement: Select[Any]) -> tuple[Article, ...]:
    rows = await connection.execute(statement)
    return tuple(made(row) for row in rows.mappings())
