"""`callengine desk`: the process that serves people's browsers, beside the engine; and its accounts."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from callengine.cli.lazy_group import LazyGroup
from callengine.cli.options import config_option, fail, settings_or_fail
from callengine.platform.clock import SystemClock
from callengine.platform.logs import configure_logging


@click.group(
    cls=LazyGroup,
    elsewhere={
        "account": "callengine.cli.desk_accounts:account",
        "resident": "callengine.cli.desk_residents:resident",
    },
    invoke_without_command=True,
)
@config_option
@click.pass_context
def desk(context: click.Context, config: Path | None) -> None:
    """Run the desk until SIGTERM or Ctrl-C: it follows the engine's calls; no call ever waits for it."""
    settings = settings_or_fail(config, of_desk=True)
    if context.invoked_subcommand is not None:
        context.obj = settings
        return
    from callengine.desk.process import serve  # noqa: PLC0415  # all pages; accounts by command need none

    configure_logging(level=settings.log.level, as_json=settings.log.format == "json", now=SystemClock().now)
    try:
        asyncio.run(serve(settings))
    except OSError as problem:
        fail(str(problem))
