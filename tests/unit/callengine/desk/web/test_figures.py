"""What the desk tells Prometheus: counted as it happens, looked up at a scrape, told on while its database is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import OperationalError

from callengine.control.live_messages import Beat, CommandAnswered
from callengine.desk.agent_page.asking import Asked, ByOutbox
from callengine.desk.data.children import CHILDREN
from callengine.desk.data.database import DeskDatabase
from callengine.desk.data.trouble import Trouble
from callengine.desk.web.figures import DeskFigures
from callengine.desk.web.streams import STREAMS, PageStream
from tests.support.desk_pages import AGENT, desk_database
from tests.support.manual_clock import ManualClock


class Watched:
    """Figures over an outbox, by a clock of the test's."""

    def __init__(self, database: DeskDatabase, folder: Path) -> None:
        self.clock = ManualClock()
        self.registry = CollectorRegistry()
        self.database = database
        self.commands = ByOutbox(database, folder / "nobody.sock", self.clock.now)
        self.figures = DeskFigures(self.registry, database, folder, self.clock.now, self.commands.oldest)
        self.commands.on_sent, self.commands.on_answer = self.figures.sent, self.figures.answered

    async def value(self, name: str, **labels: str) -> float | None:
        """At a scrape."""
        await self.figures.refresh()
        return self.registry.get_sample_value(f"callengine_desk_{name}", labels)


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    async with desk_database(f"sqlite:///{tmp_path}/desk.db") as database:
        yield Watched(database, tmp_path)


async def test_commands_are_counted_by_what_became_of_them_and_the_oldest_open_one_has_an_age(
    watched: Watched,
) -> None:
    assert await watched.value("outbox_open") == 0
    assert await watched.value("outbox_oldest_seconds") == 0
    for client_id in ("a" * 16, "b" * 16):
        await watched.commands.ask(AGENT, Asked(client_id, "agent_pause", "1001"))
        watched.clock.advance(40)
    assert await watched.value("outbox_open") == 2
    assert await watched.value("outbox_oldest_seconds") == 80
    for one in await watched.commands._open():
        watched.commands._sender.on_sent(one)
    for n, done in enumerate((True, False)):
        answer = CommandAnswered(
            n=n, at=watched.clock.now(), command="ab"[n] * 16, done=done, refusal="", why=""
        )
        await watched.commands._answered(answer)
        await watched.commands._answered(answer)
    counted = {
        state: await watched.value("commands_total", kind="agent_pause", state=state)
        for state in ("sent", "done", "refused")
    }
    assert counted == {"sent": 2, "done": 1, "refused": 1}
    assert await watched.value("commands_total", kind="call_give", state="done") == 0
    assert await watched.value("outbox_open") == 0


async def test_how_late_the_engine_is_heard_is_measured_by_its_own_clock(watched: Watched) -> None:
    at = watched.clock.now()
    watched.clock.advance(0.3)
    watched.figures.heard(Beat(n=1, at=at))
    watched.figures.heard(Beat(n=2, at=at + timedelta(minutes=1)))
    assert await watched.value("stream_lag_seconds_sum") == pytest.approx(0.3)
    assert await watched.value("stream_lag_seconds_count") == 2


async def test_a_database_that_is_away_is_told_and_keeps_no_scrape(
    watched: Watched,
) -> None:
    await watched.commands.ask(AGENT, Asked("a" * 16, "agent_pause", "1001"))
    assert await watched.value("outbox_open") == 1
    assert await watched.value("database_takes") == 1

    async def away() -> tuple[int, None]:
        raise OperationalError("SELECT", None, Exception())

    watched.figures._outbox = away
    watched.database.trouble = Trouble.AWAY
    assert await watched.value("outbox_open") == 1
    assert await watched.value("database_takes") == 0
    free, size = await watched.value("disk_free_bytes"), await watched.value("disk_size_bytes")
    assert free is not None
    assert size is not None
    assert 0 < free < size


async def test_a_file_that_waits_for_its_turn_is_counted(watched: Watched) -> None:
    one = asyncio.Lock()

    async def turn() -> None:
        async with CHILDREN.turn(one):
            pass

    async with CHILDREN.turn(one):
        waiting = asyncio.create_task(turn())
        await asyncio.sleep(0)
        assert await watched.value("children_waiting") == 1
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    assert await watched.value("children_waiting") == 0
    assert not one.locked()


async def test_a_page_that_reads_nothing_is_counted_once_when_too_much_waits_for_it(watched: Watched) -> None:
    before, page = STREAMS.dropped, PageStream()
    for _ in range(110):
        page.tell("pop", {})
    assert await watched.value("streams_dropped_total") == before + 1
    assert await watched.value("streams_open") == STREAMS.open
