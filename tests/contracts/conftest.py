"""The databases that the ledger's contract is held against."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.ledger import Ledger, open_ledger
from tests.support.centre import NOON
from tests.support.postgres import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    match request.param:
        case "memory":
            return "sqlite://"
        case "sqlite":
            return f"sqlite:///{tmp_path}/ledger.db"
        case _:
            postgres: str = request.getfixturevalue("postgres_url")
            return postgres


@pytest.fixture
async def ledger(url: str) -> AsyncIterator[Ledger]:
    opened = await open_ledger(url, "pbx1", NOON)
    opened.writer.start()
    yield opened
    await opened.close()
