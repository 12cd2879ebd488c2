"""`callengine desk resident`: a resident's data told to him in one export, and erased (152-FZ, articles 14 and 21).

Who has asked by telephone is known by his number, who is in the directory by his card's. Both commands work while the
desk runs, through the same registry as its page, and stand in the access trail.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from sqlalchemy import exists, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.cli.login import login_name
from callengine.cli.options import fail
from callengine.desk.directory.tables import resident_phones, residents
from callengine.desk.directory.typed.phones import read_phone
from callengine.desk.ledger.calls_of_number import STAYS, calls_of_numbers
from callengine.desk.ledger.reader import reader_of
from callengine.desk.people.privacy import Erased, Privacy
from callengine.desk.people.scope import NotSeen, Scope, system_scope
from callengine.desk.process import opened_database, privacy_shares
from callengine.platform.clock import SystemClock
from callengine.platform.start_errors import StartError
from config.settings import Settings
from storage.schema.errors import LedgerError

Result = TypeVar("Result")
_whose = click.argument("whose", metavar="ID|+NUMBER")


@click.group()
def resident() -> None:
    """What is kept of a resident: found, told to him, erased. ID is his card's, as `find` prints it."""


@resident.command("find")
@click.argument("number")
@click.pass_obj
def resident_find(settings: Settings, number: str) -> None:
    """Print the ids of the residents who have the telephone NUMBER, with company and name."""
    e164 = _number(number)

    async def work(connection: AsyncConnection, _scope: Scope) -> list[str]:
        rows = await connection.execute(
            select(residents.c.id, residents.c.company, residents.c.full_name)
            .join(resident_phones, resident_phones.c.resident_id == residents.c.id)
            .where(resident_phones.c.phone == e164)
            .order_by(residents.c.id)
        )
        return [f"{row.id:<10} {row.company:20} {row.full_name}" for row in rows]

    found = _done(settings, work)
    if not found:
        fail(
            f"no resident of the directory has this number; `tell {e164}` has what is known of the number itself"
        )
    for line in found:
        click.echo(line)


@resident.command("tell")
@_whose
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="A new file; default: standard output."
)
@click.pass_obj
def resident_tell(settings: Settings, whose: str, output: Path | None) -> None:
    """Tell all that is kept of a resident, or of a number that is nobody's, as one JSON object, calls included."""
    at, privacy = SystemClock().now(), Privacy(privacy_shares())
    if output is not None and output.exists():
        fail(f"{output} exists already: nothing was told")

    async def work(connection: AsyncConnection, scope: Scope) -> dict[str, Any]:
        if whose.isdigit():
            told = await privacy.export(connection, scope, at, int(whose))
            for number in await _his_alone(connection, int(whose)):
                told[f"of {number} alone"] = await privacy.export_number(connection, scope, at, number)
            return told
        return await privacy.export_number(connection, scope, at, _number(whose))

    told = _done(settings, work)
    told["calls"] = _in_words(lambda: asyncio.run(_calls(settings, _numbers_in(told))))
    text = json.dumps(told, ensure_ascii=False, indent=2, default=str)
    if output is None:
        click.echo(text)
        return
    descriptor = os.open(output, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{text}\n")


@resident.command("erase")
@_whose
@click.option("--reason", required=True, help="Why: the access trail keeps it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def resident_erase(settings: Settings, whose: str, reason: str, yes: bool) -> None:
    """Erase what is kept of a resident, or of a number that is nobody's; figures and the law's evidence stay."""
    if not reason.strip():
        fail("--reason is empty: say why, as the access trail is to have it")
    if not yes:
        click.confirm(f"Erase all that the desk keeps of {whose}? It cannot be undone", abort=True)
    at, privacy = SystemClock().now(), Privacy(privacy_shares())

    async def work(connection: AsyncConnection, scope: Scope) -> dict[str, Erased]:
        if whose.isdigit():
            numbers = await _his_alone(connection, int(whose))
            done = await privacy.erase(connection, scope, at, int(whose), reason[:500])
            for number in numbers:
                alone = await privacy.erase_number(connection, scope, at, number, reason[:500])
                done |= {f"{subject}, known by number only": one for subject, one in alone.items()}
            return done
        return await privacy.erase_number(connection, scope, at, _number(whose), reason[:500])

    for subject, done in _done(settings, work).items():
        click.echo(f"{subject}: {done.rows} records erased or emptied")
        for one in done.stays:
            click.echo(f"  stays: {one}")
    click.echo(f"  stays: {STAYS}")


async def _his_alone(connection: AsyncConnection, resident_id: int) -> list[str]:
    """Numbers that no other resident has: what is kept of them is his."""
    others = resident_phones.alias()
    found = await connection.scalars(
        select(resident_phones.c.phone)
        .where(
            resident_phones.c.resident_id == resident_id,
            ~exists().where(others.c.phone == resident_phones.c.phone, others.c.resident_id != resident_id),
        )
        .order_by(resident_phones.c.phone)
    )
    return list(found)


async def _calls(settings: Settings, numbers: list[str]) -> list[dict[str, Any]]:
    reader = reader_of(settings)
    try:
        return await calls_of_numbers(reader, system_scope("callengine desk resident"), numbers)
    finally:
        await reader.close()


def _number(text: str) -> str:
    read = read_phone(text)
    if read.e164 is None:
        fail(f"{text!r} is neither the id of a resident nor a telephone number: 123, or +79161234567")
    return read.e164


def _numbers_in(told: dict[str, Any]) -> list[str]:
    of_directory = [number for one in told.get("directory", ()) for number in one.get("phones", ())]
    return [*of_directory, *([told["number"]] if "number" in told else [])]


def _done(settings: Settings, work: Callable[[AsyncConnection, Scope], Awaitable[Result]]) -> Result:
    """In one transaction; what cannot be done is told, and the command ends."""
    scope = system_scope(f"{login_name()} (callengine desk resident)")

    async def in_transaction() -> Result:
        database = await opened_database(settings)
        try:
            async with database.writing() as connection:
                return await work(connection, scope)
        finally:
            await database.close()

    return _in_words(lambda: asyncio.run(in_transaction()))


def _in_words(work: Callable[[], Result]) -> Result:
    try:
        return work()
    except NotSeen:
        fail("there is no such resident; `callengine desk resident find +7…` names those of a number")
    except (StartError, LedgerError, SQLAlchemyError, OSError) as problem:
        fail(str(problem))
