"""The words of each company's streets and names, kept in memory and read anew when one was added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.directory.tables import directory_versions, directory_words, houses
from callengine.desk.directory.typed.vocabulary import Street, Streets, Words
from callengine.desk.directory.visible import there
from callengine.desk.people.scope import Scope


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Of one company."""

    company: str
    version: int
    streets: Streets
    names: Words


class Vocabularies:
    """One for the process; several processes each have their own, and the version tells all of them."""

    def __init__(self) -> None:
        self._known: dict[str, Vocabulary] = {}

    async def of(self, connection: AsyncConnection, scope: Scope) -> Sequence[Vocabulary]:
        """Those of the companies that the scope sees, as they are in this transaction."""
        versions = await connection.execute(
            select(directory_versions.c.company, directory_versions.c.words)
            .where(scope.clause(directory_versions.c.company))
            .order_by(directory_versions.c.company)
        )
        found = []
        for company, version in versions.all():
            known = self._known.get(company)
            if known is None or known.version != version:
                known = await _read(connection, company, version)
                self._known[company] = known
            found.append(known)
        return found


async def _read(connection: AsyncConnection, company: str, version: int) -> Vocabulary:
    streets = await connection.execute(
        select(houses.c.locality, houses.c.street_kind, houses.c.street)
        .where(houses.c.company == company, there(houses))
        .distinct()
    )
    words = await connection.execute(
        select(directory_words.c.word).where(directory_words.c.company == company)
    )
    return Vocabulary(
        company,
        version,
        Streets(Street(company, *row) for row in streets.all()),
        Words(frozenset(words.scalars().all())),
    )
