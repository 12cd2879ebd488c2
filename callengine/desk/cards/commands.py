"""What is written on calls, changed: each change of a state with its row in the trail, in the same transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.cards.drafts import Kept, Sent, keep, written_as_text
from callengine.desk.cards.queries import answers_before, card_of, own, topic_of
from callengine.desk.cards.tables import cards, taken_over
from callengine.desk.cards.values import (
    Opening,
    Place,
    columns_of,
    draft_of,
    faults_of_card,
    place_of,
)
from callengine.desk.directory.commands.bookkeeping import as_it_is
from callengine.desk.directory.queries import premises_of
from callengine.desk.directory.tables import houses
from callengine.desk.knowledge.topics.forms import Fault, form_of
from callengine.desk.people.scope import NotSeen, Scope
from callengine.desk.people.trail import record


class CardClosed(Exception):
    """It was closed meanwhile: what is typed now needs it opened again."""


async def open_card(connection: AsyncConnection, scope: Scope, at: datetime, opening: Opening) -> int:
    """The card of this conversation; the one that is there already when it was told before."""
    scope.require(opening.company)
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgres_insert
    made = await connection.execute(
        insert(cards)
        .values(
            company=opening.company,
            kind=opening.kind,
            call=opening.call,
            agent=opening.agent,
            number=opening.number,
            line=opening.line,
            purpose=opening.purpose,
            opened_at=at,
            answered_at=opening.answered_at,
            changed_at=at,
            **await _place_columns(connection, scope, place_of(opening.place), opening.company),
        )
        .on_conflict_do_nothing(index_elements=["call", "agent"])
    )
    found = await connection.execute(
        select(cards.c.id).where(cards.c.call == opening.call, cards.c.agent == opening.agent)
    )
    card_id = int(found.scalar_one())
    if made.rowcount == 1:
        await record(connection, scope, at, "opened", ("card", card_id), company=opening.company)
    return card_id


async def conversation_ended(connection: AsyncConnection, scope: Scope, at: datetime, call: str) -> None:
    """The telephone is down; its cards stay open until their agents close them."""
    await connection.execute(
        cards.update()
        .where(cards.c.call == call, cards.c.ended_at.is_(None), scope.clause(cards.c.company))
        .values(ended_at=at)
    )


async def keep_draft(
    connection: AsyncConnection, scope: Scope, at: datetime, card_id: int, sent: Sent
) -> tuple[RowMapping, Kept]:
    """What a tab has typed: the card as it is now, and what was in conflict. Raises NotSeen, CardClosed."""
    row = await _for_change(connection, scope, card_id)
    kept = keep(draft_of(row), sent)
    if row["closed_at"] is not None and (kept.draft.version != row["version"] or kept.conflicts):
        raise CardClosed
    if kept.draft.version != row["version"]:
        changes = {
            **columns_of(kept.draft.values),
            "version": kept.draft.version,
            "written": written_as_text(kept.draft.written),
            "changed_at": at,
        }
        if kept.draft.written.get("place") != draft_of(row).written.get("place"):
            place = place_of(kept.draft.values.get("place", ""))
            changes.update(await _place_columns(connection, scope, place, row["company"]))
        await connection.execute(cards.update().where(cards.c.id == card_id).values(**changes))
        row = await card_of(connection, scope, card_id)
    return row, kept


async def set_place(
    connection: AsyncConnection, scope: Scope, at: datetime, card_id: int, place: Place
) -> RowMapping:
    """As chosen in the pop by a digit. Raises NotSeen."""
    row = await _for_change(connection, scope, card_id)
    columns = await _place_columns(connection, scope, place, row["company"])
    await connection.execute(
        cards.update()
        .where(cards.c.id == card_id)
        .values(**columns, version=row["version"] + 1, changed_at=at)
    )
    return await card_of(connection, scope, card_id)


async def mark_checked(
    connection: AsyncConnection, scope: Scope, at: datetime, card_id: int, resident_id: int
) -> None:
    """The agent has made sure who it is (P21). Raises NotSeen."""
    row = await _for_change(connection, scope, card_id)
    await connection.execute(
        cards.update().where(cards.c.id == card_id).values(checked_at=at, resident_id=resident_id)
    )
    after = {"resident": resident_id}
    await record(
        connection, scope, at, "checked", ("card", card_id), company=row["company"], before={}, after=after
    )


async def close_card(
    connection: AsyncConnection, scope: Scope, at: datetime, card_id: int
) -> tuple[RowMapping, dict[str, Fault]]:
    """The card as it is now, and by field what keeps it open; none: it is closed. Raises NotSeen."""
    row = await _for_change(connection, scope, card_id)
    if row["closed_at"] is not None:
        return row, {}
    form = form_of((await topic_of(connection, scope, row["topic_id"]))["form"]) if row["topic_id"] else ()
    faults = faults_of_card(row, form, await answers_before(connection, scope, row))
    if faults:
        return row, faults
    await connection.execute(
        cards.update()
        .where(cards.c.id == card_id)
        .values(closed_at=at, closed_by=scope.name, changed_at=at, version=row["version"] + 1)
    )
    after = {"topic": row["topic_id"], "settled": row["settled"], "place": row["place"]}
    await record(
        connection, scope, at, "closed", ("card", card_id), company=row["company"], before={}, after=after
    )
    return await card_of(connection, scope, card_id), {}


async def reopen_card(connection: AsyncConnection, scope: Scope, at: datetime, card_id: int) -> None:
    """To write something more. Raises NotSeen."""
    row = await _for_change(connection, scope, card_id)
    if row["closed_at"] is None:
        return
    await connection.execute(
        cards.update()
        .where(cards.c.id == card_id)
        .values(closed_at=None, closed_by=None, changed_at=at, version=row["version"] + 1)
    )
    before, after = {"closed_at": row["closed_at"]}, {"closed_at": None}
    await record(
        connection,
        scope,
        at,
        "reopened",
        ("card", card_id),
        company=row["company"],
        before=before,
        after=after,
    )


async def take_over(connection: AsyncConnection, scope: Scope, at: datetime, thing: str) -> bool:
    """By name, what is open of a shift that goes (P33); False: somebody was faster.

    `thing` is kind:id. A card becomes his who took it, where he is an agent. Raises NotSeen.
    """
    kind, _, identity = thing.partition(":")
    card = await _card_in_scope(connection, scope, identity) if kind == "card" else None
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgres_insert
    made = await connection.execute(
        insert(taken_over)
        .values(thing=thing, taken_at=at, taken_by=scope.name, account_id=scope.account_id)
        .on_conflict_do_nothing(index_elements=["thing"])
    )
    if made.rowcount != 1:
        return False
    if card is not None and scope.agent is not None and not await _has_one(connection, scope, card["call"]):
        await connection.execute(
            cards.update().where(cards.c.id == card["id"]).values(agent=scope.agent, changed_at=at)
        )
    await record(connection, scope, at, "taken over", (kind, identity))
    return True


async def _card_in_scope(connection: AsyncConnection, scope: Scope, identity: str) -> RowMapping:
    """Whosever it is."""
    if not identity.isdecimal():
        raise NotSeen
    found = await connection.execute(
        select(cards).where(cards.c.id == int(identity), scope.clause(cards.c.company))
    )
    row = found.mappings().first()
    if row is None:
        raise NotSeen
    return row


async def _has_one(connection: AsyncConnection, scope: Scope, call: str) -> bool:
    """Whether he has a card of that call already: who took a call over has one of his own."""
    found = await connection.scalar(
        select(cards.c.id).where(cards.c.call == call, cards.c.agent == scope.agent)
    )
    return found is not None


async def _for_change(connection: AsyncConnection, scope: Scope, card_id: int) -> RowMapping:
    found = await connection.execute(select(cards).where(cards.c.id == card_id, own(scope)).with_for_update())
    row = found.mappings().first()
    if row is None:
        raise NotSeen
    return row


async def _place_columns(
    connection: AsyncConnection, scope: Scope, place: Place, company: str
) -> Mapping[str, Any]:
    """Premises of another company than the call's are none: what was typed stays as text."""
    if place.premises_id is not None:
        flat = await premises_of(connection, scope, place.premises_id)
        if flat["company"] != company:
            raise NotSeen
        number = f"кв. {flat['number']}" if flat["kind"] == "flat" else flat["number"]
        label = f"{flat['house']}, {number}" if flat["number"] else flat["house"]
        return _columns(flat["house_id"], place, label)
    if place.house_id is not None:
        house = await as_it_is(connection, scope, houses, place.house_id)
        if house["company"] != company:
            raise NotSeen
        return _columns(place.house_id, place, house["label"])
    return _columns(None, place, place.text)


def _columns(house_id: int | None, place: Place, label: str) -> Mapping[str, Any]:
    return {
        "house_id": house_id,
        "premises_id": place.premises_id,
        "resident_id": place.resident_id,
        "place": label[:300],
    }


def answers_of(row: RowMapping) -> dict[str, str]:
    """What was typed into the topic's form."""
    return dict(json.loads(row["answers"]))
