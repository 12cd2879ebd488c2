"""Reads what a pop shows: a few statements by index in one transaction, while the call still waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.agent_page.pops.pop import (
    Earlier,
    HouseNow,
    Pinned,
    Prepared,
    house_meant,
    matches_of,
)
from callengine.desk.cards.queries import last_contacts, nuisance_of
from callengine.desk.directory.callers import device_calling, who_may_be
from callengine.desk.directory.commands.bookkeeping import as_it_is
from callengine.desk.directory.tables import houses
from callengine.desk.directory.typed.phones import read_phone
from callengine.desk.people.scope import NotSeen, Scope


class Knowledge(Protocol):
    """Articles that are pinned to a house, or to a company when no house is known."""

    async def pinned(
        self, connection: AsyncConnection, scope: Scope, company: str, house_id: int | None, at: datetime
    ) -> Sequence[Pinned]:
        """In their order; those that hold now."""


def e164_of(number: str) -> str:
    """As the directory has numbers; what is no number of the country stays as it is."""
    return read_phone(number).e164 or number


async def prepare(
    connection: AsyncConnection, scope: Scope, knowledge: Knowledge, company: str, number: str, at: datetime
) -> Prepared:
    """What is known of a caller. A company that the scope does not see gives nothing."""
    if not scope.sees(company):
        return Prepared()
    known = e164_of(number) if number else ""
    people = await who_may_be(connection, scope, company, known) if known else []
    device = await device_calling(connection, scope, company, known) if known and not people else None
    matches, more = matches_of(people)
    mark = await nuisance_of(connection, scope, company, known, at)
    flats = sorted({one.premises_id for one in people if one.premises_id is not None})
    earlier = await last_contacts(connection, scope, company, known, flats)
    meant = house_meant(people, device)
    house = await house_now(connection, scope, knowledge, company, meant, at) if meant is not None else None
    pinned = () if house is not None else await knowledge.pinned(connection, scope, company, None, at)
    return Prepared(
        matches,
        more,
        device,
        house,
        tuple(
            Earlier(
                row["opened_at"],
                row["kind"],
                row["topic_ru"] or "",
                row["topic_en"] or "",
                row["settled"],
                row["closed_at"] is not None,
            )
            for row in earlier
        ),
        mark["reason"] if mark is not None else "",
        pinned,
    )


async def house_now(
    connection: AsyncConnection,
    scope: Scope,
    knowledge: Knowledge,
    company: str,
    house_id: int,
    at: datetime,
) -> HouseNow | None:
    """The house's card; None where there is no such house for the scope."""
    try:
        row = await as_it_is(connection, scope, houses, house_id)
    except NotSeen:
        return None
    pinned = await knowledge.pinned(connection, scope, company, house_id, at)
    return HouseNow(
        house_id, row["label"], row["notes"], row["entrances"], row["floors"], row["lifts"], tuple(pinned)
    )
