"""What is written on calls, read: cards, topics, what nobody has finished, marks, notes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, RowMapping, Select, and_, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.cards.tables import cards, nuisance_marks, shift_notes, taken_over
from callengine.desk.cards.two_minutes import Contact
from callengine.desk.knowledge.topics.tables import topics
from callengine.desk.people.rights import Right
from callengine.desk.people.scope import NotSeen, Scope
from callengine.platform.language import Language

_MOST = 200


def own(scope: Scope) -> ColumnElement[bool]:
    """Cards that this person may open: his own, for who leads a shift those of all."""
    mine: ColumnElement[bool] = true() if scope.may(Right.FLOOR_SEE) else false()
    if scope.agent is not None:
        mine = or_(mine, cards.c.agent == scope.agent)
    return and_(scope.clause(cards.c.company), mine)


async def card_of(connection: AsyncConnection, scope: Scope, card_id: int) -> RowMapping:
    """Raises NotSeen."""
    found = await connection.execute(select(cards).where(cards.c.id == card_id, own(scope)))
    row = found.mappings().first()
    if row is None:
        raise NotSeen
    return row


async def card_of_call(connection: AsyncConnection, scope: Scope, call: str, agent: str) -> RowMapping | None:
    """The card that this agent has of this call."""
    found = await connection.execute(
        select(cards).where(cards.c.call == call, cards.c.agent == agent, own(scope))
    )
    return found.mappings().first()


async def unfinished(connection: AsyncConnection, scope: Scope, agent: str | None) -> Sequence[RowMapping]:
    """Cards that are not closed, of one agent or of all, the oldest first."""
    whose = true() if agent is None else cards.c.agent == agent
    found = await connection.execute(
        _with_topic()
        .where(cards.c.closed_at.is_(None), whose, own(scope))
        .order_by(cards.c.opened_at, cards.c.id)
        .limit(_MOST)
    )
    return found.mappings().all()


async def unfinished_of_all(connection: AsyncConnection, scope: Scope) -> Sequence[RowMapping]:
    """Cards of every agent that are not closed: what a shift hands to the next."""
    found = await connection.execute(
        _with_topic()
        .where(cards.c.closed_at.is_(None), scope.clause(cards.c.company))
        .order_by(cards.c.opened_at, cards.c.id)
        .limit(_MOST)
    )
    return found.mappings().all()


async def contacts_since(
    connection: AsyncConnection, scope: Scope, agent: str, since: datetime
) -> Sequence[RowMapping]:
    """What an agent spoke with people since then, the newest first."""
    found = await connection.execute(
        _with_topic()
        .where(cards.c.agent == agent, cards.c.opened_at >= since, own(scope))
        .order_by(cards.c.opened_at.desc(), cards.c.id.desc())
        .limit(_MOST)
    )
    return found.mappings().all()


async def last_contacts(
    connection: AsyncConnection,
    scope: Scope,
    company: str,
    number: str,
    premises: Sequence[int],
    most: int = 5,
) -> Sequence[RowMapping]:
    """Earlier cards of this number, or of these premises, with this company: the newest first."""
    same: list[ColumnElement[bool]] = [cards.c.premises_id.in_(premises)] if premises else []
    if number:
        same.append(cards.c.number == number)
    if not same:
        return []
    found = await connection.execute(
        _with_topic()
        .where(scope.clause(cards.c.company), cards.c.company == company, or_(*same))
        .order_by(cards.c.opened_at.desc(), cards.c.id.desc())
        .limit(most)
    )
    return found.mappings().all()


async def told_by_cards(
    connection: AsyncConnection,
    scope: Scope,
    between: tuple[datetime, datetime],
    most: int,
    *,
    topic: int | None = None,
    state: Literal["", "open", "closed", "settled", "none"] = "",
) -> list[str]:
    """The engine's ids of calls, callbacks and dials that have such a card, opened within that time; `most` at most."""
    of = cards.c
    asked = (
        select(of.call)
        .where(scope.clause(of.company), of.opened_at >= between[0], of.opened_at < between[1])
        .distinct()
        .limit(most)
    )
    if topic is not None:
        asked = asked.where(of.topic_id == topic)
    if state in {"closed", "settled"}:
        asked = asked.where(of.closed_at.is_not(None))
    if state == "open":
        asked = asked.where(of.closed_at.is_(None))
    if state == "settled":
        asked = asked.where(of.settled)
    return list((await connection.execute(asked)).scalars())


async def newest_card(connection: AsyncConnection, scope: Scope) -> datetime | None:
    """When the newest was opened; None: there is none."""
    found: datetime | None = await connection.scalar(
        select(cards.c.opened_at)
        .where(scope.clause(cards.c.company))
        .order_by(cards.c.opened_at.desc())
        .limit(1)
    )
    return found


async def with_a_card(
    connection: AsyncConnection, scope: Scope, calls: Sequence[str]
) -> frozenset[tuple[str, str]]:
    """Of these calls, with the agent whose card it is."""
    found = await connection.execute(
        select(cards.c.call, cards.c.agent).where(scope.clause(cards.c.company), cards.c.call.in_(calls))
    )
    return frozenset((row.call, row.agent) for row in found)


