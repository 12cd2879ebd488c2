"""Watch mode over time: a gap of the engine; the way to the engine and back, by docs/freepbx.md."""

from __future__ import annotations

import asyncio

import pytest

from callengine.demo.phones.resident import Resident
from tests.support.watched_centre import BACK, SWITCHING, WatchedCentre, watched_centre

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(180)]

QUEUE = "74950000001"


async def talk(centre: WatchedCentre, resident: Resident) -> None:
    await resident.call()
    await resident.wait_for(lambda one: one.heard_at is not None, seconds=30)
    await resident.hang_up()
    await centre.until(lambda: not centre.engine.view().calls)


async def test_who_gave_up_while_the_engine_was_away_is_known_from_queue_log() -> None:
    async with watched_centre() as centre:
        known, stranger = (centre.phones.resident(f"7916000000{n}", QUEUE) for n in (1, 2))
        await known.call()
        await centre.until(lambda: any(call.state == "watched" for call in centre.engine.view().calls))
        await centre.stop_engine()
        await stranger.call()
        await centre.until(lambda: "79160000002" in centre.pbx.queue_log.read_text())
        await known.hang_up()
        await stranger.hang_up()
        await centre.until(lambda: centre.pbx.queue_log.read_text().count("|ABANDON|") == 2)
        await centre.start_engine()
        await centre.until(lambda: not centre.engine.view().calls)
        rows = await centre.rows("SELECT number, outcome, queue_exit FROM calls ORDER BY number")
        assert [tuple(row) for row in rows] == [
            ("79160000001", "abandoned", "abandoned"),
            ("79160000002", "abandoned", "abandoned"),
        ]
        assert len(await centre.rows("SELECT obligation FROM obligations")) == 2


async def test_the_pages_steps_lead_to_the_engine_and_back_to_the_queue() -> None:
    async with watched_centre(engine=False) as centre:
        settings = centre.settings_file.read_text(encoding="utf-8")
        watching = 'name = "general"\ndispatch = "asterisk"'
        assert watching in settings
        centre.settings_file.write_text(settings.replace(watching, 'name = "general"\ndispatch = "engine"'))
        await asyncio.to_thread(centre.pbx.run_script, SWITCHING)
        await centre.start_engine()
        await centre.phones.add_agents(2)
        await centre.until(lambda: centre.states()["1001"] == "free")
        await talk(centre, centre.phones.resident("79160000001", QUEUE))
        await asyncio.to_thread(centre.pbx.run_script, BACK)
        await talk(centre, centre.phones.resident("79160000002", QUEUE))
        rows = await centre.rows("SELECT number, outcome, served_by FROM calls ORDER BY number")
        assert [tuple(row) for row in rows] == [
            ("79160000001", "answered", "engine"),
            ("79160000002", "answered", "asterisk"),
        ]
