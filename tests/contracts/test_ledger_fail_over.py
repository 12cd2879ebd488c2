"""PostgreSQL in trouble while it answers: a fail-over, a limit, ended sessions; every holder recovers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from queues.messages import events
from queues.messages.events import ContactResult
from storage.ledger import Ledger
from storage.purge import Kind, Term, forget
from storage.queries.obligations import obligation_story
from storage.rows.interval_rebuild import rebuild
from storage.schema.database import create_ledger_engine, ledger_url
from storage.schema.errors import DatabaseUnreachable, LedgerAway
from storage.spool.drain import AWAY
from tests.contracts.test_ledger_outage import (
    ATTEMPT,
    OBLIGATION,
    miss_and_claim,
    until,
)
from tests.support.centre import NOON, arrived, moment
from tests.support.ledger_desk import opened_desk, play
from tests.support.outage import NODE, numbers, open_spooled, rows_by_the_journal, rows_of
from tests.support.postgres_clerk import END_SESSIONS, clerks_ledger
from tests.support.postgres_pair import Pair, pair, silent_server

__all__ = ["pair"]


@asynccontextmanager
async def spooled(url: str, folder: Path) -> AsyncIterator[Ledger]:
    ledger = await open_spooled(url, folder / "spool")
    try:
        yield ledger
    finally:
        await ledger.close()


async def noted(ledger: Ledger) -> None:
    await ledger.note_alive(moment(1))


async def claimed(ledger: Ledger) -> None:
    assert await ledger.is_claimed(ATTEMPT)


async def told(ledger: Ledger) -> None:
    async with ledger.reading() as engine:
        assert await obligation_story(engine, NODE, OBLIGATION)


async def forgotten(ledger: Ledger) -> None:
    await forget(ledger.engine, NODE, Term(Kind.JOURNAL, "", NOON), NOON, "test")


async def summed(ledger: Ledger) -> None:
    async with ledger.engine.begin() as connection:
        await connection.run_sync(rebuild, NODE)


HOLDERS: list[Callable[[Ledger], Awaitable[None]]] = [noted, claimed, told, forgotten, summed]
"""Whoever uses the engine's connections beside its writer: heartbeat, claims, lists, retention, sums."""


async def every_holder_works(ledger: Ledger) -> None:
    for holder in HOLDERS:
        await holder(ledger)


async def try_every_holder(ledger: Ledger) -> None:
    """Whatever comes of it: each has a connection afterwards that may be good for nothing."""
    for holder in HOLDERS:
        try:
            async with asyncio.timeout(10):
                await holder(ledger)
        except AWAY:
            continue


async def test_the_address_leads_to_the_new_primary_and_the_old_one_answers_every_ping(
    pair: Pair, tmp_path: Path
) -> None:
    """As seen: forty seconds after the fail-over the ledger was away still, and stayed so until a restart."""
    async with spooled(pair.by_address, tmp_path) as ledger:
        desk = opened_desk(ledger)
        await ledger.writer.flush()
        await every_holder_is_ready(ledger, desk)
        await asyncio.to_thread(pair.fail_over)
        with pytest.raises(LedgerAway):
            await told(ledger)
        assert ledger.writer.is_away
        await told(ledger)  # By what stands in.
        play(ledger, desk, [arrived("c2", 60, number="+79160000002")])
        async with asyncio.timeout(15):
            await ledger.writer.flush()
        assert ledger.writer.is_away
        await try_every_holder(ledger)
        pair.point_at(pair.primary)
        await until(lambda: not ledger.writer.is_away)
        await every_holder_works(ledger)
        play(ledger, desk, [arrived("c3", 70, number="+79160000003")])
        await ledger.writer.flush()
        assert not ledger.writer.is_away
        await assert_nothing_lost_or_twice(ledger, len(desk.decisions))


async def assert_nothing_lost_or_twice(ledger: Ledger, decisions: int) -> None:
    """The sums were made again meanwhile, by a holder: their mark says so and differs."""
    found = await rows_of(ledger.engine)
    assert numbers(found["journal"]) == [(ledger.epoch, seq) for seq in range(1, decisions + 1)]
    by_the_journal = await rows_by_the_journal(found["journal"])
    del found["rollup_marks"], by_the_journal["rollup_marks"]
    assert found == by_the_journal


async def every_holder_is_ready(ledger: Ledger, desk: Any) -> None:
    miss_and_claim(ledger, desk)
    await ledger.writer.flush()
    await every_holder_works(ledger)


