"""Fills an empty desk database with the demo's town, by the desk's own commands."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.demo.desk.town_plan import PlannedHouse, contractors, town
from callengine.desk.data.database import DeskDatabase
from callengine.desk.directory.commands.contractors import save_contractor
from callengine.desk.directory.commands.houses import add_device, save_house, save_premises
from callengine.desk.directory.commands.residents import save_resident
from callengine.desk.directory.records import Resident
from callengine.desk.people.scope import Scope, system_scope


async def settle(database: DeskDatabase, at: datetime, seed: int) -> list[tuple[str, str]]:
    """Houses, premises, residents, contractors; every resident's company and number, for whoever lets them call."""
    scope = system_scope("demo")
    numbers: list[tuple[str, str]] = []
    for planned in town(seed):
        async with database.writing() as connection:
            await _settle_house(connection, scope, at, planned)
        numbers.extend((planned.house.company, one.phone) for one in planned.neighbours)
    async with database.writing() as connection:
        for contractor in contractors():
            await save_contractor(connection, scope, at, contractor)
    return numbers


async def _settle_house(
    connection: AsyncConnection, scope: Scope, at: datetime, planned: PlannedHouse
) -> None:
    house = await save_house(connection, scope, at, planned.house)
    flats = {one.number: await save_premises(connection, scope, at, house, one) for one in planned.flats}
    for device in planned.devices:
        await add_device(connection, scope, at, house, device)
    for one in planned.neighbours:
        resident = Resident(
            planned.house.company,
            one.name,
            language=one.language,
            phones=(one.phone,),
            homes=((flats[one.flat], one.role),),
        )
        await save_resident(connection, scope, at, resident)
