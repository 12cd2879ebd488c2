"""Residents by their names, anywhere or in the houses that were meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.directory.finding.addresses import HouseMeant
from callengine.desk.directory.finding.hits import Hit, HitKind
from callengine.desk.directory.finding.vocabularies import Vocabulary
from callengine.desk.directory.tables import houses, premises, residencies, residents
from callengine.desk.directory.visible import there
from callengine.desk.people.scope import Scope

Likes = Mapping[str, float]
_WORDS = 3
_ROWS = 60
_NAME_IS_RIGHT = 0.2
_COLUMNS = (residents.c.surname_key, residents.c.given_key, residents.c.patronymic_key)
_PLACES: Mapping[int, tuple[tuple[int, ...], ...]] = {
    1: ((0,), (1,)),
    2: ((0, 1), (1, 2), (0, 2)),
    3: ((0, 1, 2),),
}
"""Which columns one, two, three words may stand in, whatever their order."""


def likes_of(words: Sequence[str], vocabularies: Sequence[Vocabulary]) -> list[Likes] | None:
    """For each word the names that may be meant, an initial standing for itself; None when one word means no name."""
    found: list[Likes] = []
    for word in words[:_WORDS]:
        if len(word) == 1:
            found.append({word: 75.0})
            continue
        likes: dict[str, float] = {}
        for vocabulary in vocabularies:
            for name, score in vocabulary.names.like(word).items():
                likes[name] = max(score, likes.get(name, 0.0))
        if not likes:
            return None
        best = sorted(likes.items(), key=lambda one: -one[1])[:12]
        found.append(dict(best))
    return found or None


async def people_named(connection: AsyncConnection, scope: Scope, likes: Sequence[Likes]) -> list[Hit]:
    """Everybody of these names, best first, each with one of his premises."""
    found: dict[int, tuple[float, Any]] = {}
    for where in _ways(likes):
        rows = await connection.execute(
            select(residents.c.id, residents.c.company, residents.c.full_name, *_COLUMNS)
            .where(scope.clause(residents.c.company), where, there(residents))
            .limit(_ROWS)
        )
        for row in rows.all():
            score = _likeness(likes, (row.surname_key, row.given_key, row.patronymic_key))
            if score > found.get(row.id, (0.0, row))[0]:
                found[row.id] = (score, row)
        if len(found) >= _ROWS:
            break
    best = sorted(found.values(), key=lambda one: (-one[0], one[1].full_name, one[1].id))[:20]
    return await _with_premises(connection, scope, best)


def _ways(likes: Sequence[Likes]) -> list[ColumnElement[bool]]:
    """Conditions that an index answers, likeliest first."""
    if len(likes) == 1:
        return [_is_like(_COLUMNS[at], {name: score}) for at in (0, 1) for name, score in likes[0].items()]
    found = []
    for columns in _PLACES[len(likes)]:
        for order in permutations(likes):
            if len(next(iter(order[0]))) > 1:
                pairs = zip(columns, order, strict=True)
                found.append(and_(*(_is_like(_COLUMNS[at], like) for at, like in pairs)))
    return found


def _is_like(column: ColumnElement[str], likes: Likes) -> ColumnElement[bool]:
    first = next(iter(likes))
    return func.substr(column, 1, 1) == first if len(first) == 1 else column.in_(list(likes))


def _likeness(likes: Sequence[Likes], keys: Sequence[str]) -> float:
    """How well these names are the typed ones; 0 when a typed word is none of them."""
    best = 0.0
    for order in permutations([key for key in keys if key], min(len(likes), sum(map(bool, keys)))):
        scores = [
            like.get(key, 75.0 if key[0] in like else 0.0) for like, key in zip(likes, order, strict=False)
        ]
        if len(scores) == len(likes) and min(scores, default=0.0) > 0:
            best = max(best, sum(scores) / len(scores))
    return best


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
    vocabularies: Sequence[Vocabulary],
) -> list[Hit]:
    """Residents of these houses (or flats) with the names that were typed beside the address."""
    hits: list[Hit] = []
    for names in dict.fromkeys(one.meant.names for one in found if one.meant.names):
        likes = likes_of(names, vocabularies)
        if likes is None:
            continue
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
                premises.c.house_id.in_(list(of)[:20]),
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
