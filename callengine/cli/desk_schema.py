"""`callengine check` looks at the desk's database as the desk's start would."""

from __future__ import annotations

import asyncio
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from callengine.check.finding import Finding
from callengine.check.ledger import schema_finding
from callengine.desk.data.database import DeskDatabase
from callengine.desk.data.place import database_file, database_url
from config.settings import Settings
from storage.schema.errors import LedgerError

_SECONDS: Final = 12.0


async def check_desk_database(settings: Settings) -> list[Finding]:
    """Never an error: calls do not need the desk. One that is not there yet, or in memory, is the desk's to make."""
    file = database_file(settings)
    if settings.desk.database.startswith("sqlite") and (file is None or not file.exists()):
        return []
    where = file.absolute() if file is not None else settings.desk.database
    try:
        database = DeskDatabase(database_url(settings))
        try:
            async with asyncio.timeout(_SECONDS):
                return [schema_finding(await database.look(), f"desk.database {where}", "read")]
        finally:
            await database.close()
    except (LedgerError, SQLAlchemyError, OSError, TimeoutError) as problem:
        said = str(getattr(problem, "orig", None) or problem) or type(problem).__name__
        how = "the desk will not start so; calls do not need it (docs/desk.md)"
        return [Finding("warning", f"desk.database {where}: {said}", how)]
