"""The command `callengine`: each verb is a few lines here and does its work elsewhere.

Exit codes: 0 done, 1 it could not be done or something is wrong, 2 the command line itself was wrong.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from callengine.check.finding import Finding
from callengine.cli import db as ledger_commands
from callengine.cli.callback_output import login_name
from callengine.cli.callbacks import callbacks, messages
from callengine.cli.options import config_option, fail, settings_or_fail
from callengine.cli.reconcile import reconcile_command
from callengine.cli.report import report
from callengine.cli.sample import sample
from callengine.cli.spool import spool_command
from callengine.cli.token import token
from callengine.demo.needs import without_telephones
from callengine.http.auth.tokens import TokenError
from callengine.platform.clock import ClockSetBackError, SystemClock
from callengine.platform.logs import configure_logging
from callengine.run.service import serve
from config.credentials import CREDENTIALS_VARIABLE
from config.loading import DEFAULT_PATH, settings_path
from config.policies import dialplan_lines
from storage.rows.interval_rebuild import Rebuilt
from storage.schema.errors import LedgerError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="callengine")
def main() -> None:
    """Routes residents' calls to agents on Asterisk and calls back whoever was missed."""


@main.command()
@config_option
def run(config: Path | None) -> None:
    """Run the engine until SIGTERM or Ctrl-C; calls on the line go on without it."""
    settings = settings_or_fail(config)
    path = settings_path(config, os.environ)
    clock = SystemClock()
    configure_logging(level=settings.log.level, as_json=settings.log.format == "json", now=clock.now)
    try:
        asyncio.run(serve(settings, clock, path))
    except (LedgerError, OSError, TokenError, ClockSetBackError) as problem:
        fail(f"{told_path(path)}: {problem}")


def told_path(settings: Path) -> Path:
    """The file an administrator would open: under systemd the engine reads a copy in a folder that he cannot."""
    folder = os.environ.get(CREDENTIALS_VARIABLE)
    return DEFAULT_PATH.parent / settings.name if folder and settings.is_relative_to(folder) else settings


@main.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@click.option(
    "--unlisted",
    type=click.IntRange(0, 1000),
    default=0,
    help="List so many of the last calls to numbers that no line of the settings has.",
)
def check(config: Path | None, as_json: bool, unlisted: int) -> None:
    """Check settings, files, ledger and port as the service would find them, then the PBX; tell what to mend."""
    from callengine.check import pbx as checks  # noqa: PLC0415  # only this verb needs it
    from callengine.check.unlisted import check_unlisted  # noqa: PLC0415  # likewise

    settings, path = settings_or_fail(config), settings_path(config, os.environ)

    async def all_of_it() -> list[Finding]:
        around = checks.surroundings(path)
        return [
            *checks.check_settings(settings, path),
            *await checks.check_machine(settings, around),
            *await checks.check_pbx(settings),
            *await check_unlisted(settings, SystemClock().now(), last=unlisted),
        ]

    sys.exit(checks.report(checks.with_lines(asyncio.run(all_of_it()), path), as_json=as_json))


@main.command()
@click.option("--seconds", default=120.0, show_default=True, help="How long; Ctrl-C ends it earlier.")
@click.option("--plain", is_flag=True, help="No live view: a line every few seconds.")
@click.option("--seed", default=0, help="The same residents again; 0: others each time.")
def demo(seconds: float, plain: bool, seed: int) -> None:
    """A whole centre on this machine: Asterisk, the engine, six softphones and residents who call."""
    try:
        from callengine.demo.show import run_demo  # noqa: PLC0415  # needs the extra `callengine[demo]`
    except ModuleNotFoundError as missing:
        fail(without_telephones(missing))

    sys.exit(run_demo(seconds, plain=plain, seed=seed))


@main.command()
@config_option
def lines(config: Path | None) -> None:
    """Print callengine_lines.conf: what the dialplan must know of each line, also when the engine is away."""
    click.echo(dialplan_lines(settings_or_fail(config)), nl=False)


@main.group()
def retention() -> None:
    """Forget personal data whose time is over ([retention] in the settings); `run` does so every night by itself."""


@retention.command("run")
@config_option
@click.option("--dry-run", is_flag=True, help="Only tell what would be forgotten.")
def retention_run(config: Path | None, dry_run: bool) -> None:
    """Forget now what is due; what was forgotten is written into the deletion log."""
    from callengine.chores import retention_by_hand  # noqa: PLC0415  # only this verb needs it

    settings, now = settings_or_fail(config), SystemClock().now()
    _print_lines(
        lambda: retention_by_hand.retention_run(settings, dry_run=dry_run, who=login_name(), now=now)
    )


@retention.command("log")
@config_option
def retention_log(config: Path | None) -> None:
    """Print the deletion log."""
    from callengine.chores import retention_by_hand  # noqa: PLC0415  # only this verb needs it

    settings = settings_or_fail(config)
    _print_lines(lambda: retention_by_hand.retention_log(settings))


def _print_lines(work: Callable[[], Iterable[str]]) -> None:
    try:
        for line in work():
            click.echo(line)
    except (LedgerError, SQLAlchemyError, OSError) as problem:
        fail(str(problem))


@main.group()
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


main.add_command(callbacks)
main.add_command(messages)
main.add_command(sample)
main.add_command(token)
main.add_command(report)
db.add_command(spool_command)
main.add_command(reconcile_command)
