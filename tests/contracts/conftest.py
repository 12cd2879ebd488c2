"""The databases that the ledger's contract is held against."""

from __future__ import annotations

from tests.support.postgres import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]