async def cards_of(connection: AsyncConnection, scope: Scope, calls: Sequence[str]) -> Sequence[RowMapping]:
    """What was written on these calls, callbacks and dials, by the order of their opening."""
    found = await connection.execute(
        _with_topic()
        .where(scope.clause(cards.c.company), cards.c.call.in_(calls))
        .order_by(cards.c.opened_at, cards.c.id)
    )
    return found.mappings().all()


async def topics_of(connection: AsyncConnection, scope: Scope, company: str) -> Sequence[RowMapping]:
    """What a call of this company can be about: its own topics before those of all."""
    scope.require(company)
    found = await connection.execute(
        select(topics)
        .where(
            or_(topics.c.company == company, topics.c.company.is_(None)),
            topics.c.on_cards,
            topics.c.retired_at.is_(None),
        )
        .order_by(topics.c.company.is_(None), topics.c.position, topics.c.id)
    )
    return found.mappings().all()


async def topic_of(connection: AsyncConnection, scope: Scope, topic_id: int) -> RowMapping:
    """Also a retired one. Raises NotSeen."""
    found = await connection.execute(
        select(topics).where(topics.c.id == topic_id, scope.clause(topics.c.company, with_common=True))
    )
    row = found.mappings().first()
    if row is None:
        raise NotSeen
    return row


async def answers_before(connection: AsyncConnection, scope: Scope, row: RowMapping) -> dict[str, str]:
    """What was answered to the same topic for the same premises the last time: what readings are measured against."""
    if row["premises_id"] is None or row["topic_id"] is None:
        return {}
    found = await connection.scalar(
        select(cards.c.answers)
        .where(
            scope.clause(cards.c.company),
            cards.c.premises_id == row["premises_id"],
            cards.c.topic_id == row["topic_id"],
            cards.c.closed_at.is_not(None),
            cards.c.id != row["id"],
            cards.c.opened_at <= row["opened_at"],
        )
        .order_by(cards.c.opened_at.desc())
        .limit(1)
    )
    return dict(json.loads(found)) if found else {}


async def nuisance_of(
    connection: AsyncConnection, scope: Scope, company: str, number: str, at: datetime
) -> RowMapping | None:
    """The mark that this number has now with this company."""
    if not number:
        return None
    found = await connection.execute(
        select(nuisance_marks)
        .where(
            scope.clause(nuisance_marks.c.company),
            nuisance_marks.c.company == company,
            nuisance_marks.c.number == number,
            nuisance_marks.c.until > at,
            nuisance_marks.c.lifted_at.is_(None),
        )
        .order_by(nuisance_marks.c.until.desc())
        .limit(1)
    )
    return found.mappings().first()


async def nuisances(connection: AsyncConnection, scope: Scope, at: datetime) -> Sequence[RowMapping]:
    """All marks that hold now."""
    found = await connection.execute(
        select(nuisance_marks)
        .where(
            scope.clause(nuisance_marks.c.company),
            nuisance_marks.c.until > at,
            nuisance_marks.c.lifted_at.is_(None),
        )
        .order_by(nuisance_marks.c.until)
    )
    return found.mappings().all()


async def notes_since(connection: AsyncConnection, scope: Scope, since: datetime) -> Sequence[RowMapping]:
    """What shifts have told each other, the newest first."""
    found = await connection.execute(
        select(shift_notes)
        .where(shift_notes.c.written_at >= since, scope.clause(shift_notes.c.company, with_common=True))
        .order_by(shift_notes.c.written_at.desc(), shift_notes.c.id.desc())
        .limit(_MOST)
    )
    return found.mappings().all()


async def who_took(
    connection: AsyncConnection, scope: Scope, things: Sequence[str]
) -> Mapping[str, RowMapping]:
    """By thing: who took it over and when. `things` are named by whoever sees them, which the scope has let him."""
    del scope
    found = await connection.execute(select(taken_over).where(taken_over.c.thing.in_(things)))
    return {row["thing"]: row for row in found.mappings()}


async def contacts_between(
    connection: AsyncConnection,
    scope: Scope,
    since: datetime,
    until: datetime,
    *,
    company: str = "",
    language: Language = "ru",
) -> list[Contact]:
    """Cards opened within that time, as they count for the two minutes (P36); topics in this language."""
    of = cards.c
    topic = topics.c.name_ru if language == "ru" else topics.c.name_en
    asked = (
        select(of.company, topic.label("topic"), of.agent, of.kind, of.answered_at, of.closed_at, of.settled)
        .outerjoin(topics, topics.c.id == of.topic_id)
        .where(scope.clause(of.company), of.opened_at >= since, of.opened_at < until)
    )
    if company:
        asked = asked.where(of.company == company)
    found = await connection.execute(asked)
    return [
        Contact(
            row.company, row.topic or "", row.agent, row.kind, row.answered_at, row.closed_at, row.settled
        )
        for row in found
    ]


def _with_topic() -> Select[*tuple[Any, ...]]:
    return select(cards, topics.c.name_ru.label("topic_ru"), topics.c.name_en.label("topic_en")).outerjoin(
        topics, topics.c.id == cards.c.topic_id
    )
