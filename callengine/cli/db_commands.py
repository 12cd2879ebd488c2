"""`callengine db`: the commands; what they do is in `callengine.cli.db` and `callengine.cli.db_copies`."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TypeVar

import click
from sqlalchemy.exc import SQLAlchemyError

from callengine.cli import db as databases
from callengine.cli.db_copies import backup, ledger_alone
from callengine.cli.db_restore import restore
from callengine.cli.options import config_option, fail, settings_or_fail
from callengine.cli.spool import spool_command
from callengine.platform.clock import SystemClock
from config.settings import Settings
from storage.schema.errors import LedgerError

Result = TypeVar("Result")
_ledger_only = click.option("--ledger", "ledger", is_flag=True, help="The engine's ledger alone.")
_desk_only = click.option("--desk", "desk", is_flag=True, help="The desk's database alone.")
_of_desk = click.option("--desk", "desk", is_flag=True, help="Of the desk's database, not of the ledger.")


@click.group()
def db() -> None:
    """Look after the ledger and the desk's database: their schema for upgrade and back-out, copies of them."""


@db.command("revision")
@_of_desk
def db_revision(desk: bool) -> None:
    """Print the schema revision that this version works with."""
    click.echo(databases.revision(of_desk=desk))


@db.command("backup")
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--no-files", is_flag=True, help="Only the databases, without what was uploaded.")
@config_option
def db_backup(target: Path, no_files: bool, config: Path | None) -> None:
    """Copy ledger, the desk's database and its files to the new folder TARGET, also while all of it is written.

    A TARGET that ends in .db is a file, and gets the ledger alone. What is on PostgreSQL is copied by pg_dump: the
    command is told. Settings, tokens and recordings are not in the copy.
    """
    settings = _with_desks_password(config)
    if target.suffix == ".db":
        _told(lambda: ledger_alone(settings, target))
        click.echo(f"the ledger was copied to {target}, without the desk's data: a folder's name takes all")
        return
    for line in _told(lambda: backup(settings, target, SystemClock().now(), with_files=not no_files)):
        click.echo(line)


@db.command("restore")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@config_option
def db_restore(folder: Path, config: Path | None) -> None:
    """Put a copy made by `db backup` in the place of ledger, desk database and files; refused while they are used.

    What was there is moved aside, not deleted.
    """
    settings = _with_desks_password(config)
    for line in _told(lambda: restore(settings, folder, SystemClock().now())):
        click.echo(line)


@db.command("upgrade")
@_ledger_only
@_desk_only
@config_option
def db_upgrade(ledger: bool, desk: bool, config: Path | None) -> None:
    """Bring ledger and desk database to this version's revision; no other command and no start does so.

    Also while an older engine and desk run: what is added does not disturb them. A database that is not there yet is
    left to the first start, unless it is named by --ledger or --desk.
    """
    if ledger or not desk:
        click.echo(_done(databases.upgrade_ledger(settings_or_fail(config), made=ledger)))
    if desk or not ledger:
        click.echo(_done(databases.upgrade_desk(_with_desks_password(config), made=desk)))


@db.command("downgrade")
@click.argument("revision")
@_of_desk
@config_option
def db_downgrade(revision: str, desk: bool, config: Path | None) -> None:
    """Take the schema back to an older version's REVISION, with that process stopped. Rows stay."""
    settings = _with_desks_password(config) if desk else settings_or_fail(config)
    click.echo(_done(databases.take_back(settings, revision, of_desk=desk)))


@db.command("rollup")
@config_option
def db_rollup(config: Path | None) -> None:
    """Make the sums that reports read again from the calls; a running engine's writes wait meanwhile."""
    made = _done(databases.rebuild_sums(settings_or_fail(config)))
    click.echo(f"summed: {made.calls} calls, {made.changes} changes of agents' states")


def _with_desks_password(config: Path | None) -> Settings:
    """What the desk's process would be handed, where its database has a password at all."""
    settings = settings_or_fail(config)
    if settings.desk.database.startswith("sqlite"):
        return settings
    return settings_or_fail(config, of_desk=True)


def _done(work: Coroutine[None, None, Result]) -> Result:
    return _told(lambda: asyncio.run(work))


def _told(work: Callable[[], Result]) -> Result:
    try:
        return work()
    except (LedgerError, SQLAlchemyError, sqlite3.Error, OSError) as problem:
        fail(str(problem))


db.add_command(spool_command)
