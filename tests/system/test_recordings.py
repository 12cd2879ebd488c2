"""One clean recording per conversation, its path in the ledger; none where the queue says so."""

from __future__ import annotations

import contextlib
import json
import wave
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("trouble", ["the folder cannot be written", "the disk is full"])
async def test_a_recording_that_could_not_be_written_is_said_and_is_not_in_the_ledger(trouble: str) -> None:
    async with live_centre(CentrePlan(agents=1, wrap_up=0, record=True)) as centre:
        (phone,) = await centre.phones.add_agents(1, log_in=False)
        resident = centre.phones.resident("79161234567", GENERAL_DID)
        await resident.call()
        await centre.until(lambda: centre.engine.view().calls)
        call = centre.engine.view().calls[0].call
        if trouble == "the disk is full":
            # Its file is a device that takes nothing: ENOSPC, as on a full disk.
            for day in days_around():
                file = centre.asterisk.recordings / day / f"{call}.wav"
                file.parent.mkdir(parents=True, exist_ok=True)
                file.symlink_to("/dev/full")
        else:
            # Not by rights, which root does not mind: in the folder's place is a file.
            centre.asterisk.recordings.rmdir()
            centre.asterisk.recordings.touch()
        await phone.dial("*41")
        await resident.wait_for(lambda one: one.heard_at is not None)
        with contextlib.suppress(TimeoutError):
            await resident.wait_for(lambda one: one.ended_at is not None, seconds=6.5)
        await resident.hang_up()
        await centre.until(lambda: not centre.engine.view().calls)
        (row,) = await centre.rows("SELECT outcome, recording FROM calls")
        assert (row.outcome, row.recording) == ("answered", None)
        said = [json.loads(line) for line in centre.log.getvalue().splitlines()]
        (lost,) = [one for one in said if one["event"] == "recording_lost"]
        assert (lost["level"], lost["call"]) == ("error", call)
        assert lost["file"].endswith(f"{call}.wav")
        body, _ = await centre.engine.metrics.exposition("text/plain")
        assert "callengine_recordings_lost_total 1.0" in body.decode()


async def test_a_recording_of_which_only_a_part_is_there_is_said_and_the_ledger_does_not_call_it_whole() -> (
    None
):
    """Somebody cut the file in mid-talk: three seconds of fourteen are left.

    Of a resident who meanwhile waits for a colleague as long, nothing is missing: nobody spoke with him.
    """
    async with live_centre(CentrePlan(agents=3, wrap_up=0, record=True)) as centre:
        *agents, slow = await centre.phones.add_agents(3)
        slow.answer_after = lambda: 10.5
        await slow.dial("*43", seconds=0.3)
        resident = centre.phones.resident("79161234567", GENERAL_DID)
        await resident.call()
        await resident.wait_for(lambda one: one.heard_at is not None)
        (call,) = [one.call for one in centre.engine.view().calls]
        await centre.until(lambda: list(centre.asterisk.recordings.rglob(f"{call}.wav")))
        (file,) = centre.asterisk.recordings.rglob(f"{call}.wav")
        file.unlink()
        file.write_bytes(bytes(44 + 3 * 16000))
        passed_on = centre.phones.resident("79160000001", GENERAL_DID)
        await passed_on.call()
        await passed_on.wait_for(lambda one: one.heard_at is not None)
        (giver,) = [one for one in agents if one.tone_hz == passed_on.heard_tone]
        giver.transfer(slow.user)
        await passed_on.wait_for(lambda one: one.stream is not None and slow.tone_hz in one.stream.heard)
        with contextlib.suppress(TimeoutError):
            await resident.wait_for(lambda one: one.ended_at is not None, seconds=2.0)
        for one in (resident, passed_on):
            await one.hang_up()
        await centre.until(lambda: not centre.engine.view().calls)
        row, whole = await centre.rows(
            "SELECT outcome, recording, recorded_seconds FROM calls ORDER BY arrived_at"
        )
        assert (whole.outcome, whole.recorded_seconds) == ("answered", None)
        assert (row.outcome, row.recording, row.recorded_seconds) == ("answered", str(file), 3)
        said = [json.loads(line) for line in centre.log.getvalue().splitlines()]
        (cut,) = [one for one in said if one["event"] == "recording_cut_short"]
        assert (cut["level"], cut["call"], cut["seconds"]) == ("error", call, 3)
        body, _ = await centre.engine.metrics.exposition("text/plain")
        assert "callengine_recordings_lost_total 1.0" in body.decode()


def days_around() -> set[str]:
    """The folders of today, by whichever clock."""
    now = datetime.now(UTC)
    return {f"{now + timedelta(hours=hours):%Y/%m/%d}" for hours in (-14, 0, 14)}
