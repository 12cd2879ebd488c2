"""`callengine desk account`: the first accounts, and links by which a password is set; also while the desk runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.cli.login import login_name
from callengine.cli.options import fail
from callengine.desk.data.metadata import folded
from callengine.desk.people.account_rules import AccountFields, Refused
from callengine.desk.people.commands import add_account, disable_account, make_password_link
from callengine.desk.people.doors.known import find_account
from callengine.desk.people.queries import list_accounts
from callengine.desk.people.rights import Role
from callengine.desk.people.scope import Scope, system_scope
from callengine.desk.people.tables import accounts
from callengine.desk.process import address_of, door_rules, opened_database, roster_of
from callengine.platform.clock import SystemClock
from callengine.platform.language import texts_of
from callengine.platform.start_errors import StartError
from config.settings import Settings
from storage.schema.errors import LedgerError

Result = TypeVar("Result")


@click.group()
def account() -> None:
    """Accounts of people who work at the desk."""


@account.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice([one.value for one in Role]), required=True)
@click.option(
    "--agent", default="", help="The agent of the settings who sits there; the role agent needs one."
)
@click.option(
    "--company", "companies", multiple=True, help="Sees this company only; may be given several times."
)
@click.option("--full-name", default="", help="As others and the access trail see him.")
@click.option("--language", default="", help="ru or en; default: the centre's.")
@click.pass_obj
def account_add(
    settings: Settings,
    name: str,
    role: str,
    agent: str,
    companies: tuple[str, ...],
    full_name: str,
    language: str,
) -> None:
    """Add the account NAME and print the link, shown this once, by which its password is set."""
    fields = AccountFields(name, role, full_name, agent, frozenset(companies), language)

    async def work(connection: AsyncConnection, scope: Scope) -> str:
        account_id = await add_account(connection, scope, SystemClock().now(), fields, roster_of(settings))
        return await _link(settings, connection, scope, account_id)

    _print_link(settings, name, _done(settings, work))


@account.command("link")
@click.argument("name")
@click.pass_obj
def account_link(settings: Settings, name: str) -> None:
    """Print a new link by which NAME sets a password; links made before are void."""

    async def work(connection: AsyncConnection, scope: Scope) -> str:
        return await _link(settings, connection, scope, await _id_of(connection, name))

    _print_link(settings, name, _done(settings, work))


@account.command("list")
@click.pass_obj
def account_list(settings: Settings) -> None:
    """Name, role and state of every account."""

    async def work(connection: AsyncConnection, scope: Scope) -> list[str]:
        return [
            f"{one.name:24} {one.role:14} {one.agent or '-':12} {','.join(sorted(one.companies)) or 'all':20} "
            + ("disabled" if one.disabled_at else "in use" if one.password_hash else "no password yet")
            for one in await list_accounts(connection, scope)
        ]

    for line in _done(settings, work):
        click.echo(line)


@account.command("disable")
@click.argument("name")
@click.pass_obj
def account_disable(settings: Settings, name: str) -> None:
    """NAME comes in no more, and is out where he is in."""

    async def work(connection: AsyncConnection, scope: Scope) -> None:
        await disable_account(connection, scope, SystemClock().now(), await _id_of(connection, name))

    _done(settings, work)
    click.echo(f"{name} is disabled.")


async def _link(settings: Settings, connection: AsyncConnection, scope: Scope, account_id: int) -> str:
    lasts = door_rules(settings).link_lasts
    return await make_password_link(connection, scope, SystemClock().now(), account_id, lasts)


def _print_link(settings: Settings, name: str, secret: str) -> None:
    click.echo(f"{address_of(settings)}/desk/set-password/{secret}")
    hours = settings.desk.link_hours
    click.echo(f"{name}: shown this once, works once and for {hours} h; only its SHA-256 is kept.", err=True)


async def _id_of(connection: AsyncConnection, name: str) -> int:
    found = await find_account(connection, accounts.c.name_key == folded(name))
    if found is None:
        raise LookupError(f"there is no account {name}; `callengine desk account list` has them all")
    return found.id


def _done(settings: Settings, work: Callable[[AsyncConnection, Scope], Awaitable[Result]]) -> Result:
    """In one transaction; what cannot be done is told, and the command ends."""
    scope = system_scope(f"{login_name()} (callengine desk account)")

    async def in_transaction() -> Result:
        database = await opened_database(settings)
        try:
            async with database.writing() as connection:
                return await work(connection, scope)
        finally:
            await database.close()

    try:
        return asyncio.run(in_transaction())
    except Refused as problem:
        texts = texts_of("desk.accounts")["en"]
        fail("\n".join(f"{field}: {texts[text]}" for field, text in problem.errors.items()))
    except (LookupError, StartError, LedgerError, SQLAlchemyError, OSError) as problem:
        fail(str(problem))
