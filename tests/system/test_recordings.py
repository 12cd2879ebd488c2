"""One clean recording per conversation, its path in the ledger; none where the queue says so."""

from __future__ import annotations

import wave
from pathlib import Path

from callengine.demo.centre import EMERGENCY_DID, GENERAL_DID, CentrePlan
from tests.support.live_centre import live_centre


async def test_a_conversation_is_recorded_with_its_path_in_the_ledger_unless_the_queue_says_no() -> None:
    plan = CentrePlan(agents=1, wrap_up=0, record=True, emergency_record=False)
    async with live_centre(plan) as centre:
        await centre.phones.add_agents(1)
        for did in (GENERAL_DID, EMERGENCY_DID):
            await centre.until(lambda: centre.free_agents() == 1)
            resident = centre.phones.resident("79161234567", did)
            await resident.call()
            await resident.wait_for(lambda one: one.heard_at is not None)
            await centre.until(lambda: len(centre.engine.view().calls) == 1)
            try:
                await resident.wait_for(lambda one: one.ended_at is not None, seconds=1.0)
            except TimeoutError:
                await resident.hang_up()
            await centre.until(lambda: not centre.engine.view().calls)
        rows = await centre.rows("SELECT did, recording FROM calls ORDER BY arrived_at")
        assert [row.did for row in rows] == [GENERAL_DID, EMERGENCY_DID]
        assert rows[1].recording is None
        recording = Path(rows[0].recording)
        assert [path for path in centre.asterisk.recordings.rglob("*") if path.is_file()] == [recording]
        with wave.open(str(recording)) as file:
            seconds = file.getnframes() / file.getframerate()
        assert 0.5 < seconds < 2.0
