"""One search: "ленина 5 12", "ул. Ленена, д. 5к2 кв. 12", "иванова ленина 5", "45-67", "Ghbdtn"."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.directory.finding.addresses import houses_meant, premises_meant, streets_meant
from callengine.desk.directory.finding.hits import Hit
from callengine.desk.directory.finding.numbers import by_digits
from callengine.desk.directory.finding.people import likes_of, people_named, people_there
from callengine.desk.directory.finding.vocabularies import Vocabularies
from callengine.desk.directory.typed.letters import readings
from callengine.desk.directory.typed.names import name_words
from callengine.desk.directory.typed.phones import typed_digits
from callengine.desk.directory.typed.vocabulary import Words
from callengine.desk.people.scope import Scope

_SURE = 90.0
"""Of a name that fits so well nobody is sought who lives in a street that is a little like it."""
LONGEST = 120
"""Characters of a search that are read."""


class DirectorySearch:
    """One for the process: it remembers the words of streets and names."""

    def __init__(self) -> None:
        self._vocabularies = Vocabularies()

    async def find(self, connection: AsyncConnection, scope: Scope, typed: str, limit: int = 10) -> list[Hit]:
        """What may be meant, best first, of what the scope sees; empty when nothing is like it."""
        text = typed[:LONGEST]
        digits = typed_digits(text)
        if digits is not None:
            numbers = await by_digits(connection, scope, digits)
            if numbers:
                return _best(numbers, limit)
        known = await self._vocabularies.of(connection, scope)
        texts = readings(text)
        meant = streets_meant(texts, known.streets)
        there = await premises_meant(connection, scope, await houses_meant(connection, scope, meant))
        found = [one.hit for one in there]
        people: list[Hit] = []
        if not any(char.isdigit() for char in text):
            people = await _by_name(connection, scope, texts, known.names)
        if not any(one.score > _SURE for one in people):
            people += await people_there(connection, scope, there, known.names)
        found += people
        return _best(found, limit)


async def _by_name(
    connection: AsyncConnection, scope: Scope, texts: Sequence[str], known: Sequence[Words]
) -> list[Hit]:
    found: list[Hit] = []
    for text in texts:
        words = name_words(text)
        likes = likes_of(words, known) if words else None
        if likes is not None:
            found += await people_named(connection, scope, likes)
    return found


def _best(hits: Sequence[Hit], limit: int) -> list[Hit]:
    """Each thing once, at its best."""
    found: dict[object, Hit] = {}
    for hit in sorted(hits, key=lambda one: -one.score):
        found.setdefault(hit.identity, hit)
    return list(found.values())[:limit]
