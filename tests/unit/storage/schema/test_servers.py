"""Which servers a database URL names, in each way that libpq and SQLAlchemy write it; and who opens connections."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config.schema.centre import Database
from storage.schema.database import ledger_url
from storage.schema.errors import LedgerError
from storage.schema.servers import places, without_places

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("postgresql://u@db/name", ["db:5432"]),
        ("postgresql://u@db:5433/name", ["db:5433"]),
        ("postgresql://u@one,two/name", ["one:5432", "two:5432"]),
        ("postgresql://u@one:5433,two:5434,three/name", ["one:5433", "two:5434", "three:5432"]),
        ("postgresql://one,two/name", ["one:5432", "two:5432"]),
        ("postgresql+asyncpg://u@[::1]:5433,[fe80::1]/name", ["::1:5433", "fe80::1:5432"]),
        ("postgresql://u@/name?host=one:5433&host=two:5434", ["one:5433", "two:5434"]),
        ("postgresql://u@/name?host=one&host=two&port=5433", ["one:5433", "two:5433"]),
        ("postgresql://u@/name?host=one&host=two&port=5433&port=5434", ["one:5433", "two:5434"]),
        ("postgresql://u@/name?host=one,two&port=5433,5434", ["one:5433", "two:5434"]),
        ("postgresql://u@/name?host=/run/postgresql", ["/run/postgresql:5432"]),
        ("postgresql://u@one,two/name?target_session_attrs=read-write", ["one:5432", "two:5432"]),
        ("postgresql:///name", ["the usual socket"]),
    ],
)
def test_servers_are_named_as_libpq_and_sqlalchemy_do(url: str, named: list[str]) -> None:
    read = ledger_url(Database(url=url).url, "secret")
    assert [str(one) for one in places(read)] == named
    told = without_places(read)
    assert (told.host, told.port, dict(told.query)) == (None, None, {})
    assert (told.database, told.password) == ("name", "secret")


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("postgresql://u@one:5432,:5433/name", "names a server ':5433'"),
        ("postgresql://u@/name?host=one&host=two&host=three&port=1&port=2", "3 hosts and 2 ports"),
        ("postgresql://u@one,two/name?target_session_attrs=standby", "target_session_attrs=standby"),
        ("postgresql://u@one/name?sslmod=require", "option 'sslmod'; known are .*sslmode"),
        ("postgresql://u@one/name?timeout=soon", "timeout=soon; a number is right"),
    ],
)
def test_a_url_that_cannot_lead_to_a_writer_is_refused_with_the_reason(url: str, hint: str) -> None:
    with pytest.raises(LedgerError, match=hint):
        ledger_url(url)


def test_nobody_opens_a_database_but_the_engine_that_cures_its_connections() -> None:
    """The others: the stand-in, in memory, gone with its connection; the desk's and the engine's look into each other's
    file, which open it to read only; copies of a file, by the command that makes them.
    """
    opens = re.compile(
        r"create_(async_)?engine\(|asyncpg\.connect\(|sqlite3\.connect\(|(aiosqlite\.connect|open_sqlite)\("
    )
    found = {
        str(path.relative_to(ROOT))
        for package in ("callengine", "storage", "queues", "sla", "config", "ami_adapters")
        for path in (ROOT / package).rglob("*.py")
        if opens.search(path.read_text(encoding="utf-8"))
    }
    assert found == {
        "storage/schema/database.py",
        "storage/schema/servers.py",
        "storage/schema/sqlite_file.py",
        "storage/schema/copies.py",
        "storage/desk/file.py",
        "storage/spool/local_replica.py",
        "callengine/desk/ledger/reader.py",
    }
