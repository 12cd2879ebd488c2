"""Connections of the ledger's pool that died together: what is learnt of it, and how often."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from sqlalchemy import text

from storage.ledger import Ledger
from storage.schema.database import ledger_url
from tests.contracts.test_ledger_fail_over import assert_nothing_lost_or_twice, spooled
from tests.contracts.test_ledger_outage import until
from tests.support.centre import arrived
from tests.support.ledger_desk import opened_desk, play
from tests.support.postgres_clerk import END_SESSIONS, clerks_ledger


async def use_at_once(ledger: Ledger, count: int) -> None:
    """So many of the pool's connections, each for a word."""
    async with AsyncExitStack() as stack:
        for _ in range(count):
            connection = await stack.enter_async_context(ledger.engine.begin())
            await connection.execute(text("SELECT 1"))


async def test_one_death_is_looked_into_once_however_many_connections_died_of_it(
    postgres_server: Any, postgres_url: str, tmp_path: Path
) -> None:
    """The look itself meets the others: nobody has the ledger away once more for what is known."""
    url = clerks_ledger(postgres_server, postgres_url)
    async with spooled(url, tmp_path) as ledger:
        desk = opened_desk(ledger)
        await use_at_once(ledger, 5)
        postgres_server.psql(END_SESSIONS.format(ledger_url(postgres_url).database))
        troubles: list[Exception] = []
        ledger.writer.news.failed = troubles.append
        play(ledger, desk, [arrived("c2", 60, number="+79160000002")])
        await ledger.writer.flush()
        await until(lambda: not ledger.writer.is_away)
        assert len(troubles) == 1
        await use_at_once(ledger, 5)
        play(ledger, desk, [arrived("c3", 70, number="+79160000003")])
        await ledger.writer.flush()
        assert len(troubles) == 1
        assert not ledger.writer.is_away
        await assert_nothing_lost_or_twice(ledger, len(desk.decisions))


async def test_what_was_in_use_when_the_others_died_may_have_written_elsewhere_and_is_looked_into(
    postgres_server: Any, postgres_url: str, tmp_path: Path
) -> None:
    """The old primary may have taken its last transaction after the look at the new one."""
    url = clerks_ledger(postgres_server, postgres_url)
    async with spooled(url, tmp_path) as ledger:
        desk = opened_desk(ledger)
        await use_at_once(ledger, 2)
        async with ledger.engine.begin() as spared:
            pid = await spared.scalar(text("SELECT pg_backend_pid()"))
            ended = END_SESSIONS.format(ledger_url(postgres_url).database)
            postgres_server.psql(f"{ended} AND pid <> {pid}")
            play(ledger, desk, [arrived("c2", 60, number="+79160000002")])
            await ledger.writer.flush()
            await until(lambda: not ledger.writer.is_away)
            assert not ledger.writer.drain.in_doubt
        await use_at_once(ledger, 3)
        assert ledger.writer.drain.in_doubt
        play(ledger, desk, [arrived("c3", 70, number="+79160000003")])
        await ledger.writer.flush()
        await until(lambda: not ledger.writer.is_away)
        assert not ledger.writer.drain.in_doubt
        await assert_nothing_lost_or_twice(ledger, len(desk.decisions))
