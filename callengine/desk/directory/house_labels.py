"""Every house by its address, for subjects that name houses."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.directory.tables import houses
from callengine.desk.directory.visible import there
from callengine.desk.people.scope import Scope


class HouseLabels:
    """Houses that are served."""

    async def labels(self, connection: AsyncConnection, scope: Scope) -> Mapping[int, tuple[str, str]]:
        """Of those that he sees: the company and the address, by id."""
        rows = await connection.execute(
            select(houses.c.id, houses.c.company, houses.c.label).where(
                scope.clause(houses.c.company), houses.c.left_at.is_(None), there(houses)
            )
        )
        return {house: (company, label) for house, company, label in rows.all()}
