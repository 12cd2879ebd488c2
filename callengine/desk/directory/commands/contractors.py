"""Contractors and emergency services, their numbers and houses."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.directory.commands.bookkeeping import as_it_is, by_client, refuse_stale
from callengine.desk.directory.records import Contractor
from callengine.desk.directory.tables import contractor_houses, contractor_phones, contractors, houses
from callengine.desk.directory.typed.letters import folded
from callengine.desk.people.scope import NotSeen, Scope
from callengine.desk.people.trail import record


async def save_contractor(
    connection: AsyncConnection,
    scope: Scope,
    at: datetime,
    one: Contractor,
    *,
    contractor_id: int | None = None,
    version: int | None = None,
    client_id: str | None = None,
) -> int:
    """A new one, or this one changed; its id. Raises NotSeen (also: one of all companies, who sees some), Stale."""
    _refuse_common(scope, one.company)
    await _refuse_foreign_houses(connection, scope, one)
    values = {
        "company": one.company,
        "name": one.name,
        "name_key": folded(one.name),
        "trade": one.trade,
        "emergency": one.emergency,
        "notes": one.notes,
    }
    after = {**values, "phones": [asdict(phone) for phone in one.phones], "houses": sorted(one.houses)}
    before: dict[str, Any] | None = None
    if contractor_id is None:
        if client_id is not None and (known := await connection.scalar(by_client(contractors, client_id))):
            return int(known)
        added = await connection.scalar(
            contractors.insert().values(**values, client_id=client_id).returning(contractors.c.id)
        )
        identity = int(added or 0)
    else:
        identity = contractor_id
        row = await as_it_is(connection, scope, contractors, contractor_id)
        _refuse_common(scope, row["company"])
        refuse_stale(row, version)
        before = {name: row[name] for name in values}
        await connection.execute(
            contractors.update()
            .where(contractors.c.id == contractor_id)
            .values(**values, version=row["version"] + 1)
        )
        for table in (contractor_phones, contractor_houses):
            await connection.execute(table.delete().where(table.c.contractor_id == contractor_id))
    if one.phones:
        rows = [{"contractor_id": identity, **asdict(phone)} for phone in one.phones]
        await connection.execute(contractor_phones.insert(), rows)
    if one.houses:
        await connection.execute(
            contractor_houses.insert(),
            [{"contractor_id": identity, "house_id": house} for house in sorted(set(one.houses))],
        )
    await record(
        connection,
        scope,
        at,
        "added" if before is None else "changed",
        ("contractor", identity),
        company=one.company,
        before=before,
        after=after,
    )
    return identity


async def remove_contractor(
    connection: AsyncConnection, scope: Scope, at: datetime, contractor_id: int
) -> None:
    """It mends nothing any more. Raises NotSeen."""
    row = await as_it_is(connection, scope, contractors, contractor_id)
    _refuse_common(scope, row["company"])
    for table in (contractor_phones, contractor_houses):
        await connection.execute(table.delete().where(table.c.contractor_id == contractor_id))
    await connection.execute(contractors.delete().where(contractors.c.id == contractor_id))
    before = {"name": row["name"], "trade": row["trade"]}
    await record(
        connection,
        scope,
        at,
        "removed",
        ("contractor", contractor_id),
        company=row["company"],
        before=before,
    )


def _refuse_common(scope: Scope, company: str | None) -> None:
    """What is of all companies is changed by who sees all."""
    scope.require(company)
    if company is None and scope.companies is not None:
        raise NotSeen


async def _refuse_foreign_houses(connection: AsyncConnection, scope: Scope, one: Contractor) -> None:
    wanted = set(one.houses)
    if not wanted:
        return
    own = houses.c.company == one.company if one.company is not None else scope.clause(houses.c.company)
    found = await connection.execute(select(houses.c.id).where(houses.c.id.in_(wanted), own))
    if set(found.scalars().all()) != wanted:
        raise NotSeen
