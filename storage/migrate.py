"""The ledger's revisions: which one this version works with, and the way there and back."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.rows.interval_rebuild import fill_where_missing
from storage.schema.revisions import Found, Revisions
from storage.schema.tables import metadata

LEDGER = Revisions("the ledger", Path(__file__).with_name("migrations"), metadata, fill_where_missing)


async def begin(engine: AsyncEngine) -> Found:
    """For the start of an engine: an empty database is made.

    Raises LedgerError for an older one, and for a newer one that lacks what this version needs.
    """
    async with engine.begin() as connection:
        return await connection.run_sync(LEDGER.begin)


async def upgrade(engine: AsyncEngine) -> Found:
    """Migrate to this version's revision; returns what was there before. Raises LedgerError."""
    async with engine.begin() as connection:
        return await connection.run_sync(LEDGER.upgrade)


async def downgrade(engine: AsyncEngine, revision: str) -> None:
    """Take the schema back to an older revision, for an older version; rows stay, newer columns go.

    Raises LedgerError when this version does not know the revision.
    """

    def take_back(connection: Connection) -> None:
        LEDGER.downgrade(connection, revision)

    async with engine.begin() as connection:
        await connection.run_sync(take_back)


async def refuse_other_schema(engine: AsyncEngine) -> Found:
    """For whoever reads: raises LedgerError unless this version's tables are there."""
    async with engine.connect() as connection:
        return await connection.run_sync(LEDGER.refuse_other)


def newest_revision() -> str:
    """The revision this version works with."""
    return LEDGER.newest
