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


async def test_an_engine_that_is_started_anew_goes_on_where_the_file_ends() -> None:
    """He waits through it in the fallback queue, whose lines are app_queue's; the agent stays on pause.

    Once the engine's answer after that counted as the fallback queue's: in the figures too.
    """
    async with live_centre(CentrePlan(agents=1, wrap_up=0)) as centre:
        file = centre.folder / "pbx" / "log" / "queue_log"

        def written(event: str) -> list[str]:
            lines = [line.split("|") for line in file.read_text().splitlines()]
            return [
                "|".join(line[5:]) for line in lines if line[4] == event and line[2] in ("general", "NONE")
            ]

        (agent,) = await centre.phones.add_agents(1)
        await agent.dial("*43", seconds=0.3)
        await centre.until(lambda: written("PAUSE"), seconds=25)
        resident = centre.phones.resident("79160000001")
        await resident.call()
        await centre.until(lambda: written("ENTERQUEUE"), seconds=25)
        starts = len(written("QUEUESTART"))
        await centre.stop_engine()
        await centre.until(lambda: "|callengine-fallback|NONE|ENTERQUEUE|" in file.read_text(), seconds=25)
        await centre.start_engine()
        await centre.until(lambda: "|callengine-fallback|NONE|WITHDRAW|" in file.read_text(), seconds=25)
        await agent.dial("*44", seconds=0.3)
        await resident.wait_for(lambda one: one.heard_at is not None, seconds=30)
        await resident.hang_up()
        await centre.until(lambda: written("COMPLETECALLER"), seconds=25)
        assert len(written("QUEUESTART")) == starts
        assert written("ENTERQUEUE") == ["|79160000001|1"]
        assert written("ADDMEMBER") == [""]
        assert (written("PAUSE"), written("UNPAUSE")) == (["pause"], [""])
        (connect,) = written("CONNECT")
        assert int(connect.split("|")[0]) >= 1
        assert len(written("COMPLETECALLER")) == 1
        served_by = [row.served_by for row in await centre.rows("SELECT served_by FROM calls")]
        assert served_by == ["engine"]


EVENTS = ("ENTERQUEUE", "CONNECT", "COMPLETEAGENT", "ABANDON", "ADDMEMBER")
