"""Pictures and files of articles: the text names them by number, a page gives each its address of the moment.

Only files of the article itself get one, so no text opens what belongs to another article or company.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.files.queries import files_of, files_of_form
from callengine.desk.files.records import StoredFile
from callengine.desk.files.shelf import FileShelf
from callengine.desk.knowledge import queries
from callengine.desk.knowledge.records import Article
from callengine.desk.knowledge.tables import article_proposals, article_versions
from callengine.desk.knowledge.text import FILES, addressed, named_files
from callengine.desk.people.scope import NotSeen, Scope

ARTICLE: Final = "article"


@dataclass(frozen=True, slots=True)
class Attached:
    """A file as the form lists it."""

    file: StoredFile
    address: str
    markdown: str
    """What the text refers to it by."""


class Attachments:
    """Of all articles."""

    def __init__(self, shelf: FileShelf) -> None:
        self.shelf = shelf

    async def shown(
        self, connection: AsyncConnection, scope: Scope, articles: Iterable[Article]
    ) -> tuple[Article, ...]:
        """The same articles, with addresses in their HTML that this reader's browser can open now."""
        found = tuple(articles)
        with_files = [one.id for one in found if FILES in one.html]
        if not with_files:
            return found
        by_article: dict[int, list[StoredFile]] = {}
        for one in await files_of(connection, scope, ARTICLE, with_files):
            by_article.setdefault(one.owner.id or 0, []).append(one)
        return tuple(
            replace(one, html=addressed(one.html, self.shelf.addresses(by_article.get(one.id, ()))))
            for one in found
        )

    async def of_form(
        self, connection: AsyncConnection, scope: Scope, article_id: int | None, form: str
    ) -> Sequence[Attached]:
        """What the form of this article lists; of a new one, what was uploaded into the form. Raises NotSeen."""
        if article_id is not None:
            await queries.article(connection, scope, article_id)
            found = await files_of(connection, scope, ARTICLE, [article_id])
        else:
            found = await files_of_form(connection, scope, ARTICLE, form)
        addresses = self.shelf.addresses(found)
        return [attached(one, addresses) for one in found]


def attached(one: StoredFile, addresses: Mapping[int, str]) -> Attached:
    """With its address, and what is put into the text."""
    name = one.name.replace("[", "(").replace("]", ")")
    mark = "!" if one.is_picture else ""
    return Attached(one, addresses[one.id], f"{mark}[{name}]({FILES}{one.id})")


async def is_named(connection: AsyncConnection, scope: Scope, one: StoredFile) -> bool:
    """Whether a version of its article, or a proposal to it, refers to this file. Raises NotSeen."""
    if one.owner.kind != ARTICLE:
        raise NotSeen
    if one.owner.id is None:
        return False
    await queries.article(connection, scope, one.owner.id)
    for table in (article_versions, article_proposals):
        rows = await connection.execute(
            select(table.c.body).where(
                table.c.article_id == one.owner.id, table.c.body.contains(f"{FILES}{one.id}")
            )
        )
        if any(one.id in named_files(body) for body in rows.scalars()):
            return True
    return False
