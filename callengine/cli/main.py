"""The command `callengine`: each verb is a few lines here and does its work elsewhere.

Exit codes: 0 done, 1 it could not be done or something is wrong, 2 the command line itself was wrong.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Final

import click

from callengine.check.finding import Finding
from callengine.cli.lazy_group import LazyGroup
from callengine.cli.options import config_option, fail, settings_or_fail
from callengine.demo.needs import without_telephones
from callengine.http.auth.tokens import TokenError
from callengine.platform.clock import ClockSetBackError, SystemClock
from callengine.platform.logs import configure_logging
from config.credentials import CREDENTIALS_VARIABLE
from config.loading import DEFAULT_PATH, settings_path
from config.policies import dialplan_lines
from storage.schema.errors import LedgerError

_ELSEWHERE: Final = {
    "callbacks": "callengine.cli.callbacks:callbacks",
    "db": "callengine.cli.db_commands:db",
    "desk": "callengine.cli.desk:desk",
    "messages": "callengine.cli.callbacks:messages",
    "reconcile": "callengine.cli.reconcile:reconcile_command",
    "replay": "callengine.cli.replay:replay",
    "report": "callengine.cli.report:report",
    "retention": "callengine.cli.retention:retention",
    "sample": "callengine.cli.sample:sample",
    "token": "callengine.cli.token:token",
}


@click.group(
    cls=LazyGroup,
    elsewhere=_ELSEWHERE,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
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
    from callengine.run.service import serve  # noqa: PLC0415  # the whole engine; no other verb needs it

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
    from callengine.cli.desk_schema import check_desk_database  # noqa: PLC0415  # likewise

    settings, path = settings_or_fail(config), settings_path(config, os.environ)

    async def all_of_it() -> list[Finding]:
        around = checks.surroundings(path)
        return [
            *checks.check_settings(settings, path),
            *await checks.check_machine(settings, around),
            *await check_desk_database(settings),
            *await checks.check_pbx(settings),
            *await check_unlisted(settings, SystemClock().now(), last=unlisted),
        ]

    sys.exit(checks.report(checks.with_lines(asyncio.run(all_of_it()), path), as_json=as_json))


@main.command()
@click.option(
    "--seconds",
    default=120.0,
    show_default=True,
    help="How long; 0: until Ctrl-C, which also ends it earlier.",
)
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
