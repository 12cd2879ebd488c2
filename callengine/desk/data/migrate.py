"""Bringing the desk's database to the schema this version works with."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.schema.errors import LedgerError, UnknownRevision

MIGRATIONS = Path(__file__).with_name("migrations")


async def upgrade(engine: AsyncEngine) -> None:
    """Migrate to the newest revision. Raises LedgerError when a newer version was there before."""
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade)


async def refuse_other_schema(engine: AsyncEngine) -> None:
    """Raises LedgerError unless the database is at this version's revision."""
    async with engine.connect() as connection:
        found = await connection.run_sync(_revision_of)
    if found != newest_revision():
        raise LedgerError(
            f"the desk's database is at revision {found}, this version works with {newest_revision()}: "
            "`callengine db upgrade` brings it there"
        )


def newest_revision() -> str:
    """The revision this version works with."""
    return str(_scripts().get_current_head())


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(MIGRATIONS))


def _revision_of(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _upgrade(connection: Connection) -> None:
    found = _revision_of(connection)
    if found is not None and found not in {one.revision for one in _scripts().walk_revisions()}:
        raise UnknownRevision(
            f"the desk's database is at revision {found}, which this version does not know: it was used by a newer "
            "callengine. Start that version, or restore the backup made before the upgrade."
        )
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
