"""queue_log on a real Asterisk: the engine's lines stand beside app_queue's own in the same form."""

from __future__ import annotations

import pytest

from callengine.demo.centre import CentrePlan
from tests.support.live_centre import live_centre

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(120)]


async def test_an_answered_and_an_abandoned_call_are_written_as_app_queue_writes_them() -> None:
    async with live_centre(CentrePlan(agents=1, wrap_up=0)) as centre:
        file = centre.folder / "pbx" / "log" / "queue_log"
        lost = centre.phones.resident("79160000002")
        await lost.call()
        await centre.until(lambda: "ENTERQUEUE||79160000002|1" in file.read_text(), seconds=25)
        await lost.hang_up()
        await centre.until(lambda: "ABANDON" in file.read_text(), seconds=25)
        (agent,) = await centre.phones.add_agents(1)
        served = centre.phones.resident("79160000001")
        await served.call()
        await served.wait_for(lambda one: one.heard_at is not None, seconds=25)
        agent.hang_up()
        await centre.until(lambda: "|COMPLETE" in file.read_text(), seconds=25)
        lines = [line.split("|") for line in file.read_text(encoding="utf-8").splitlines()]
        assert all(line[0].isdigit() for line in lines)
        calls = {row.number: row.call for row in await centre.rows("SELECT number, call FROM calls")}
        told = {event: [line[1:4] + line[5:] for line in lines if line[4] == event] for event in EVENTS}
        assert told["ABANDON"] == [
            [calls["79160000002"], "general", "NONE", "1", "1", told["ABANDON"][0][-1]]
        ]
        (connect,) = told["CONNECT"]
        assert connect[:3] == [calls["79160000001"], "general", "Agent/1001"]
        assert len(connect) == 6
        assert float(connect[4]) > 0  # The agent's channel, as Asterisk numbers it.
        assert len(told["COMPLETEAGENT"][0]) == 6
        assert ["MANAGER", "general", "Agent/1001", ""] in told["ADDMEMBER"]


EVENTS = ("ENTERQUEUE", "CONNECT", "COMPLETEAGENT", "ABANDON", "ADDMEMBER")
