"""`callbacks = "dial"`: who gave up in an app_queue that is watched is called back by the engine."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.watched_centre import SWITCHING, watched_centre

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(180)]

QUEUE = "74950000001"
CALLBACKS = "\n[callbacks]\nsettle_seconds = 1\ndisposition_seconds = 0\nresident_ring_seconds = 5\n"


async def test_a_missed_call_of_app_queue_is_called_back_agent_first_and_contacted() -> None:
    async with watched_centre(engine=False) as centre:
        settings = centre.settings_file.read_text(encoding="utf-8")
        asks = 'pbx_queues = ["500"]\n'
        assert asks in settings
        # Callbacks need the dialplan of "Switching"; the numbers stay with app_queue.
        await asyncio.to_thread(
            centre.pbx.run_script, SWITCHING.split("[from-pstn-custom]")[0].rpartition("cat >>")[0]
        )
        centre.settings_file.write_text(
            settings.replace(asks, f'{asks}callbacks = "dial"\n') + CALLBACKS, encoding="utf-8"
        )
        await centre.start_engine()
        agent, other = await centre.phones.add_agents(2, log_in=False, answer_after=lambda: None)
        # Talking must outlast the notice, 3.5 s, which the resident hears first.
        exchange = await centre.phones.open_exchange(lambda number: 0.1, talk_seconds=5.0)
        await centre.until(lambda: centre.states()["1001"] == "free")
        resident = centre.phones.resident("79160000001", QUEUE)
        await resident.call()
        await centre.until(lambda: agent.calls or other.calls)
        agent.answer_after = other.answer_after = lambda: 0.1
        for phone in (agent, other):
            assert all(call.answered_at is None for call in phone.calls)
        await resident.hang_up()
        ended = "SELECT a.result, o.closing FROM attempts a JOIN obligations o ON o.obligation = a.obligation"
        async with asyncio.timeout(40):
            while not [row for row in await centre.rows(ended) if row.result and row.closing]:
                await asyncio.sleep(0.1)
        assert [tuple(row) for row in await centre.rows(ended)] == [("contacted", "contacted")]
        rows = await centre.rows(
            "SELECT outcome, served_by, queue_exit FROM calls WHERE number = '79160000001'"
        )
        assert [tuple(row) for row in rows] == [("abandoned", "asterisk", "abandoned")]
        assert exchange.rung == ["+79160000001"]
        assert exchange.shown["+79160000001"] == f"+{QUEUE}"
        assert exchange.heard["+79160000001"] in centre.phones.agent_tones
        assert not await centre.rows("SELECT obligation FROM human_tasks")
