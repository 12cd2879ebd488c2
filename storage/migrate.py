"""Bringing a database to the schema this version works with."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.rows.interval_rebuild import fill_where_missing
from storage.schema.errors import LedgerError, UnknownRevision

MIGRATIONS = Path(__file__).with_name("migrations")


async def upgrade(engine: AsyncEngine) -> None:
    """Migrate to the newest revision; nothing happens when it is there already.

    Raises LedgerError when the database was migrated by a newer version.
    """
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade)


async def downgrade(engine: AsyncEngine, revision: str) -> None:
    """Take the schema back to an older revision, for an older version; rows stay, newer columns go.

    Raises LedgerError when this version does not know the revision.
    """
    known = {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}
    if revision not in known:
        raise LedgerError(f"there is no revision {revision!r}; known are {', '.join(sorted(known))}")

    def take_back(connection: Connection) -> None:
        command.downgrade(alembic_config(connection), revision)

    async with engine.begin() as connection:
        await connection.run_sync(take_back)


async def refuse_other_schema(engine: AsyncEngine) -> None:
    """For whoever only reads: raises LedgerError unless the database is at this version's revision."""

    def current(connection: Connection) -> str | None:
        return MigrationContext.configure(connection).get_current_revision()

    async with engine.connect() as connection:
        found = await connection.run_sync(current)
    if found != newest_revision():
        raise LedgerError(
            f"the ledger is at revision {found}, this version works with {newest_revision()}: "
            "see `callengine db --help`"
        )


def newest_revision() -> str:
    """The revision this version works with."""
    return str(ScriptDirectory(str(MIGRATIONS)).get_current_head())


def alembic_config(connection: Connection) -> Config:
    """Alembic's settings for one connection; no alembic.ini is needed."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def refuse_unknown_revision(found: str | None) -> None:
    """Raises UnknownRevision when the database was migrated by a newer version."""
    known = {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}
    if found is not None and found not in known:
        raise UnknownRevision(
            f"the database is at revision {found}, which this version does not know: it was used by a newer "
            "callengine. Start that version, or restore the backup made before the upgrade."
        )


def _upgrade(connection: Connection) -> None:
    refuse_unknown_revision(MigrationContext.configure(connection).get_current_revision())
    command.upgrade(alembic_config(connection), "head")
    fill_where_missing(connection)
