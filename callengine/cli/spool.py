"""`callengine db spool`: what the spool holds, and bringing it into the ledger by hand."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

import click

from callengine.cli.options import config_option, fail, settings_or_fail
from callengine.platform.clock import SystemClock
from config.settings import Settings
from storage.migrate import begin
from storage.schema.database import create_ledger_engine, ledger_url
from storage.schema.errors import LedgerError
from storage.spool.drain import AWAY, Drain
from storage.spool.file import Damage, read_records
from storage.spool.records import Checkpoint, Decided, Started, decode_line, instant
from storage.spool.writer import Spool


@click.command("spool")
@click.option("--drain", is_flag=True, help="With the engine stopped: bring everything into the ledger.")
@config_option
def spool_command(drain: bool, config: Path | None) -> None:
    """Show what the spool holds, also while the engine runs; the engine drains it by itself."""
    settings = settings_or_fail(config)
    path = settings.spool_path
    if path is None:
        fail("a ledger in memory has no spool")
    try:
        if drain:
            click.echo(asyncio.run(_drained(settings, path)))
        elif path.exists():
            click.echo("\n".join(_told(path, settings.database.spool_max_mb)))
        else:
            click.echo(f"{path}: there is no spool yet; the engine makes it at its first start")
    except (LedgerError, OSError) as problem:
        fail(str(problem))


def _told(path: Path, limit_mb: int) -> list[str]:
    """Its size, and since when it holds what. Raises OSError."""
    decisions, starts, first, last, whole = 0, 0, None, None, False
    damage = Damage()
    for found in read_records(path, 0, damage):
        match decode_line(found.content):
            case Decided(at=at):
                decisions += 1
                first, last = first or instant(at), instant(at)
            case Started():
                starts += 1
            case Checkpoint():
                whole = True
            case _:
                pass
    lines = [f"{path}: {path.stat().st_size / 1e6:.1f} MB of {limit_mb} MB"]
    lines.append(
        "it tells what was open: the engine can start with the database away" if whole else _NO_CHECKPOINT
    )
    lines.append(
        f"{decisions} decisions since{_span(first, last)}; the ledger has them too unless it is away"
    )
    if starts:
        lines.append(f"{starts} starts of the engine with the database away")
    lines += [
        f"damaged from byte {start} to {end}: set aside at the next start" for start, end in damage.stretches
    ]
    if damage.torn is not None:
        lines.append("its last write is not whole (an engine that writes just now, or was killed)")
    return lines


_NO_CHECKPOINT = "it does not tell what was open: the engine needs the database to start"


def _span(first: datetime | None, last: datetime | None) -> str:
    return (
        ""
        if first is None or last is None
        else f", {first:%Y-%m-%d %H:%M:%S} to {last:%Y-%m-%d %H:%M:%S} UTC"
    )


async def _drained(settings: Settings, path: Path) -> str:
    """Raises LedgerError: an engine runs, or the database is away."""
    database = settings.database
    spool = Spool(path, settings.pbx.name, limit_bytes=database.spool_max_mb << 20)
    engine = create_ledger_engine(ledger_url(database.url, database.password.get_secret_value()))
    clock = SystemClock()
    try:
        await spool.open()
        await begin(engine)
        started = clock.now()
        records = await Drain(engine, settings.pbx.name, spool).bring_over()
        seconds = (clock.now() - started).total_seconds()
    except LedgerError:
        raise
    except AWAY as problem:
        raise LedgerError(
            f"the ledger cannot be written: {type(problem).__name__}; nothing is lost"
        ) from None
    finally:
        await engine.dispose()
        await spool.close()
    return f"{records} decisions went into the ledger in {seconds:.1f} s; it has everything"
