"""An agent whose phone rings in vain twice is paused, visibly, until he says that he is back."""

from __future__ import annotations

from callengine.demo.centre import CentrePlan
from tests.support.live_centre import live_centre


async def test_two_missed_offers_pause_the_agent_with_the_reason_no_answer() -> None:
    async with live_centre(CentrePlan(agents=1, ring=2)) as centre:
        (agent,) = await centre.phones.add_agents(1, answer_after=lambda: None)
        await centre.until(lambda: centre.free_agents() == 1)
        resident = centre.phones.resident("79161234567")
        await resident.call()
        await centre.until(lambda: centre.engine.view().agents[0].state == "paused", seconds=20)
        assert centre.engine.view().agents[0].pause_reason == "no answer"
        assert len(agent.calls) == 2
        # The phone's lamp blinks, and the fallback queue would not ring him either.
        await centre.until(lambda: "paused:no answer" in centre.asterisk.command_line("queue show"))
        assert "RINGING" in centre.asterisk.command_line("devstate list")
        (row,) = await centre.rows("SELECT reason FROM agent_states WHERE state = 'paused'")
        assert row.reason == "no answer"
        # A new engine finds him paused.
        await centre.stop_engine()
        await centre.start_engine()
        assert centre.engine.view().agents[0].state == "paused"
        agent.answer_after = lambda: 0.0
        await agent.dial("*44", seconds=0.3)
        await resident.wait_for(lambda one: one.heard_at is not None, seconds=20)
