"""Reads all that a card's form shows."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.agent_page.parts import Parts
from callengine.desk.agent_page.pops.pop import Earlier, matches_of
from callengine.desk.agent_page.pops.reading import house_now
from callengine.desk.cards.queries import (
    answers_before,
    card_of,
    last_contacts,
    nuisance_of,
    topic_of,
    topics_of,
)
from callengine.desk.cards.values import draft_of
from callengine.desk.directory.callers import who_may_be
from callengine.desk.directory.queries import resident_card
from callengine.desk.knowledge.topics.forms import Fault, form_of
from callengine.desk.people.rights import Right
from callengine.desk.people.scope import NotSeen, Scope


async def card_values(
    parts: Parts, connection: AsyncConnection, scope: Scope, card_id: int, faults: Mapping[str, Fault]
) -> dict[str, Any]:
    """For work/part_card.html. Raises NotSeen."""
    row = await card_of(connection, scope, card_id)
    topics = list(await topics_of(connection, scope, row["company"]))
    if row["topic_id"] is not None and row["topic_id"] not in {one["id"] for one in topics}:
        topics.append(await topic_of(connection, scope, row["topic_id"]))
    forms = {str(one["id"]): form_of(one["form"]) for one in topics}
    return {
        "card": row,
        "values": draft_of(row).values,
        "topics": topics,
        "forms": {topic: form for topic, form in forms.items() if form},
        "before": await answers_before(connection, scope, row),
        "faults": faults,
        "tab": f"form-{secrets.token_urlsafe(16)}",
        **await about_values(parts, connection, scope, row),
    }


async def about_values(
    parts: Parts, connection: AsyncConnection, scope: Scope, row: RowMapping
) -> dict[str, Any]:
    """For work/part_about.html: the house, who it may be, earlier contacts."""
    company, at = row["company"], parts.now()
    people = await who_may_be(connection, scope, company, row["number"]) if row["number"] else []
    if row["premises_id"] is not None:
        people = [one for one in people if one.premises_id == row["premises_id"]]
    elif row["house_id"] is not None:
        people = [one for one in people if one.house_id == row["house_id"]]
    # Of several premises none is anybody's yet: first it is said which.
    undecided = row["house_id"] is None and len(people) > 1
    house_id = row["house_id"]
    house = None
    if house_id is not None:
        house = await house_now(connection, scope, parts.knowledge, company, house_id, at)
    pinned = [] if house else await parts.knowledge.pinned(connection, scope, company, None, at)
    flats = [row["premises_id"]] if row["premises_id"] is not None else []
    earlier = await last_contacts(connection, scope, company, row["number"], flats, most=6)
    return {
        "matches": matches_of(people)[0] if row["checked_at"] is None and not undecided else (),
        "undecided": undecided and row["checked_at"] is None,
        "mark_errors": {},
        "mark_values": {"days": "7"},
        "person": await _person(connection, scope, row),
        "house": house,
        "pinned": pinned,
        "earlier": [
            Earlier(
                one["opened_at"],
                one["kind"],
                one["topic_ru"] or "",
                one["topic_en"] or "",
                one["settled"],
                one["closed_at"] is not None,
            )
            for one in earlier
            if one["id"] != row["id"]
        ][:5],
        "nuisance": await nuisance_of(connection, scope, company, row["number"], at),
        "may_mark": scope.may(Right.FLOOR_ACT),
    }


async def _person(connection: AsyncConnection, scope: Scope, row: RowMapping) -> Any:
    """Whom the agent has made sure of; nobody before that (P21)."""
    if row["checked_at"] is None or row["resident_id"] is None:
        return None
    try:
        return await resident_card(connection, scope, row["resident_id"])
    except NotSeen:
        return None
