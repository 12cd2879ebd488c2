"""The ledger beside a running engine, for commands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from callengine.platform.paths import in_state_folder
from config.settings import Settings
from storage.migrate import refuse_other_schema
from storage.schema.database import create_ledger_engine, ledger_url
from storage.schema.errors import LedgerError

_SQLITE = "sqlite:///"


@asynccontextmanager
async def ledger_of(settings: Settings, *, read_only: bool) -> AsyncIterator[AsyncEngine]:
    """The ledger of these settings, also beside a running engine. Raises LedgerError."""
    url = settings.database.url
    if url.startswith(_SQLITE):
        file = in_state_folder(Path(url.removeprefix(_SQLITE)))
        if not file.exists():
            raise LedgerError(f"there is no ledger at {file}")
        url = f"{_SQLITE}{file}"
    password = settings.database.password.get_secret_value()
    engine = create_ledger_engine(ledger_url(url, password), read_only=read_only)
    try:
        await refuse_other_schema(engine)
        yield engine
    finally:
        await engine.dispose()