async def test_several_hosts_in_the_url_and_the_one_that_takes_writes_is_found_there_and_back(
    pair: Pair, tmp_path: Path
) -> None:
    async with spooled(pair.by_hosts, tmp_path) as ledger:
        desk = opened_desk(ledger)
        await every_holder_is_ready(ledger, desk)
        for n in range(2):
            await asyncio.to_thread(pair.fail_over)
            play(ledger, desk, [arrived(f"d{n}", 60 + n, number=f"+7916000001{n}")])
            async with asyncio.timeout(15):
                await ledger.writer.flush()
            await until(lambda: not ledger.writer.is_away)
            await every_holder_works(ledger)
        await assert_nothing_lost_or_twice(ledger, len(desk.decisions))


async def test_what_a_standby_never_got_before_it_was_promoted_is_written_again_from_the_spool(
    pair: Pair, tmp_path: Path
) -> None:
    """The database had taken it and said so; the engine erased its traces in Asterisk for that."""
    async with spooled(pair.by_hosts, tmp_path) as ledger:
        missed: list[int] = []
        ledger.writer.news.missed = missed.append
        desk = opened_desk(ledger)
        await ledger.writer.flush()
        kept = len(desk.decisions)
        await asyncio.to_thread(pair.leave_behind)
        await every_holder_is_ready(ledger, desk)
        assert not ledger.writer.is_away
        lost = len(desk.decisions) - kept
        await asyncio.to_thread(pair.lose_the_last)
        play(ledger, desk, [events.AttemptEnded(moment(50), ATTEMPT, ContactResult.BUSY)])
        await ledger.writer.flush()
        await until(lambda: not ledger.writer.is_away)
        assert missed == [lost]
        assert not await ledger.is_claimed(ATTEMPT)
        await assert_nothing_lost_or_twice(ledger, len(desk.decisions))


async def test_what_else_a_url_says_reaches_the_driver_as_it_wants_it(pair: Pair) -> None:
    """A pooler in front wants no prepared statements kept; TLS as libpq writes it."""
    more = (
        "&statement_cache_size=0&prepared_statement_cache_size=0&timeout=5&command_timeout=9&sslmode=prefer"
    )
    engine = create_ledger_engine(ledger_url(f"{pair.by_hosts}{more}"))
    try:
        assert await serving(engine, "SELECT 1") == 1
    finally:
        await engine.dispose()


async def test_a_primary_that_hangs_is_left_for_the_standby_that_was_promoted(
    pair: Pair, tmp_path: Path
) -> None:
    async with spooled(pair.by_hosts, tmp_path) as ledger:
        desk = opened_desk(ledger)
        await every_holder_is_ready(ledger, desk)
        await asyncio.to_thread(pair.catch_up)
        with pair.primary_frozen():
            await asyncio.to_thread(pair.standby.promote)
            play(ledger, desk, [arrived("c2", 60, number="+79160000002")])
            async with asyncio.timeout(15):
                await ledger.writer.flush()
            await until(lambda: not ledger.writer.is_away)
            await every_holder_works(ledger)
            await assert_nothing_lost_or_twice(ledger, len(desk.decisions))


async def test_a_server_that_says_nothing_does_not_keep_the_next_one_from_its_turn(
    pair: Pair, tmp_path: Path
) -> None:
    with silent_server(tmp_path) as silent:
        url = f"postgresql://postgres@/postgres?host={silent}&host={pair.standby.socket_folder}"
        async with spooled(f"{url}&host={pair.primary.socket_folder}", tmp_path) as ledger:
            desk = opened_desk(ledger)
            await every_holder_is_ready(ledger, desk)
            assert not ledger.writer.is_away


async def test_a_reader_takes_a_standby_when_no_server_takes_writes_and_a_writer_says_why_not(
    pair: Pair, tmp_path: Path
) -> None:
    async with spooled(pair.by_hosts, tmp_path) as ledger:
        await every_holder_is_ready(ledger, opened_desk(ledger))
    url = ledger_url(pair.by_hosts)
    await asyncio.to_thread(pair.catch_up)
    pair.primary.stop()
    reader = create_ledger_engine(url, read_only=True)
    try:
        assert await obligation_story(reader, NODE, OBLIGATION)
    finally:
        await reader.dispose()
    for asked in ({}, {"read_only": True, "wants_writer": True}):
        writer = create_ledger_engine(url, **asked)
        with pytest.raises(DatabaseUnreachable) as refused:
            async with writer.connect():
                pass
        await writer.dispose()
        assert f"{pair.standby.socket_folder}:5432: takes no writes" in str(refused.value)
        assert f"{pair.primary.socket_folder}:5432: " in str(refused.value)


