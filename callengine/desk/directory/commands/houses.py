"""Houses, their premises and devices."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.directory.commands.bookkeeping import (
    as_it_is,
    by_client,
    learn,
    next_ids,
    refuse_stale,
    renew,
)
from callengine.desk.directory.records import Device, House, Premises, Taken
from callengine.desk.directory.tables import device_numbers, houses, premises
from callengine.desk.directory.typed.house_numbers import flat_key
from callengine.desk.directory.typed.letters import folded
from callengine.desk.directory.typed.vocabulary import street_key
from callengine.desk.directory.visible import there
from callengine.desk.people.scope import NotSeen, Scope
from callengine.desk.people.trail import record


def house_values(house: House) -> dict[str, Any]:
    """Its columns."""
    number = house.number
    return {
        "company": house.company,
        "external_id": house.external_id,
        "locality": house.locality,
        "street_kind": house.street_kind,
        "street": house.street,
        "number": number.number,
        "letter": number.letter,
        "korpus": number.korpus,
        "building": number.building,
        "street_key": street_key(house.street),
        "house_key": number.key,
        "label": house.label,
        "kind": house.kind,
        "entrances": house.entrances,
        "floors": house.floors,
        "lifts": house.lifts,
        "zone": house.zone,
        "notes": house.notes,
    }


async def save_house(
    connection: AsyncConnection,
    scope: Scope,
    at: datetime,
    house: House,
    *,
    house_id: int | None = None,
    version: int | None = None,
    client_id: str | None = None,
) -> int:
    """A new house, or this one changed; its id. Raises NotSeen, Stale, Taken (`number` or `external_id`)."""
    scope.require(house.company)
    values = house_values(house)
    if house_id is None:
        if client_id is not None and (known := await connection.scalar(by_client(houses, client_id))):
            return int(known)
        await _refuse_taken(connection, values, None)
        added = await connection.scalar(
            houses.insert().values(**values, client_id=client_id).returning(houses.c.id)
        )
        identity = int(added or 0)
        await record(connection, scope, at, "added", ("house", identity), company=house.company, after=values)
        await learn(connection, house.company, (), new_street=True)
        return identity
    row = await as_it_is(connection, scope, houses, house_id)
    if row["company"] != house.company:
        raise NotSeen
    refuse_stale(row, version)
    await _refuse_taken(connection, values, house_id)
    before = {name: row[name] for name in values}
    if before == values:
        return house_id
    await connection.execute(
        houses.update().where(houses.c.id == house_id).values(**values, version=row["version"] + 1)
    )
    await record(
        connection,
        scope,
        at,
        "changed",
        ("house", house_id),
        company=house.company,
        before=before,
        after=values,
    )
    await renew(connection, house.company)
    return house_id


async def _refuse_taken(connection: AsyncConnection, values: dict[str, Any], own: int | None) -> None:
    same_place = [houses.c[name] == values[name] for name in ("street_key", "house_key", "street_kind")]
    rows = await connection.execute(
        select(houses.c.id, houses.c.locality).where(
            houses.c.company == values["company"], *same_place, houses.c.left_at.is_(None), there(houses)
        )
    )
    for identity, locality in rows.all():
        if identity != own and folded(locality) == folded(values["locality"]):
            raise Taken("number", identity)
    if values["external_id"]:
        other = await connection.scalar(
            select(houses.c.id).where(
                houses.c.company == values["company"],
                houses.c.external_id == values["external_id"],
                houses.c.id != (own or 0),
            )
        )
        if other is not None:
            raise Taken("external_id", int(other))


async def leave_house(
    connection: AsyncConnection, scope: Scope, at: datetime, house_id: int, *, left: bool
) -> None:
    """The company no longer serves it, or serves it again: not found any more, nothing lost. Raises NotSeen."""
    row = await as_it_is(connection, scope, houses, house_id)
    new = at if left else None
    await connection.execute(
        houses.update().where(houses.c.id == house_id).values(left_at=new, version=row["version"] + 1)
    )
    action = "left" if left else "taken_back"
    await record(connection, scope, at, action, ("house", house_id), company=row["company"])
    await renew(connection, row["company"])


async def save_premises(
    connection: AsyncConnection,
    scope: Scope,
    at: datetime,
    house_id: int,
    one: Premises,
    *,
    premises_id: int | None = None,
    version: int | None = None,
    client_id: str | None = None,
) -> int:
    """New premises of this house, or these changed; their id. Raises NotSeen, Stale, Taken, BeingLoaded."""
    house = await as_it_is(connection, scope, houses, house_id)
    values = {**asdict(one), "number_key": flat_key(one.number)}
    if (
        premises_id is None
        and client_id is not None
        and (known := await connection.scalar(by_client(premises, client_id)))
    ):
        return int(known)
    other = await connection.scalar(
        select(premises.c.id).where(
            premises.c.house_id == house_id,
            premises.c.number_key == values["number_key"],
            premises.c.kind == one.kind,
            premises.c.id != (premises_id or 0),
            there(premises),
        )
    )
    if other is not None:
        raise Taken("number", int(other))
    if premises_id is None:
        identity = await next_ids(connection, "premises")
        await connection.execute(
            premises.insert().values(
                id=identity, company=house["company"], house_id=house_id, client_id=client_id, **values
            )
        )
        await record(
            connection, scope, at, "added", ("premises", identity), company=house["company"], after=values
        )
        return identity
    row = await as_it_is(connection, scope, premises, premises_id, changing=True)
    if row["house_id"] != house_id:
        raise NotSeen
    refuse_stale(row, version)
    before = {name: row[name] for name in values}
    if before != values:
        await connection.execute(
            premises.update().where(premises.c.row == row["row"]).values(**values, version=row["version"] + 1)
        )
        await record(
            connection,
            scope,
            at,
            "changed",
            ("premises", premises_id),
            company=row["company"],
            before=before,
            after=values,
        )
    return premises_id


async def add_device(
    connection: AsyncConnection,
    scope: Scope,
    at: datetime,
    house_id: int,
    device: Device,
    client_id: str | None = None,
) -> int:
    """A machine of this house that calls; its id. Raises NotSeen, Taken (`phone`)."""
    house = await as_it_is(connection, scope, houses, house_id)
    if client_id is not None and (known := await connection.scalar(by_client(device_numbers, client_id))):
        return int(known)
    other = await connection.scalar(
        select(device_numbers.c.id).where(
            device_numbers.c.company == house["company"], device_numbers.c.phone == device.phone
        )
    )
    if other is not None:
        raise Taken("phone", int(other))
    added = await connection.scalar(
        device_numbers.insert()
        .values(company=house["company"], house_id=house_id, client_id=client_id, **asdict(device))
        .returning(device_numbers.c.id)
    )
    identity = int(added or 0)
    await record(
        connection, scope, at, "added", ("device", identity), company=house["company"], after=asdict(device)
    )
    return identity


async def remove_device(connection: AsyncConnection, scope: Scope, at: datetime, device_id: int) -> int:
    """Its number is nobody's again; the house it was of. Raises NotSeen."""
    row = await as_it_is(connection, scope, device_numbers, device_id)
    await connection.execute(device_numbers.delete().where(device_numbers.c.id == device_id))
    before = {name: row[name] for name in ("kind", "place", "phone")}
    await record(
        connection, scope, at, "removed", ("device", device_id), company=row["company"], before=before
    )
    return int(row["house_id"])
