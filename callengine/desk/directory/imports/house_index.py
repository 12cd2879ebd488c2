"""The houses of one company by their address, those that a load would add among them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.directory.imports.rows import Row
from callengine.desk.directory.records import House
from callengine.desk.directory.tables import houses
from callengine.desk.directory.typed.house_numbers import HouseNumber
from callengine.desk.directory.typed.letters import folded
from callengine.desk.directory.visible import there


class Ambiguous(Exception):
    """Several houses have this address: the kind of street or the place is missing."""


@dataclass(frozen=True, slots=True)
class _Known:
    house: int
    kind: str
    locality: str


class HouseIndex:
    """A house that is not there yet has a negative number until it is written."""

    def __init__(self, company: str) -> None:
        self._company = company
        self._known: dict[tuple[str, str], list[_Known]] = {}
        self.new: dict[int, House] = {}

    async def read(self, connection: AsyncConnection) -> None:
        """Those that are there."""
        rows = await connection.execute(
            select(
                houses.c.id,
                houses.c.street_key,
                houses.c.house_key,
                houses.c.street_kind,
                houses.c.locality,
            ).where(houses.c.company == self._company, houses.c.left_at.is_(None), there(houses))
        )
        for identity, street, number, kind, locality in rows.all():
            self._known.setdefault((street, number), []).append(_Known(identity, kind, folded(locality)))

    def find_or_add(self, row: Row) -> int:
        """Raises Ambiguous."""
        known = self._known.setdefault((row.street_key, row.house_key), [])
        locality = folded(row.locality)
        fitting = [
            one
            for one in known
            if (not row.street_kind or not one.kind or one.kind == row.street_kind)
            and (not locality or not one.locality or one.locality == locality)
        ]
        if len(fitting) > 1:
            exact = [one for one in fitting if (one.kind, one.locality) == (row.street_kind, locality)]
            if len(exact) != 1:
                raise Ambiguous
            fitting = exact
        if fitting:
            return fitting[0].house
        token = -1 - len(self.new)
        known.append(_Known(token, row.street_kind, locality))
        self.new[token] = House(
            self._company, row.street, HouseNumber(*row.house), row.street_kind, row.locality
        )
        return token
