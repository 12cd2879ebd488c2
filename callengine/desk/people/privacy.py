"""A resident's data: told to him in one export, and erased (152-FZ, articles 14 and 21).

Each subject that keeps something of residents registers a share: how it is told, and how it is erased without losing
figures or what the law wants kept. Ids of residents are the directory's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.people.rights import Right
from callengine.desk.people.scope import NotSeen, Scope
from callengine.desk.people.trail import record
from queues.terms.phone import Phone


@dataclass(frozen=True, slots=True)
class Erased:
    """What came of erasing one share."""

    rows: int
    """Changed or gone."""
    stays: Sequence[str] = ()
    """What is kept, and why: one sentence each."""


Told = Sequence[Mapping[str, Any]]
"""Records in words, as JSON takes them."""


@dataclass(frozen=True, slots=True)
class NumberShare:
    """The same for who is known by his number (E.164) only."""

    tell: Callable[[AsyncConnection, Scope, str], Awaitable[Told]]
    erase: Callable[[AsyncConnection, Scope, datetime, str], Awaitable[Erased]]


@dataclass(frozen=True, slots=True)
class Share:
    """What one subject keeps of a resident. Both functions raise NotSeen for a resident of another company."""

    subject: str
    """Its name in the export: directory, calls."""
    tell: Callable[[AsyncConnection, Scope, int], Awaitable[Told]]
    erase: Callable[[AsyncConnection, Scope, datetime, int], Awaitable[Erased]]
    of_number: NumberShare | None = None
    """What it keeps of a telephone number that it knows as no resident's."""


class Privacy:
    """The shares of all subjects; the directory's is first, for it knows who the resident is."""

    def __init__(self, shares: Sequence[Share]) -> None:
        names = [one.subject for one in shares]
        if len(names) != len(set(names)):
            raise ValueError(f"a subject registered twice: {names}")
        self._shares = tuple(shares)

    async def held(self, connection: AsyncConnection, scope: Scope, resident_id: int) -> dict[str, int]:
        """How many records each subject has of him. Raises NotSeen."""
        told = await self._told(connection, scope, resident_id)
        return {subject: len(records) for subject, records in told.items()}

    async def export(
        self, connection: AsyncConnection, scope: Scope, at: datetime, resident_id: int
    ) -> dict[str, Any]:
        """All that is kept of him; that it was told stands in the trail. Raises NotSeen."""
        told = await self._told(connection, scope, resident_id)
        await record(connection, scope, at, "exported", ("resident", resident_id))
        return {"resident": resident_id, "told_at": at.isoformat(), **told}

    async def erase(
        self, connection: AsyncConnection, scope: Scope, at: datetime, resident_id: int, reason: str
    ) -> dict[str, Erased]:
        """Erase it everywhere, in one transaction, the last registered first. Raises NotSeen."""
        await self._told(connection, scope, resident_id)
        done: dict[str, Erased] = {}
        for share in reversed(self._shares):
            done[share.subject] = await share.erase(connection, scope, at, resident_id)
        after = {"reason": reason, **{subject: one.rows for subject, one in done.items()}}
        await record(connection, scope, at, "erased", ("resident", resident_id), after=after)
        return done

    async def export_number(
        self, connection: AsyncConnection, scope: Scope, at: datetime, number: str
    ) -> dict[str, Any]:
        """What is kept of a number that is no known resident's. Raises NotSeen without the right."""
        _require(scope)
        told = {name: await share.tell(connection, scope, number) for name, share in self._of_numbers()}
        await record(connection, scope, at, "exported", ("number", Phone(number).masked))
        return {"number": number, "told_at": at.isoformat(), **told}

    async def erase_number(
        self, connection: AsyncConnection, scope: Scope, at: datetime, number: str, reason: str
    ) -> dict[str, Erased]:
        """Erase that, in one transaction; the trail has the number's last digits only. Raises NotSeen."""
        _require(scope)
        done = {name: await share.erase(connection, scope, at, number) for name, share in self._of_numbers()}
        after = {"reason": reason, **{subject: one.rows for subject, one in done.items()}}
        await record(connection, scope, at, "erased", ("number", Phone(number).masked), after=after)
        return done

    def _of_numbers(self) -> list[tuple[str, NumberShare]]:
        return [(one.subject, one.of_number) for one in self._shares if one.of_number is not None]

    async def _told(self, connection: AsyncConnection, scope: Scope, resident_id: int) -> dict[str, Told]:
        _require(scope)
        told = {one.subject: await one.tell(connection, scope, resident_id) for one in self._shares}
        if not any(told.values()):
            raise NotSeen
        return told


def _require(scope: Scope) -> None:
    if not scope.may(Right.PRIVACY):
        raise NotSeen
