"""The main job on a real Asterisk: a resident calls, an agent's phone rings, both hear each other."""

from __future__ import annotations

import pytest

from callengine.control.wishes import Wish
from callengine.demo.centre import CentrePlan
from callengine.desk.outbox.wishes import keep
from callengine.loop import known_houses
from config.schema.codes import Codes
from tests.support.desk_pages import SUPERVISOR, desk_database
from tests.support.known_callers import SINGLE, known_callers
from tests.support.live_centre import live_centre
from tests.support.manual_clock import NOON

OF_A_DEAD_DESK = Wish(
    id="wanted-before-the-desk-died",
    kind="callbacks_stop",
    account="2",
    by="Старшая смены",
    made_at=NOON,
    reason="the trunk is being changed",
)


async def test_a_call_is_answered_and_both_sides_hear_the_right_tone(monkeypatch: pytest.MonkeyPatch) -> None:
    """His phone shows company and line, and from which house and flat the desk's directory knows the number.

    No desk runs: what somebody asked for before it died is done by the engine that starts.
    """
    monkeypatch.setattr(known_houses, "PATIENCE_SECONDS", 10.0)  # This machine may be busy with other tests.
    async with live_centre(CentrePlan(agents=1), engine=False) as centre:
        async with desk_database(centre.settings().desk.database) as desk:
            await known_callers(desk, "zarya")
            async with desk.writing() as connection:
                await keep(connection, SUPERVISOR, NOON, OF_A_DEAD_DESK)
        await centre.start_engine()
        (agent,) = await centre.phones.add_agents(1, log_in=False)
        resident = centre.phones.resident(SINGLE, name="Иванова, кв. 12")
        await resident.call()
        found = centre.engine.metrics.registry.get_sample_value
        await centre.until(lambda: found("callengine_house_lookups_total", {"result": "one"}))
        await agent.dial(Codes().dialled()["login"], seconds=0.3)
        await resident.wait_for(lambda resident: resident.heard_at is not None)
        await agent.wait_for(lambda phone: phone.calls[0].heard_resident_at is not None)
        assert resident.heard_tone == agent.tone_hz
        assert agent.calls[0].shown_name == "УК Заря: общая ул. Ленина 5к2 кв. 1"
        await resident.hang_up()
        await centre.until(lambda: not centre.engine.view().calls)
        (row,) = await centre.rows("SELECT outcome, served_by, agent, number FROM calls")
        assert tuple(row) == ("answered", "engine", "1001", SINGLE)
        assert centre.engine.tally.imbalance() == 0
        assert "Ленина" not in centre.log.getvalue()
        (wish,) = await centre.rows_when(1, "SELECT command, refusal FROM desk_commands")
        assert tuple(wish) == (OF_A_DEAD_DESK.id, None)
