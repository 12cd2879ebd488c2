"""SIGHUP while queues of Asterisk's own are watched: which are, and who their agents are, on a real app_queue."""

from __future__ import annotations

import asyncio

import pytest

from callengine.demo.phones.resident import Resident
from tests.support.watched_centre import MORE_QUEUES, WatchedCentre, watched_centre

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(180)]

TIMES_OUT, ANNOUNCED = "74950000003", "74950000007"
OTHERS = '["501", "502", "503", "504", "505"]'


async def timed_out(resident: Resident) -> None:
    """He calls 501, where nobody is, and is sent away."""
    await resident.call()
    await resident.wait_for(lambda one: one.ended_at is not None, seconds=30)


async def test_queues_are_watched_from_the_reload_on_and_who_waits_there_is_found() -> None:
    async with watched_centre(engine=False) as centre:
        path = centre.settings_file
        with_others = path.read_text(encoding="utf-8")
        assert OTHERS in with_others
        only_505 = with_others.replace(OTHERS, '["505"]')
        path.write_text(with_others.replace(MORE_QUEUES, ""), encoding="utf-8")
        engine = await centre.start_engine(settings_path=path)
        unseen, waits = (
            centre.phones.resident(f"7916000000{n}", did) for n, did in ((1, TIMES_OUT), (2, ANNOUNCED))
        )
        await timed_out(unseen)
        await waits.call()
        await until_in_app_queue(centre, "505")
        assert not engine.view().calls

        path.write_text(with_others, encoding="utf-8")
        engine.reload()
        await centre.until(lambda: [call.state for call in engine.view().calls] == ["watched"])
        await centre.until(lambda: "1003" in centre.states())
        await timed_out(centre.phones.resident("79160000003", TIMES_OUT))
        async with asyncio.timeout(30):
            # An engine that is behind has not heard of him when his phone is down already.
            while not await centre.rows("SELECT call FROM calls WHERE outcome IS NOT NULL"):
                await asyncio.sleep(0.05)

        # 501 is watched no longer; who waits in 505 is seen to his end.
        path.write_text(only_505, encoding="utf-8")
        engine.reload()
        await centre.until(lambda: engine.view().synced)
        await timed_out(centre.phones.resident("79160000004", TIMES_OUT))
        await waits.hang_up()
        await centre.until(lambda: not engine.view().calls)
        rows = await centre.rows("SELECT number, outcome, queue_exit FROM calls ORDER BY number")
        assert [tuple(row) for row in rows] == [
            ("79160000002", "abandoned", "abandoned"),
            ("79160000003", "rejected", "timed_out"),
        ]
        assert "awaiting_restart" not in centre.log.getvalue().replace('"awaiting_restart": 0', "")


async def until_in_app_queue(centre: WatchedCentre, queue: str) -> None:
    await centre.until(lambda: "Callers:" in centre.pbx.ask(f"queue show {queue}"))
