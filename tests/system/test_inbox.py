"""Calls that no engine saw, from the inbox of a real Asterisk."""

from __future__ import annotations

import asyncio
import time

from callengine.demo.centre import CentrePlan
from tests.support.full_inbox import keys_in_astdb, missed_calls, write_into_astdb
from tests.support.live_centre import live_centre

SOON = 30.0
ENTRIES = 10_000


async def test_a_full_inbox_is_settled_page_by_page_and_what_nobody_understands_stays() -> None:
    async with live_centre(CentrePlan(agents=1), engine=False) as centre:
        centre.asterisk.shut_down()
        full = missed_calls(ENTRIES)
        foreign = {"somebody-else": "42", "1700000000.99999": "1|yesterday|x|y|ended||", "a/b": ""}
        write_into_astdb(centre.asterisk, {**full, **foreign})
        centre.asterisk.start()
        await centre.phones.add_agents(1)
        await centre.start_engine()
        # Whoever calls meanwhile is served as ever.
        resident = centre.phones.resident("79990000001")
        await resident.call()
        await resident.wait_for(lambda one: one.heard_at is not None, seconds=SOON)
        await resident.hang_up()
        await centre.until(lambda: centre.engine.pbx.leftovers == 3, seconds=60)
        async with asyncio.timeout(SOON):
            while len(keys_in_astdb(centre.asterisk)) != 3:
                await asyncio.sleep(0.1)
        assert keys_in_astdb(centre.asterisk) == [f"/callengine/inbox/{key}" for key in sorted(foreign)]
        assert "inbox_entries_not_understood" in centre.log.getvalue()
        (row,) = await centre.rows(
            "SELECT count(*) AS owed, max(abs(due_at - arrived_at - 600000000)) AS error FROM obligations"
        )
        assert (row.owed, row.error) == (ENTRIES, 0)
        (row,) = await centre.rows(
            "SELECT count(*) AS calls, count(DISTINCT arrived_at) AS seconds FROM calls WHERE number LIKE '7916%'"
        )
        assert (row.calls, row.seconds) == (ENTRIES, ENTRIES // 50)
        assert centre.engine.tally.imbalance() == 0


async def test_missed_with_asterisk_killed_too_is_owed_with_the_true_arrival() -> None:
    async with live_centre(CentrePlan(agents=1), engine=False) as centre:
        gave_up = centre.phones.resident("79160000001")
        called_at = time.time()
        await gave_up.call()
        await asyncio.sleep(0.3)
        await gave_up.hang_up()
        cut_off = centre.phones.resident("79160000002")
        await cut_off.call()
        await asyncio.sleep(1.5)  # AstDB is written once a second.
        centre.asterisk.kill()
        centre.asterisk.start()
        await centre.start_engine()
        await centre.until(lambda: len(centre.engine.view().obligations) == 2, seconds=SOON)
        rows = await centre.rows("SELECT outcome, arrived_at FROM calls ORDER BY arrived_at")
        assert [row.outcome for row in rows] == ["abandoned", "lost"]
        # By Asterisk's clock, which is this machine's: what is between is the way of the INVITE.
        assert 0 <= rows[0].arrived_at / 1e6 - called_at < 1.0
        await centre.until(lambda: not keys_in_astdb(centre.asterisk), seconds=SOON)
