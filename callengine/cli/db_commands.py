"""`callengine db`: the commands; what they do is in `callengine.cli.db`."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from callengine.cli import db as ledger_commands
from callengine.cli.options import config_option, fail, settings_or_fail
from callengine.cli.spool import spool_command
from storage.rows.interval_rebuild import Rebuilt
from storage.schema.errors import LedgerError


@click.group()
def db() -> None:
    """Look after the ledger: its schema for upgrade and back-out, a copy of it."""


@db.command("revision")
def db_revision() -> None:
    """Print the schema revision that this version works with."""
    click.echo(ledger_commands.revision())


@db.command("backup")
@click.argument("target", type=click.Path(path_type=Path))
@config_option
def db_backup(target: Path, config: Path | None) -> None:
    """Copy a SQLite ledger to the new file TARGET, also while the engine runs."""
    _on_ledger(lambda: ledger_commands.backup(settings_or_fail(config), target))
    click.echo(f"the ledger was copied to {target}")


@db.command("upgrade")
@config_option
def db_upgrade(config: Path | None) -> None:
    """Bring the schema to this version's revision; `run` does so by itself."""
    _on_ledger(lambda: ledger_commands.bring_to(settings_or_fail(config), None))
    click.echo(f"the ledger is at revision {ledger_commands.revision()}")


@db.command("downgrade")
@click.argument("revision")
@config_option
def db_downgrade(revision: str, config: Path | None) -> None:
    """Take the schema back to an older version's REVISION, with that engine stopped. Rows stay."""
    _on_ledger(lambda: ledger_commands.bring_to(settings_or_fail(config), revision))
    click.echo(f"the ledger is at revision {revision}")


@db.command("rollup")
@config_option
def db_rollup(config: Path | None) -> None:
    """Make the sums that reports read again from the calls; a running engine's writes wait meanwhile."""
    made: list[Rebuilt] = []
    _on_ledger(lambda: made.append(ledger_commands.rebuild_sums(settings_or_fail(config))))
    click.echo(f"summed: {made[0].calls} calls, {made[0].changes} changes of agents' states")


def _on_ledger(work: Callable[[], None]) -> None:
    try:
        work()
    except (LedgerError, SQLAlchemyError, sqlite3.Error, OSError) as problem:
        fail(str(problem))


db.add_command(spool_command)
