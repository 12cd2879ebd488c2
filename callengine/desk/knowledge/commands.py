"""Changes of the knowledge base: each in the caller's transaction, with its row in the trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.data.metadata import folded
from callengine.desk.files.commands import adopt
from callengine.desk.files.records import Owner
from callengine.desk.knowledge import queries, words
from callengine.desk.knowledge.records import Article, Proposal, Stale, State, Verdict, Writing
from callengine.desk.knowledge.tables import (
    article_houses,
    article_proposals,
    article_reads,
    article_versions,
    article_votes,
    article_words,
    articles,
)
from callengine.desk.knowledge.text import plain, shown
from callengine.desk.people.scope import NotSeen, Scope
from callengine.desk.people.trail import record

_WORD = 60
"""Letters of a word that are kept."""


async def save(
    connection: AsyncConnection,
    scope: Scope,
    at: datetime,
    one: Writing,
    *,
    article_id: int | None = None,
    version: int | None = None,
    client_id: str | None = None,
    slug: str | None = None,
) -> int:
    """A new draft, or a newer version of this article, which readers do not see yet; its id. Raises NotSeen, Stale.

    `version`: what the form was drawn of; None: whatever is there.
    """
    refuse_common(scope, one.company)
    placed = {
        "company": one.company,
        "topic": one.topic,
        "pinned": one.pinned,
        "valid_from": one.valid_from,
        "valid_until": one.valid_until,
    }
    if article_id is None:
        if client_id is not None:
            known = await connection.scalar(select(articles.c.id).where(articles.c.client_id == client_id))
            if known is not None:
                return int(known)
        content = {"title": one.title, "title_key": folded(one.title), "html": "", "plain": ""}
        added = await connection.scalar(
            articles.insert()
            .values(**placed, **content, state=State.DRAFT, version=1, client_id=client_id, slug=slug)
            .returning(articles.c.id)
        )
        identity, newest = int(added or 0), 1
        await record(connection, scope, at, "added", ("article", identity), company=one.company, after=placed)
    else:
        identity = article_id
        newest = await _newer(connection, scope, at, article_id, version, placed)
    await connection.execute(
        article_versions.insert().values(
            article_id=identity,
            version=newest,
            title=one.title,
            body=one.body,
            author=scope.name,
            at=at,
            note=one.note,
            important=one.important,
        )
    )
    await _set_houses(connection, identity, one)
    await adopt(connection, scope, Owner("article", identity, company=one.company), form=client_id)
    return identity


async def _newer(
    connection: AsyncConnection,
    scope: Scope,
    at: datetime,
    article_id: int,
    version: int | None,
    placed: dict[str, Any],
) -> int:
    known = await queries.article(connection, scope, article_id)
    refuse_common(scope, known.company)
    if version is not None and version != known.version:
        newest = (await queries.versions(connection, scope, article_id))[0]
        raise Stale(newest.version, newest.title, newest.body, newest.author)
    before = {name: getattr(known, name) for name in placed}
    await connection.execute(
        articles.update().where(articles.c.id == article_id).values(**placed, version=known.version + 1)
    )
    await record(
        connection,
        scope,
        at,
        "changed",
        ("article", article_id),
        company=placed["company"],
        before={**before, "version": known.version},
        after={**placed, "version": known.version + 1},
    )
    return known.version + 1


async def publish(connection: AsyncConnection, scope: Scope, at: datetime, article_id: int) -> None:
    """Readers see the newest version from now on. Raises NotSeen."""
    known = await queries.article(connection, scope, article_id)
    refuse_common(scope, known.company)
    newest = (await queries.versions(connection, scope, article_id))[0]
    markup = shown(newest.body)
    words_of_it = plain(markup)
    await connection.execute(
        articles.update()
        .where(articles.c.id == article_id)
        .values(
            state=State.PUBLISHED,
            title=newest.title,
            title_key=folded(newest.title),
            html=markup,
            plain=words_of_it,
            published_version=newest.version,
            published_at=at,
        )
    )
    await _index(connection, article_id, newest.title, words_of_it)
    await record(
        connection,
        scope,
        at,
        "published",
        ("article", article_id),
        company=known.company,
        before={"version": known.published_version},
        after={"version": newest.version},
    )


async def withdraw(connection: AsyncConnection, scope: Scope, at: datetime, article_id: int) -> None:
    """Readers see it no longer; nothing of it is lost. Raises NotSeen."""
    known = await queries.article(connection, scope, article_id)
    refuse_common(scope, known.company)
    await connection.execute(
        articles.update().where(articles.c.id == article_id).values(state=State.WITHDRAWN)
    )
    await connection.execute(article_words.delete().where(article_words.c.article_id == article_id))
    await record(connection, scope, at, "withdrawn", ("article", article_id), company=known.company)


async def mark_read(connection: AsyncConnection, scope: Scope, at: datetime, article_id: int) -> None:
    """Whoever asks knows what is published now. Raises NotSeen."""
    known = await queries.article(connection, scope, article_id)
    values = {"version": known.published_version or 0, "at": at}
    await _put(connection, article_reads, {"article_id": article_id, "account_id": _account(scope)}, values)


async def vote(
    connection: AsyncConnection,
    scope: Scope,
    at: datetime,
    article_id: int,
    verdict: Verdict,
    note: str = "",
) -> None:
    """What he says of the version that is published: one word of each, the last one stands. Raises NotSeen."""
    known = await queries.article(connection, scope, article_id)
    key = {
        "article_id": article_id,
        "account_id": _account(scope),
        "version": known.published_version or 0,
    }
    await _put(connection, article_votes, key, {"verdict": verdict, "note": note, "at": at})


async def propose(
    connection: AsyncConnection,
    scope: Scope,
    at: datetime,
    one: Writing,
    *,
    article_id: int | None,
    client_id: str,
) -> int:
    """What he would have written, for an editor to decide; its id. Raises NotSeen."""
    if one.company is not None:
        scope.require(one.company)
    of_version = None
    if article_id is not None:
        of_version = (await queries.article(connection, scope, article_id)).published_version
    known = await connection.scalar(
        select(article_proposals.c.id).where(article_proposals.c.client_id == client_id)
    )
    if known is not None:
        return int(known)
    added = await connection.scalar(
        article_proposals.insert()
        .values(
            client_id=client_id,
            article_id=article_id,
            of_version=of_version,
            company=one.company,
            topic=one.topic,
            title=one.title,
            body=one.body,
            author_id=scope.account_id,
            author=scope.name,
            at=at,
            state="open",
            answer="",
        )
        .returning(article_proposals.c.id)
    )
    identity = int(added or 0)
    await record(connection, scope, at, "proposed", ("article_proposal", identity), company=one.company)
    return identity


async def decide(
    connection: AsyncConnection, scope: Scope, at: datetime, proposal_id: int, *, accept: bool, answer: str
) -> int | None:
    """Accepted, it is a newer draft of its article (or a new one), whose id is told. Raises NotSeen, Stale."""
    one = await queries.proposal(connection, scope, proposal_id)
    if one.state != "open":
        raise Stale(0, one.title, one.body, one.decided_by or "")
    made = await _drafted(connection, scope, at, one) if accept else None
    state = "accepted" if accept else "declined"
    await connection.execute(
        article_proposals.update()
        .where(article_proposals.c.id == proposal_id)
        .values(
            state=state,
            answer=answer,
            decided_by=scope.name,
            decided_at=at,
            article_id=made or one.article_id,
        )
    )
    await record(
        connection,
        scope,
        at,
        state,
        ("article_proposal", proposal_id),
        company=one.company,
        after={"answer": answer},
    )
    return made


async def _drafted(connection: AsyncConnection, scope: Scope, at: datetime, one: Proposal) -> int:
    if one.article_id is None:
        return await save(
            connection, scope, at, Writing(one.title, one.body, one.topic, one.company, note=one.author)
        )
    known: Article = await queries.article(connection, scope, one.article_id)
    writing = Writing(
        one.title,
        one.body,
        known.topic,
        known.company,
        await queries.houses_of(connection, scope, one.article_id),
        known.pinned,
        known.valid_from,
        known.valid_until,
        note=one.author,
    )
    return await save(connection, scope, at, writing, article_id=one.article_id)


async def _set_houses(connection: AsyncConnection, article_id: int, one: Writing) -> None:
    await connection.execute(article_houses.delete().where(article_houses.c.article_id == article_id))
    if one.houses and one.company is not None:
        rows = [{"article_id": article_id, "house_id": house} for house in sorted(set(one.houses))]
        await connection.execute(article_houses.insert(), rows)


async def _index(connection: AsyncConnection, article_id: int, title: str, text: str) -> None:
    await connection.execute(article_words.delete().where(article_words.c.article_id == article_id))
    of_title = {word[:_WORD] for word in words.indexed(title)}
    every = of_title | {word[:_WORD] for word in words.indexed(text)}
    if every:
        rows = [
            {"word": word, "article_id": article_id, "in_title": word in of_title} for word in sorted(every)
        ]
        await connection.execute(article_words.insert(), rows)


async def _put(connection: AsyncConnection, table: Any, key: dict[str, Any], values: dict[str, Any]) -> None:
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgres_insert
    statement = insert(table).values(**key, **values)
    await connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))


def _account(scope: Scope) -> int:
    if scope.account_id is None:
        raise NotSeen
    return scope.account_id


def refuse_common(scope: Scope, company: str | None) -> None:
    """What is of all companies is changed by who sees all."""
    scope.require(company)
    if company is None and scope.companies is not None:
        raise NotSeen
