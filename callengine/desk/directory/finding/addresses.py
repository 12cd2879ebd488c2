"""Houses and premises by an address as it was typed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.directory.finding.hits import Hit, HitKind
from callengine.desk.directory.tables import houses, premises
from callengine.desk.directory.typed.address import TypedAddress, read_address, without_flat
from callengine.desk.directory.typed.house_numbers import HouseNumber, closeness
from callengine.desk.directory.typed.vocabulary import Street, Streets, street_key
from callengine.desk.directory.visible import there
from callengine.desk.people.scope import Scope

_LEAST = 52.0
_STREETS = 8
_HOUSES = 60
_HOUSE_IS_RIGHT = 30.0
_FLAT_IS_RIGHT = 12.0
_NO_SUCH_FLAT = -14.0
_PARTS = ("number", "letter", "korpus", "building", "house_key")
_SHOWN = [houses.c[name] for name in ("id", "company", "locality", "street_kind", "street", "label", *_PARTS)]


@dataclass(frozen=True, slots=True)
class Meant:
    """A street that may be meant by one reading of what was typed; `names`: words that are left for a name."""

    street: Street
    address: TypedAddress
    score: float
    names: tuple[str, ...]


def streets_meant(texts: Sequence[str], streets: Streets) -> list[Meant]:
    """Best first. `texts` are the readings of the letters, likeliest first."""
    found: list[Meant] = []
    for rank, text in enumerate(texts):
        for address in _with_blocks(read_address(text)):
            words = address.words or address.after
            if not words:
                continue
            for one in streets.find(words, address.kinds):
                left = tuple(word for word in (*words, *_after(address)) if word not in one.used)
                score = one.score - 4.0 * address.doubt - 2.0 * rank
                found.append(Meant(one.street, address, score, tuple(dict.fromkeys(left))))
    good = [one for one in found if one.score >= _LEAST]
    good.sort(key=lambda one: -one.score)
    return good


def _after(address: TypedAddress) -> tuple[str, ...]:
    return address.after if address.words else ()


def _with_blocks(addresses: Iterable[TypedAddress]) -> Iterable[TypedAddress]:
    for one in addresses:
        yield one
        other = without_flat(one)
        if other is not None:
            yield other


@dataclass(frozen=True, slots=True)
class HouseMeant:
    """A house that fits, with the reading it fits."""

    hit: Hit
    meant: Meant


async def houses_meant(connection: AsyncConnection, scope: Scope, meant: Sequence[Meant]) -> list[HouseMeant]:
    """The houses on these streets whose number is the typed one, exactly; on a street alone its first houses."""
    keys = list(islice(dict.fromkeys(street_key(one.street.name) for one in meant), _STREETS))
    if not keys:
        return []
    best = [one for one in meant if street_key(one.street.name) in keys]
    rows = await connection.execute(
        select(*_SHOWN)
        .where(
            scope.clause(houses.c.company),
            houses.c.street_key.in_(keys),
            houses.c.left_at.is_(None),
            there(houses),
        )
        .order_by(houses.c.id)
    )
    of_street: dict[Street, list[Any]] = {}
    for row in rows.all():
        street = Street(row.company, row.locality, row.street_kind, row.street)
        of_street.setdefault(street, []).append(row)
    found = [
        HouseMeant(_house_hit(row, one.score + fits), one)
        for one in best
        for row, fits in _fitting(one.address.house, of_street.get(one.street, ()))
    ]
    found.sort(key=lambda one: -one.hit.score)
    return found[:_HOUSES]


def _fitting(typed: HouseNumber | None, rows: Sequence[Any]) -> Iterable[tuple[Any, float]]:
    if typed is None:
        in_order = sorted(rows, key=lambda row: (len(row.number), row.number, row.house_key))
        return [(row, -0.01 * place) for place, row in enumerate(in_order[:10])]
    found = []
    for row in rows:
        close = closeness(typed, HouseNumber(row.number, row.letter, row.korpus, row.building))
        if close is not None:
            found.append((row, _HOUSE_IS_RIGHT * close))
    return found


def _house_hit(row: Any, score: float) -> Hit:
    return Hit(HitKind.HOUSE, score, row.company, house_id=row.id, house=row.label)


async def premises_meant(
    connection: AsyncConnection, scope: Scope, found: Sequence[HouseMeant]
) -> list[HouseMeant]:
    """Where a flat was typed: that flat of each house, or the house, less likely, when it has none."""
    wanted = {one.meant.address.flat for one in found if one.meant.address.flat}
    if not wanted:
        return list(found)
    rows = await connection.execute(
        select(premises.c.id, premises.c.house_id, premises.c.number, premises.c.number_key).where(
            scope.clause(premises.c.company),
            premises.c.house_id.in_({one.hit.house_id for one in found}),
            premises.c.number_key.in_(wanted),
            there(premises),
        )
    )
    flats = {(row.house_id, row.number_key): row for row in rows.all()}
    return [_with_flat(one, flats) for one in found]


def _with_flat(one: HouseMeant, flats: dict[tuple[int, str], Any]) -> HouseMeant:
    wanted, hit = one.meant.address.flat, one.hit
    if not wanted or hit.house_id is None:
        return one
    row = flats.get((hit.house_id, wanted))
    if row is None:
        return HouseMeant(replace(hit, score=hit.score + _NO_SUCH_FLAT), one.meant)
    right = replace(
        hit, kind=HitKind.PREMISES, score=hit.score + _FLAT_IS_RIGHT, premises_id=row.id, flat=row.number
    )
    return HouseMeant(right, one.meant)
