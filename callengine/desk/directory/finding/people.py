"""Residents by their names, anywhere or in the houses that were meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.directory.finding.addresses import HouseMeant
from callengine.desk.directory.finding.hits import Hit, HitKind
from callengine.desk.directory.tables import houses, premises, residencies, residents
from callengine.desk.directory.typed.vocabulary import Words
from callengine.desk.directory.visible import there
from callengine.desk.people.scope import Scope

Likes = Mapping[str, float]
WordLikes = tuple[Likes, Likes, Likes]
"""What one typed word may be: as a surname, a given name, a patronymic."""
_WORDS = 3
_HOUSES = 16
_LEFT_NAMES = 2
_LIKES = 8
_FARTHER = 25.0
"""A spelling that is so much farther than the nearest one is not meant."""
_INITIAL = 75.0
_ROWS = 40
_NAME_IS_RIGHT = 0.2
_COMPANY = func.coalesce(residents.c.company, "")
"""Not to be found by: SQLite would read all of a company's residents instead of those of a name."""
_COLUMNS = (residents.c.surname_key, residents.c.given_key, residents.c.patronymic_key)
_ORDERS: Mapping[int, tuple[tuple[int, ...], ...]] = {
    2: ((0, 1), (1, 0), (1, 2)),
    3: ((0, 1, 2), (1, 2, 0)),
}
"""In which columns two or three typed words stand: surname and name, name and surname, name and patronymic, …"""


def likes_of(words: Sequence[str], names: Sequence[Words]) -> list[WordLikes] | None:
    """For each word the names that may be meant, an initial standing for itself; None when one word means no name."""
    found: list[WordLikes] = []
    if not any(len(word) > 1 for word in words):
        return None
    for word in words[:_WORDS]:
        if len(word) == 1:
            found.append(({word: _INITIAL}, {word: _INITIAL}, {word: _INITIAL}))
            continue
        likes = [known.like(word) for known in names]
        best = max((score for one in likes for score in one.values()), default=None)
        if best is None:
            return None
        surname, given, patronymic = (_nearest(one, best - _FARTHER) for one in likes)
        found.append((surname, given, patronymic))
    return found


def _nearest(likes: Likes, least: float) -> Likes:
    best = sorted(likes.items(), key=lambda one: -one[1])[:_LIKES]
    return {name: score for name, score in best if score >= least}


async def people_named(connection: AsyncConnection, scope: Scope, likes: Sequence[WordLikes]) -> list[Hit]:
    """Everybody of these names, best first, each with one of his premises."""
    ways = [
        select(residents.c.id, residents.c.company, residents.c.full_name, *_COLUMNS)
        .where(scope.clause(_COMPANY), where, there(residents))
        .limit(_ROWS)
        .subquery()
        for where in _ways(likes)
    ]
    if not ways:
        return []
    rows = await connection.execute(union_all(*(select(way) for way in ways)))
    found: dict[int, tuple[float, Any]] = {}
    for row in rows.all():
        if row.id not in found:
            score = _likeness(likes, (row.surname_key, row.given_key, row.patronymic_key))
            if score:
                found[row.id] = (score, row)
    best = sorted(found.values(), key=lambda one: (-one[0], one[1].full_name, one[1].id))[:20]
    return await _with_premises(connection, scope, best)


def _ways(likes: Sequence[WordLikes]) -> list[ColumnElement[bool]]:
    """Conditions that an index answers; of a single word the nearest names alone first, lest others fill the list."""
    if len(likes) == 1:
        return [
            _is_like(_COLUMNS[at], {name: score for name, score in one.items() if (score == top) is first})
            for at, one in enumerate(likes[0][:2])
            for top in [max(one.values(), default=0.0)]
            for first in (True, False)
            if any((score == top) is first for score in one.values())
        ]
    found = []
    for columns in _ORDERS[len(likes)]:
        wanted = {at: like[at] for at, like in zip(columns, likes, strict=True)}
        leading = wanted[min(columns)]
        if all(wanted.values()) and len(next(iter(leading))) > 1:
            found.append(and_(*(_is_like(_COLUMNS[at], like) for at, like in wanted.items())))
    return found


