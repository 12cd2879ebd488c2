"""`callengine retention`: forgetting what is due, by hand, and what was forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from callengine.chores import retention_by_hand
from callengine.cli.login import login_name
from callengine.cli.options import config_option, fail, settings_or_fail
from callengine.platform.clock import SystemClock
from storage.schema.errors import LedgerError


@click.group()
def retention() -> None:
    """Forget personal data whose time is over ([retention] in the settings); `run` does so every night by itself."""


@retention.command("run")
@config_option
@click.option("--dry-run", is_flag=True, help="Only tell what would be forgotten.")
def retention_run(config: Path | None, dry_run: bool) -> None:
    """Forget now what is due; what was forgotten is written into the deletion log."""
    settings, now = settings_or_fail(config), SystemClock().now()
    _print_lines(
        lambda: retention_by_hand.retention_run(settings, dry_run=dry_run, who=login_name(), now=now)
    )


@retention.command("log")
@config_option
def retention_log(config: Path | None) -> None:
    """Print the deletion log."""
    settings = settings_or_fail(config)
    _print_lines(lambda: retention_by_hand.retention_log(settings))


def _print_lines(work: Callable[[], Iterable[str]]) -> None:
    try:
        for line in work():
            click.echo(line)
    except (LedgerError, SQLAlchemyError, OSError) as problem:
        fail(str(problem))
