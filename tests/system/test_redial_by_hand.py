"""An agent dials an owed resident by hand, on a real Asterisk."""

from __future__ import annotations

import asyncio

from tests.support.live_centre import live_centre
from tests.system.test_callbacks import DIALLED, NUMBER, answers, plan, ward

NATIONAL = f"8{NUMBER[1:]}"


async def test_it_reaches_the_number_is_recorded_and_closes_the_obligation() -> None:
    async with live_centre(plan(settle=20, record=True)) as centre:
        here = await ward(centre, answers)
        await here.miss()
        here.agent.answer_after = lambda: 0.1
        await here.agent.dial(NATIONAL, seconds=8)
        await here.until_closed()
        assert await here.obligations() == [("contacted", "")]
        assert here.exchange.rung == [DIALLED]
        (row,) = await centre.rows("SELECT agent, result, trunk, recording, contacted_at FROM attempts")
        assert (row.agent, row.result, row.trunk) == ("1001", "contacted", "trunk")
        assert row.recording.endswith(".wav")
        assert row.contacted_at is not None
        await centre.until(lambda: centre.free_agents() == 1)


async def test_nobody_is_dialled_who_is_not_owed_a_call() -> None:
    async with live_centre(plan()) as centre:
        here = await ward(centre, answers)
        await here.agent.dial(NATIONAL, seconds=8)
        await here.agent.dial("+442071234567", seconds=8)
        assert here.exchange.rung == []
        assert await here.attempts() == []
        assert "callengine-agent-told" not in centre.asterisk.command_line("core show channels concise")


async def test_while_another_agent_is_dialling_him_he_is_told_so_and_dials_nobody() -> None:
    async with live_centre(plan(agents=2)) as centre:
        here = await ward(centre, lambda number: 1.5)
        await here.miss()
        await here.called_back()
        await centre.until(lambda: here.exchange.rung, seconds=10)
        (second,) = await centre.phones.add_agents(1)
        await second.dial(NATIONAL, seconds=6)
        await here.until_closed()
        assert here.exchange.rung == [DIALLED]
        assert await here.attempts() == ["contacted"]


async def test_the_engine_dies_while_he_talks_and_the_contact_counts_all_the_same() -> None:
    async with live_centre(plan(settle=20), engine=False) as centre:
        await centre.start_engine_process()
        here = await ward(centre, answers, talk_seconds=4.0)
        await here.miss()
        dialling = asyncio.ensure_future(here.agent.dial(NATIONAL, seconds=12))
        await centre.until(lambda: here.exchange.answered, seconds=10)
        await asyncio.sleep(0.5)
        await centre.kill_processes()
        await centre.start_engine()
        assert centre.engine.view().agents[0].state == "talking"
        await dialling
        await here.until_closed()
        assert await here.obligations() == [("contacted", "")]
        assert here.exchange.rung == [DIALLED]
