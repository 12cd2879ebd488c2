"""What a dead desk wanted is read by the engine itself: at its start, and while no desk speaks to it (P4)."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from callengine.control.wishes import Decided, Wish, wish_to_line
from callengine.loop.left_wishes import LeftWishes
from callengine.platform.logs import configure_logging, get_log
from storage.desk.errors import DeskAway
from tests.support.manual_clock import NOON

BROKEN = "no wish of this version"


def line(name: str) -> str:
    return wish_to_line(
        Wish(id=name, kind="agent_pause", account="7", by="Иванова", made_at=NOON, agent="1001")
    ).decode()


class World:
    """An outbox, and an engine that decides."""

    def __init__(self, *lines: str) -> None:
        self.lines = list(lines)
        self.problem: DeskAway | None = None
        self.is_ready = self.desk_is_there = True
        self.knows = True
        self.looks = 0
        self.came: list[str] = []
        self.counted = 0

    async def rows(self, statement: str, values: Sequence[object], seconds: float) -> Sequence[Sequence[Any]]:
        del statement, values, seconds
        self.looks += 1
        if self.problem is not None:
            raise self.problem
        return [(one,) for one in self.lines]

    async def close(self) -> None:
        pass

    async def decide(self, wish: Wish) -> Decided | None:
        self.came.append(wish.id)
        return Decided(True) if self.knows else None

    def count(self) -> None:
        self.counted += 1

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(5):
            while not condition():
                await asyncio.sleep(0.001)


@asynccontextmanager
async def reading(world: World) -> AsyncIterator[None]:
    left = LeftWishes(
        world,
        world.decide,
        get_log("callengine.test"),
        is_ready=lambda: world.is_ready,
        desk_is_there=lambda: world.desk_is_there,
        count=world.count,
        pause_seconds=0.001,
    )
    task = asyncio.create_task(left.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_at_the_start_it_is_read_whoever_is_there_and_then_only_without_a_desk() -> None:
    world = World(line("w1"), BROKEN, line("w2"))
    async with reading(world):
        await world.until(lambda: world.came == ["w1", "w2"])
        await asyncio.sleep(0.01)
        assert (world.looks, world.counted) == (1, 2)
        world.lines.append(line("w3"))
        world.desk_is_there = False
        await world.until(lambda: world.looks > 3)
    assert world.came == ["w1", "w2", "w3"]


async def test_what_nobody_can_decide_now_is_tried_again() -> None:
    world = World(line("w1"))
    world.knows = world.desk_is_there = False
    async with reading(world):
        await world.until(lambda: len(world.came) > 1)
        assert world.counted == 0
        world.knows = True
        await world.until(lambda: world.counted)


async def test_an_engine_that_does_not_see_its_calls_yet_reads_nothing() -> None:
    world = World(line("w1"))
    world.is_ready = False
    async with reading(world):
        await asyncio.sleep(0.01)
    assert world.looks == 0


async def test_an_outbox_that_cannot_be_read_is_said_once_and_read_afterwards() -> None:
    log = io.StringIO()
    configure_logging(level="info", as_json=True, now=lambda: NOON, stream=log)
    world = World(line("w1"))
    world.problem, world.desk_is_there = DeskAway("OperationalError: database is locked"), False
    async with reading(world):
        await world.until(lambda: world.looks > 3)
        world.problem = None
        await world.until(lambda: world.came)
    assert log.getvalue().count("outbox_not_read") == 1
