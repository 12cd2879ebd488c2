"""`callengine db`: looking after the ledger while no engine runs, or (backup) while one does."""

from __future__ import annotations

import asyncio
from pathlib import Path

from config.settings import Settings
from storage.migrate import downgrade, newest_revision, refuse_other_schema, upgrade
from storage.rows.interval_rebuild import Rebuilt, rebuild
from storage.schema.database import create_ledger_engine, ledger_url
from storage.schema.errors import LedgerError


def revision() -> str:
    """The schema revision that this version works with."""
    return newest_revision()


def backup(settings: Settings, target: Path) -> None:
    """Copy a SQLite ledger, also while the engine writes to it. Raises LedgerError."""
    if not settings.database.url.startswith("sqlite"):
        raise LedgerError("this ledger is a PostgreSQL database: use pg_dump")
    if target.exists():
        raise LedgerError(f"{target} exists already: nothing was written")
    asyncio.run(_copy(settings, target))
    target.chmod(0o600)


def bring_to(settings: Settings, wanted: str | None) -> None:
    """Migrate up to this version's revision, or back to `wanted`. Raises LedgerError."""
    asyncio.run(_migrate(settings, wanted))


def rebuild_sums(settings: Settings) -> Rebuilt:
    """Make the sums by quarter of an hour again from the calls. Raises LedgerError, SQLAlchemyError."""
    return asyncio.run(_rebuild(settings))


async def _rebuild(settings: Settings) -> Rebuilt:
    database = settings.database
    engine = create_ledger_engine(ledger_url(database.url, database.password.get_secret_value()))
    try:
        await refuse_other_schema(engine)
        async with engine.begin() as connection:
            return await connection.run_sync(rebuild, settings.pbx.name)
    finally:
        await engine.dispose()


async def _copy(settings: Settings, target: Path) -> None:
    engine = create_ledger_engine(ledger_url(settings.database.url))
    try:
        async with engine.connect() as connection:
            # Not VACUUM INTO ?: aiosqlite would open a transaction first.
            driver = (await connection.get_raw_connection()).driver_connection
            if driver is None:
                raise LedgerError("the ledger cannot be opened")
            await driver.execute("VACUUM INTO ?", (str(target),))
    finally:
        await engine.dispose()


async def _migrate(settings: Settings, wanted: str | None) -> None:
    database = settings.database
    engine = create_ledger_engine(ledger_url(database.url, database.password.get_secret_value()))
    try:
        if wanted is None:
            await upgrade(engine)
        else:
            await downgrade(engine, wanted)
    finally:
        await engine.dispose()
