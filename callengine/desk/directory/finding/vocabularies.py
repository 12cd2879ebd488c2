"""The words of each company's streets and names, kept in memory and read anew when one was added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.directory.tables import directory_versions, directory_words, houses
from callengine.desk.directory.typed.names import PLACES
from callengine.desk.directory.typed.vocabulary import Street, Streets, Words
from callengine.desk.directory.visible import there
from callengine.desk.people.scope import Scope

_TOGETHER = 8
"""Vocabularies of several companies that are kept."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Of the companies that somebody sees: a word that several have is compared once."""

    streets: Streets
    names: Sequence[Words]
    """Surnames, given names, patronymics."""


@dataclass(frozen=True, slots=True)
class _OfCompany:
    version: int
    streets: frozenset[Street]
    names: tuple[frozenset[str], ...]


class Vocabularies:
    """One for the process; several processes each have their own, and the version tells all of them."""

    def __init__(self) -> None:
        self._known: dict[str, _OfCompany] = {}
        self._together: dict[tuple[tuple[str, int], ...], Vocabulary] = {}

    async def of(self, connection: AsyncConnection, scope: Scope) -> Vocabulary:
        """That of the companies that the scope sees, as they are in this transaction."""
        rows = await connection.execute(
            select(directory_versions.c.company, directory_versions.c.words)
            .where(scope.clause(directory_versions.c.company))
            .order_by(directory_versions.c.company)
        )
        versions = tuple((company, version) for company, version in rows.all())
        known = self._together.get(versions)
        if known is None:
            known = _whole([await self._one(connection, *version) for version in versions])
            while len(self._together) >= _TOGETHER:
                self._together.pop(next(iter(self._together)))
            self._together[versions] = known
        return known

    async def _one(self, connection: AsyncConnection, company: str, version: int) -> _OfCompany:
        known = self._known.get(company)
        if known is None or known.version != version:
            known = await _read(connection, company, version)
            self._known[company] = known
        return known


def _whole(parts: Sequence[_OfCompany]) -> Vocabulary:
    streets: frozenset[Street] = frozenset().union(*(one.streets for one in parts))
    names = [Words(frozenset().union(*(one.names[place] for one in parts))) for place in range(len(PLACES))]
    return Vocabulary(Streets(streets), names)


async def _read(connection: AsyncConnection, company: str, version: int) -> _OfCompany:
    streets = await connection.execute(
        select(houses.c.locality, houses.c.street_kind, houses.c.street)
        .where(houses.c.company == company, there(houses))
        .distinct()
    )
    words = await connection.execute(
        select(directory_words.c.place, directory_words.c.word).where(directory_words.c.company == company)
    )
    names: dict[str, set[str]] = {place: set() for place in PLACES}
    for place, word in words.all():
        names.setdefault(place, set()).add(word)
    found = frozenset(Street(company, *row) for row in streets.all())
    return _OfCompany(version, found, tuple(frozenset(names[place]) for place in PLACES))