@contextmanager
def read_only(server: Any, _name: str) -> Iterator[None]:
    server.psql("ALTER SYSTEM SET default_transaction_read_only = on")
    server.psql("SELECT pg_reload_conf()")
    try:
        yield
    finally:
        server.psql(
            "SET default_transaction_read_only = off;\nALTER SYSTEM RESET default_transaction_read_only"
        )
        server.psql("SELECT pg_reload_conf()")


@contextmanager
def read_only_for_new_sessions(server: Any, name: str) -> Iterator[None]:
    """Each session keeps what it began with."""
    server.psql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    server.psql(END_SESSIONS.format(name))
    try:
        yield
    finally:
        server.psql(f"ALTER DATABASE {name} RESET default_transaction_read_only")


@contextmanager
def sessions_ended(server: Any, name: str) -> Iterator[None]:
    server.psql(END_SESSIONS.format(name))
    yield
    server.psql(END_SESSIONS.format(name))


@contextmanager
def no_connection_left(server: Any, name: str) -> Iterator[None]:
    server.psql(f"ALTER DATABASE {name} CONNECTION LIMIT 0")
    server.psql(END_SESSIONS.format(name))
    try:
        yield
    finally:
        server.psql(f"ALTER DATABASE {name} CONNECTION LIMIT -1")


@contextmanager
def restarted(server: Any, _name: str) -> Iterator[None]:
    server.stop()
    server.ensure_postgres_running()
    yield


@pytest.mark.parametrize(
    "trouble", [read_only, read_only_for_new_sessions, sessions_ended, no_connection_left, restarted]
)
async def test_whatever_the_server_did_to_its_sessions_every_holder_recovers_by_itself(
    trouble: Callable[[Any, str], Any], postgres_server: Any, postgres_url: str, tmp_path: Path
) -> None:
    name = ledger_url(postgres_url).database
    async with spooled(clerks_ledger(postgres_server, postgres_url), tmp_path) as ledger:
        desk = opened_desk(ledger)
        await every_holder_is_ready(ledger, desk)
        with trouble(postgres_server, name):
            play(ledger, desk, [arrived("c2", 60, number="+79160000002")])
            async with asyncio.timeout(15):
                await ledger.writer.flush()
            await try_every_holder(ledger)
        await until(lambda: not ledger.writer.is_away)
        await every_holder_works(ledger)
        play(ledger, desk, [arrived("c3", 70, number="+79160000003")])
        await ledger.writer.flush()
        # A holder that met an ended session has only told of it: the journal is looked into before the next write.
        await until(lambda: not ledger.writer.is_away)
        await assert_nothing_lost_or_twice(ledger, len(desk.decisions))


async def serving(engine: AsyncEngine, read: str) -> Any:
    async with engine.connect() as connection:
        return await connection.scalar(text(read))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_connection_on_which_something_failed_is_not_used_again_and_none_as_old_as_it(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Only a row that is refused says nothing against the connection."""
    url = f"sqlite:///{tmp_path}/ledger.db" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    engine = create_ledger_engine(ledger_url(url), read_only=True)
    try:
        async with engine.begin() as first, engine.begin() as second:
            await first.execute(text("CREATE TABLE things (name VARCHAR PRIMARY KEY)"))
            used = {await driver(first), await driver(second)}
        async with engine.begin() as connection:
            await connection.execute(text("INSERT INTO things VALUES ('one')"))
            with pytest.raises(SQLAlchemyError):
                async with connection.begin_nested():
                    await connection.execute(text("INSERT INTO things VALUES ('one')"))
            await connection.execute(text("INSERT INTO things VALUES ('two')"))
            assert await driver(connection) in used
        with pytest.raises(SQLAlchemyError):
            async with engine.begin() as connection:
                await connection.execute(text("INSERT INTO nowhere VALUES ('three')"))
        async with engine.begin() as first, engine.begin() as second:
            again = {await driver(first), await driver(second)}
            assert not again & used
        async with engine.begin() as first, engine.begin() as second:
            assert {await driver(first), await driver(second)} == again
        assert await serving(engine, "SELECT count(*) FROM things") == 2
    finally:
        await engine.dispose()


async def driver(connection: Any) -> Any:
    return (await connection.get_raw_connection()).driver_connection