def _is_like(column: ColumnElement[str], likes: Likes) -> ColumnElement[bool]:
    first = next(iter(likes))
    return func.substr(column, 1, 1) == first if len(first) == 1 else column.in_(list(likes))


def _likeness(likes: Sequence[WordLikes], keys: Sequence[str]) -> float:
    """How well these names are the typed ones; 0 when a typed word is none of them."""
    left = [at for at, key in enumerate(keys) if key]
    total = 0.0
    for like in likes:
        best, own = 0.0, -1
        for at in left:
            score = like[at].get(keys[at]) or like[at].get(keys[at][0], 0.0)
            if score > best:
                best, own = score, at
        if own < 0:
            return 0.0
        left.remove(own)
        total += best
    return total / len(likes)


async def _with_premises(
    connection: AsyncConnection, scope: Scope, people: Sequence[tuple[float, Any]]
) -> list[Hit]:
    rows = await connection.execute(
        select(residencies.c.resident_id, premises.c.id, premises.c.number, houses.c.id, houses.c.label)
        .join(premises, premises.c.id == residencies.c.premises_id)
        .join(houses, houses.c.id == premises.c.house_id)
        .where(
            scope.clause(residencies.c.company),
            residencies.c.resident_id.in_([row.id for _, row in people]),
            there(residencies),
            there(premises),
        )
        .order_by(residencies.c.row)
    )
    homes: dict[int, tuple[int, str, int, str]] = {}
    for resident, *home in rows.all():
        homes.setdefault(resident, tuple(home))
    found = []
    for score, row in people:
        premises_id, flat, house_id, house = homes.get(row.id, (None, "", None, ""))
        found.append(
            Hit(
                HitKind.RESIDENT,
                score,
                row.company,
                house_id,
                premises_id,
                row.id,
                house,
                flat,
                row.full_name,
            )
        )
    return found


async def people_there(
    connection: AsyncConnection,
    scope: Scope,
    found: Sequence[HouseMeant],
    known: Sequence[Words],
) -> list[Hit]:
    """Residents of these houses (or flats) with the names that were typed beside the address."""
    hits: list[Hit] = []
    for names in islice(dict.fromkeys(one.meant.names for one in found if one.meant.names), _LEFT_NAMES):
        likes = likes_of(names, known)
        if likes is None:
            continue
        wanted = [sorted(name for like in likes for name in like[at] if len(name) > 1) for at in range(3)]
        of = {one.hit.house_id: one for one in reversed(found) if one.meant.names == names}
        rows = await connection.execute(
            select(
                residents.c.id,
                residents.c.company,
                residents.c.full_name,
                *_COLUMNS,
                premises.c.id.label("premises_id"),
                premises.c.house_id,
                premises.c.number,
            )
            .join(residencies, residencies.c.premises_id == premises.c.id)
            .join(residents, residents.c.id == residencies.c.resident_id)
            .where(
                scope.clause(premises.c.company),
                premises.c.house_id.in_(list(of)[:_HOUSES]),
                or_(*(column.in_(some) for column, some in zip(_COLUMNS, wanted, strict=True))),
                there(premises),
                there(residencies),
                there(residents),
            )
        )
        for row in rows.all():
            near = of[row.house_id]
            if near.hit.premises_id not in (None, row.premises_id):
                continue
            likeness = _likeness(likes, (row.surname_key, row.given_key, row.patronymic_key))
            if likeness:
                score = near.hit.score + 6.0 * len(names) + _NAME_IS_RIGHT * likeness
                hits.append(
                    Hit(
                        HitKind.RESIDENT,
                        score,
                        row.company,
                        row.house_id,
                        row.premises_id,
                        row.id,
                        near.hit.house,
                        row.number,
                        row.full_name,
                    )
                )
    return hits
