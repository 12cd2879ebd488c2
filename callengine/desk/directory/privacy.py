"""What the directory keeps of a resident: told to him, and erased."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.directory.commands.bookkeeping import as_it_is
from callengine.desk.directory.queries import resident_card
from callengine.desk.directory.tables import (
    consents,
    last_contacts,
    residencies,
    resident_phones,
    residents,
)
from callengine.desk.people.privacy import Erased, Share, Told
from callengine.desk.people.scope import Scope
from callengine.desk.people.tables import trail

_STAYS = "consents with their dates and sources: the proof of what was allowed"


async def tell(connection: AsyncConnection, scope: Scope, resident_id: int) -> Told:
    """One record of him, his numbers, premises, consents and contacts. Raises NotSeen."""
    card = await resident_card(connection, scope, resident_id)
    contacts = await connection.execute(
        select(last_contacts.c.phone, last_contacts.c.at).where(
            last_contacts.c.resident_id == resident_id, scope.clause(last_contacts.c.company)
        )
    )
    row = card.resident
    return [
        {
            **{name: row[name] for name in ("company", "external_id", "full_name", "language", "note")},
            "phones": list(card.phones),
            "premises": [
                {"address": home["label"], "number": home["number"], "role": home["role"]}
                for home in card.homes
            ],
            "consents": [
                {name: _plain(one[name]) for name in ("purpose", "source", "given_on", "withdrawn_on")}
                for one in card.consents
            ],
            "last_contacts": [{"phone": phone, "at": _plain(at)} for phone, at in contacts.all()],
        }
    ]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


async def erase(connection: AsyncConnection, scope: Scope, at: datetime, resident_id: int) -> Erased:
    """Who he was, his numbers and premises; the trail keeps who changed what, without the values. Raises NotSeen."""
    del at
    await as_it_is(connection, scope, residents, resident_id, changing=True)
    rows = 0
    for table in (residencies, resident_phones, last_contacts):
        done = await connection.execute(table.delete().where(table.c.resident_id == resident_id))
        rows += done.rowcount
    done = await connection.execute(residents.delete().where(residents.c.id == resident_id))
    told = await connection.execute(
        trail.update()
        .where(trail.c.subject_kind == "resident", trail.c.subject_id == str(resident_id))
        .values(before=None, after=json.dumps({"erased": True}))
    )
    kept = await connection.execute(select(consents.c.id).where(consents.c.resident_id == resident_id))
    stays = (_STAYS,) if kept.first() is not None else ()
    return Erased(rows + done.rowcount + told.rowcount, stays)


SHARE = Share("directory", tell, erase)
"""The directory's part of a resident's data."""
