"""A role of PostgreSQL whose sessions a test may end, and its ledger."""

from __future__ import annotations

from typing import Any

from storage.schema.database import ledger_url

END_SESSIONS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}' AND usename = 'clerk'"
)


def clerks_ledger(server: Any, url: str) -> str:
    """A ledger of a role whose sessions a test may end; its URL."""
    name = ledger_url(url).database
    assert name is not None
    if not server.psql("SELECT 'there' FROM pg_roles WHERE rolname = 'clerk'").count("there"):
        server.psql("CREATE ROLE clerk LOGIN")
    server.psql(f"ALTER DATABASE {name} OWNER TO clerk")
    return url.replace("postgres:@", "clerk@")
