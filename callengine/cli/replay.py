"""`callengine replay`: exit code 0 when it is decided the same, 1 when not."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from datetime import tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from sqlalchemy.exc import SQLAlchemyError

from callengine.cli.options import config_option, fail, settings_or_fail
from callengine.platform.ledger_access import ledger_of
from callengine.reconcile.decided_again import CannotReplay, DecidedAgain, decide_again
from config.policies import centre_policy
from config.settings import Settings
from storage.schema.errors import LedgerError


@click.command("replay")
@config_option
@click.option("--epoch", type=click.IntRange(min=1), metavar="N", help="Which run; default: the latest.")
@click.option(
    "--most",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="List so many events that are decided otherwise.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
def replay(config: Path | None, epoch: int | None, most: int, as_json: bool) -> None:
    """Decide a recorded run of the engine again, by this version and these settings, and tell what differs.

    Nothing is sent anywhere, and the engine may run meanwhile. A newer version shows by it, before it goes live,
    what it would have decided otherwise; a changed copy of the settings (--config), what it would have changed.
    A reload of the settings that was recorded is made again. Phone numbers are masked.
    """
    settings = settings_or_fail(config)
    try:
        told = asyncio.run(_decided(settings, epoch, most))
    except (CannotReplay, LedgerError, SQLAlchemyError, OSError) as problem:
        fail(str(problem))
    if as_json:
        click.echo(json.dumps(told.as_json(), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(_lines(told, ZoneInfo(settings.centre.time_zone))))
    sys.exit(1 if told.differing else 0)


async def _decided(settings: Settings, epoch: int | None, most: int) -> DecidedAgain:
    async with ledger_of(settings, read_only=True) as ledger:
        return await decide_again(ledger, settings.pbx.name, epoch, centre_policy(settings), most)


def _lines(told: DecidedAgain, zone: tzinfo) -> Iterator[str]:
    run = told.run
    began = run.started_at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    yield f"run {run.epoch} of {run.node}, begun {began}: {run.events} events, {told.differing} decided otherwise"
    for one in told.first:
        yield f"{one.at.astimezone(zone):%H:%M:%S.%f}  event {one.number}  {one.event}"
        yield from (f"  recorded  {line}" for line in one.recorded)
        yield from (f"  now       {line}" for line in one.now)
    if told.differing > 1:
        yield "The first difference is the one to look at: those after it may only follow from it."
