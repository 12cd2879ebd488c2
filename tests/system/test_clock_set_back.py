"""Somebody sets the engine's clock back by an hour while residents talk, wait and are owed a contact."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from callengine.platform.clock import ClockSetBackError, SystemClock
from tests.support.live_centre import live_centre
from tests.system.test_callbacks import DIALLED, NUMBER, answers, plan, ward

SOON = 20.0


async def test_the_engine_starts_anew_by_the_new_time_and_nobody_waits_an_hour_for_it() -> None:
    step = [timedelta(0)]

    def wall() -> datetime:
        return datetime.now(UTC) + step[0]

    async with live_centre(plan(), engine=False) as centre:
        engine = await centre.start_engine(clock=SystemClock(wall))
        running = asyncio.create_task(engine.run())
        here = await ward(centre, answers)
        here.agent.talk_for = lambda: None
        talks, waits = centre.phones.resident("79160000001"), centre.phones.resident("79160000002")
        await talks.call()
        await talks.wait_for(lambda one: one.heard_at is not None, seconds=SOON)
        missed = centre.phones.resident(NUMBER)
        await missed.call()
        await centre.until(lambda: len(centre.engine.view().waiting) == 1, seconds=SOON)
        await missed.hang_up()
        await centre.until(lambda: len(centre.engine.view().obligations) == 1, seconds=SOON)
        await waits.call()
        await centre.until(lambda: len(centre.engine.view().waiting) == 1, seconds=SOON)

        step[0] = timedelta(hours=-1)
        with pytest.raises(ClockSetBackError, match="set back"):
            await asyncio.wait_for(running, SOON)
        centre.application = None
        await centre.start_engine(clock=SystemClock(wall))
        assert talks.ended_at is None
        here.agent.talk_for = lambda: 1.0
        await talks.hang_up()
        await waits.wait_for(lambda one: one.heard_at is not None, seconds=SOON)
        await here.until_closed()
        assert await here.obligations() == [("contacted", "")]
        assert here.exchange.answered == [DIALLED]
        calls = await centre.rows("SELECT number, outcome, served_by FROM calls ORDER BY arrived_at")
        assert [tuple(row) for row in calls] == [
            ("79160000001", "answered", "engine"),
            (NUMBER, "abandoned", "engine"),
            ("79160000002", "answered", "engine"),
        ]
