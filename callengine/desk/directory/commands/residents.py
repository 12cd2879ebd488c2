"""Residents: who they are, their numbers, their premises, what they allowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.directory.commands.bookkeeping import (
    as_it_is,
    by_client,
    learn,
    next_ids,
    refuse_stale,
)
from callengine.desk.directory.records import BeingLoaded, Consent, Resident, Taken
from callengine.desk.directory.tables import consents, premises, residencies, resident_phones, residents
from callengine.desk.directory.typed.names import name_keys
from callengine.desk.directory.typed.phones import tail_of
from callengine.desk.directory.visible import there
from callengine.desk.people.scope import NotSeen, Scope
from callengine.desk.people.trail import record


def resident_values(one: Resident) -> dict[str, Any]:
    """His own columns."""
    keys = name_keys(one.full_name)
    return {
        "external_id": one.external_id,
        "full_name": one.full_name,
        "surname_key": keys.surname,
        "given_key": keys.given,
        "patronymic_key": keys.patronymic,
        "language": one.language,
        "note": one.note,
    }


async def save_resident(
    connection: AsyncConnection,
    scope: Scope,
    at: datetime,
    one: Resident,
    *,
    resident_id: int | None = None,
    version: int | None = None,
    client_id: str | None = None,
) -> int:
    """Somebody new, or he changed; his id. Raises NotSeen, Stale, Taken (`external_id`), BeingLoaded."""
    scope.require(one.company)
    await _refuse_foreign_premises(connection, one)
    if (
        resident_id is None
        and client_id is not None
        and (known := await connection.scalar(by_client(residents, client_id)))
    ):
        return int(known)
    await _refuse_taken(connection, one, resident_id)
    values = resident_values(one)
    after = {**values, "phones": sorted(one.phones), "homes": sorted(one.homes)}
    if resident_id is None:
        identity = await next_ids(connection, "residents")
        await connection.execute(
            residents.insert().values(id=identity, company=one.company, client_id=client_id, **values)
        )
        before = None
    else:
        identity = resident_id
        row = await as_it_is(connection, scope, residents, resident_id, changing=True)
        if row["company"] != one.company:
            raise NotSeen
        refuse_stale(row, version)
        before = await whole_resident(connection, scope, row)
        if before == after:
            return resident_id
        await connection.execute(
            residents.update()
            .where(residents.c.row == row["row"])
            .values(**values, version=row["version"] + 1)
        )
    await _keep_phones(connection, one, identity)
    await _keep_homes(connection, one, identity)
    await learn(connection, one.company, name_keys(one.full_name).words)
    action = "added" if before is None else "changed"
    await record(
        connection,
        scope,
        at,
        action,
        ("resident", identity),
        company=one.company,
        before=before,
        after=after,
    )
    return identity


async def whole_resident(connection: AsyncConnection, scope: Scope, row: RowMapping) -> dict[str, Any]:
    """What a form shows of him: his columns, numbers and premises. Raises NotSeen."""
    scope.require(row["company"])
    phones = await connection.execute(
        select(resident_phones.c.phone).where(
            resident_phones.c.resident_id == row["id"], there(resident_phones)
        )
    )
    homes = await connection.execute(
        select(residencies.c.premises_id, residencies.c.role).where(
            residencies.c.resident_id == row["id"], there(residencies)
        )
    )
    names = ("external_id", "full_name", "surname_key", "given_key", "patronymic_key", "language", "note")
    return {
        **{name: row[name] for name in names},
        "phones": sorted(phones.scalars().all()),
        "homes": sorted((home, role) for home, role in homes.all()),
    }


async def _refuse_foreign_premises(connection: AsyncConnection, one: Resident) -> None:
    wanted = {home for home, _ in one.homes}
    if not wanted:
        return
    found = await connection.execute(
        select(premises.c.id).where(
            premises.c.id.in_(wanted), premises.c.company == one.company, there(premises)
        )
    )
    if set(found.scalars().all()) != wanted:
        raise NotSeen


async def _refuse_taken(connection: AsyncConnection, one: Resident, own: int | None) -> None:
    if not one.external_id:
        return
    other = await connection.scalar(
        select(residents.c.id).where(
            residents.c.company == one.company,
            residents.c.external_id == one.external_id,
            residents.c.id != (own or 0),
            there(residents),
        )
    )
    if other is not None:
        raise Taken("external_id", int(other))


async def _keep_phones(connection: AsyncConnection, one: Resident, identity: int) -> None:
    table = resident_phones
    rows = await connection.execute(
        select(table.c.row, table.c.phone, table.c.died).where(table.c.resident_id == identity, there(table))
    )
    known = rows.all()
    if any(row.died is not None for row in known):
        raise BeingLoaded
    gone = [row.row for row in known if row.phone not in one.phones]
    if gone:
        await connection.execute(table.delete().where(table.c.row.in_(gone)))
    new = [phone for phone in dict.fromkeys(one.phones) if phone not in {row.phone for row in known}]
    if new:
        await connection.execute(
            table.insert(),
            [
                {"company": one.company, "resident_id": identity, "phone": phone, "tail": tail_of(phone)}
                for phone in new
            ],
        )


async def _keep_homes(connection: AsyncConnection, one: Resident, identity: int) -> None:
    table = residencies
    rows = await connection.execute(
        select(table.c.row, table.c.premises_id, table.c.role, table.c.died).where(
            table.c.resident_id == identity, there(table)
        )
    )
    known = rows.all()
    if any(row.died is not None for row in known):
        raise BeingLoaded
    wanted = set(one.homes)
    gone = [row.row for row in known if (row.premises_id, row.role) not in wanted]
    if gone:
        await connection.execute(table.delete().where(table.c.row.in_(gone)))
    new = sorted(wanted - {(row.premises_id, row.role) for row in known})
    if new:
        await connection.execute(
            table.insert(),
            [
                {"company": one.company, "resident_id": identity, "premises_id": home, "role": role}
                for home, role in new
            ],
        )


async def add_consent(
    connection: AsyncConnection,
    scope: Scope,
    at: datetime,
    resident_id: int,
    consent: Consent,
    client_id: str | None = None,
) -> int:
    """What he allowed; its id. Raises NotSeen."""
    row = await as_it_is(connection, scope, residents, resident_id)
    if client_id is not None and (known := await connection.scalar(by_client(consents, client_id))):
        return int(known)
    values = asdict(consent)
    added = await connection.scalar(
        consents.insert()
        .values(company=row["company"], resident_id=resident_id, noted_at=at, client_id=client_id, **values)
        .returning(consents.c.id)
    )
    await record(
        connection, scope, at, "consented", ("resident", resident_id), company=row["company"], after=values
    )
    return int(added or 0)


async def withdraw_consent(
    connection: AsyncConnection, scope: Scope, at: datetime, consent_id: int, on: date
) -> int:
    """He no longer allows it; whose it was. Raises NotSeen."""
    row = await as_it_is(connection, scope, consents, consent_id)
    await connection.execute(consents.update().where(consents.c.id == consent_id).values(withdrawn_on=on))
    subject = ("resident", int(row["resident_id"]))
    after = {"purpose": row["purpose"], "withdrawn_on": on}
    await record(connection, scope, at, "withdrew", subject, company=row["company"], after=after)
    return int(row["resident_id"])


async def remove_residents(
    connection: AsyncConnection, scope: Scope, at: datetime, resident_ids: Sequence[int]
) -> None:
    """They are no longer in the directory, nor are their numbers and consents. Raises NotSeen."""
    for identity in resident_ids:
        row = await as_it_is(connection, scope, residents, identity, changing=True)
        for table in (residencies, resident_phones, consents):
            await connection.execute(table.delete().where(table.c.resident_id == identity))
        await connection.execute(residents.delete().where(residents.c.id == identity))
        await record(connection, scope, at, "removed", ("resident", identity), company=row["company"])
