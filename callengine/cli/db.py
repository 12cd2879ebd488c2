"""`callengine db`: looking after ledger and desk database while nothing runs, or (upgrade, backup) while it does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine

from callengine.desk.data.database import DeskDatabase
from callengine.desk.data.migrate import DESK
from callengine.desk.data.place import database_file, database_url
from callengine.platform.paths import in_state_folder
from config.settings import Settings
from storage.migrate import LEDGER, downgrade, refuse_other_schema, upgrade
from storage.rows.interval_rebuild import Rebuilt, rebuild
from storage.schema.database import create_ledger_engine, is_in_memory, keep_private, ledger_url
from storage.schema.revisions import Fit, Found

_SQLITE = "sqlite:///"


def revision(*, of_desk: bool = False) -> str:
    """The schema revision that this version works with."""
    return (DESK if of_desk else LEDGER).newest


def ledger_file(settings: Settings) -> Path | None:
    """The file of an embedded ledger, as a command that is typed elsewhere finds it; None for PostgreSQL, or memory."""
    url = settings.database.url
    name = url.removeprefix(_SQLITE)
    return None if name in {url, "", ":memory:"} else in_state_folder(Path(name))


def ledger_place(settings: Settings) -> URL:
    """With password. Raises LedgerError."""
    file = ledger_file(settings)
    if file is not None:
        return ledger_url(f"{_SQLITE}{file}")
    return ledger_url(settings.database.url, settings.database.password.get_secret_value())


async def upgrade_ledger(settings: Settings, *, made: bool) -> str:
    """Bring it to this version's revision, one that is not there yet only when it is `made`. Raises LedgerError."""
    file = ledger_file(settings)
    if file is not None and not file.exists() and not made:
        return f"the ledger is not there yet: the engine's first start makes {file}"
    keep_private(ledger_place(settings))
    async with _ledger(settings) as engine:
        return _done(await upgrade(engine))


async def upgrade_desk(settings: Settings, *, made: bool) -> str:
    """The desk's database likewise. Raises LedgerError."""
    file = database_file(settings)
    if not made and (is_in_memory(database_url(settings)) or (file is not None and not file.exists())):
        return f"the desk's database is not there yet: the desk's first start makes {file or 'it'}"
    async with desk_database(settings) as database:
        return _done(await database.upgrade())


async def take_back(settings: Settings, wanted: str, *, of_desk: bool) -> str:
    """To an older version's revision. Raises LedgerError."""
    if of_desk:
        async with desk_database(settings) as database:
            await database.downgrade(wanted)
        return f"the desk's database is at revision {wanted}"
    async with _ledger(settings) as engine:
        await downgrade(engine, wanted)
    return f"the ledger is at revision {wanted}"


async def rebuild_sums(settings: Settings) -> Rebuilt:
    """Make the sums by quarter of an hour again from the calls. Raises LedgerError, SQLAlchemyError."""
    async with _ledger(settings) as engine:
        await refuse_other_schema(engine)
        async with engine.begin() as connection:
            return await connection.run_sync(rebuild, settings.pbx.name)


@asynccontextmanager
async def desk_database(settings: Settings) -> AsyncIterator[DeskDatabase]:
    """The desk's, closed afterwards. Raises LedgerError."""
    database = DeskDatabase(database_url(settings))
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def _ledger(settings: Settings) -> AsyncIterator[AsyncEngine]:
    engine = create_ledger_engine(ledger_place(settings))
    try:
        yield engine
    finally:
        await engine.dispose()


def _done(before: Found) -> str:
    match before.fit:
        case Fit.EMPTY:
            return f"{before.subject} was made, at revision {before.newest}"
        case Fit.OLDER:
            return f"{before.subject} was brought from revision {before.revision} to {before.newest}"
        case Fit.CURRENT | Fit.NEWER:
            return f"{before.told()}; nothing was changed"
