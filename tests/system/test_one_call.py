"""The main job on a real Asterisk: a resident calls, an agent's phone rings, both hear each other."""

from __future__ import annotations

from callengine.demo.centre import CentrePlan
from tests.support.live_centre import live_centre


async def test_a_call_is_answered_and_both_sides_hear_the_right_tone() -> None:
    async with live_centre(CentrePlan(agents=1)) as centre:
        (agent,) = await centre.phones.add_agents(1)
        await centre.until(lambda: centre.free_agents() == 1)
        resident = centre.phones.resident("79161234567", name="Иванова, кв. 12")
        await resident.call()
        await resident.wait_for(lambda resident: resident.heard_at is not None)
        await agent.wait_for(lambda phone: phone.calls[0].heard_resident_at is not None)
        assert resident.heard_tone == agent.tone_hz
        assert agent.calls[0].shown_name == "УК Заря: общая"
        await resident.hang_up()
        await centre.until(lambda: not centre.engine.view().calls)
        (row,) = await centre.rows("SELECT outcome, served_by, agent, number FROM calls")
        assert tuple(row) == ("answered", "engine", "1001", "79161234567")
        assert centre.engine.tally.imbalance() == 0
