"""Watching changes nothing of the PBX: what it was before the engine came it is while the engine works and after."""

from __future__ import annotations

import re

import pytest

from tests.support.watched_centre import WatchedCentre, watched_centre

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(180)]

QUEUE = "74950000001"


def configured(centre: WatchedCentre) -> dict[str, list[str]]:
    """Members of all queues with their pauses, our part of AstDB, global variables but for our sign of life."""
    members = re.findall(r"^ +(\S+ \(.*?\)).*?(\(paused|$)", centre.pbx.ask("queue show"), re.MULTILINE)
    entries = centre.pbx.ask("database show").splitlines()
    variables = re.findall(r"^ +(\w+)=", centre.pbx.ask("dialplan show globals"), re.MULTILINE)
    return {
        "members": sorted(" ".join(member) for member in members),
        "database": [line for line in entries if line.startswith("/callengine")],
        "variables": sorted(name for name in variables if name != "CALLENGINE_HEARTBEAT"),
    }


async def test_queues_members_database_and_queue_log_are_as_app_queue_leaves_them() -> None:
    async with watched_centre(engine=False) as centre:
        before = configured(centre)
        assert len(before["members"]) == 3
        assert before["database"] == []
        await centre.start_engine()
        await centre.phones.add_agents(3, log_in=False, answer_after=lambda: 0.1)
        await centre.until(lambda: set(centre.states().values()) == {"free"})
        for number in ("79160000001", "79160000002"):
            resident = centre.phones.resident(number, QUEUE)
            await resident.call()
            await resident.wait_for(lambda one: one.heard_at is not None, seconds=30)
            await resident.hang_up()
            await centre.until(lambda: not centre.engine.view().calls)
        assert configured(centre) == before
        await centre.stop_engine()
        assert configured(centre) == before
        lines = [line.split("|") for line in centre.pbx.queue_log.read_text().splitlines()]
        assert {line[2] for line in lines} <= {"NONE", "500"}
        assert sum(line[4] == "QUEUESTART" for line in lines) == 1
