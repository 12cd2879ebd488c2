"""An agent asks a colleague first, and then connects the resident with him; on a real Asterisk.

By the phone's own keys (hold, a second call, REFER with Replaces) and by the feature code *2.
"""

from __future__ import annotations

import asyncio
import wave
from pathlib import Path

import pytest

from callengine.demo.centre import CentrePlan
from callengine.demo.phones.softphone import DECLINE, Softphone
from callengine.demo.phones.tones import RESIDENT_TONE
from tests.support.consultation import Consultation
from tests.support.live_centre import LiveCentre, live_centre
from tests.system.test_callbacks import answers, plan, ward
from tests.system.test_transfers import heard, press, states, talking

RECORDED = CentrePlan(agents=2, wrap_up=0, record=True)


async def colleague_speaks(second: Softphone) -> None:
    """The colleague's phone is answered; whoever asked him is on it."""
    await second.wait_for(lambda one: bool(one.calls) and one.calls[-1].answered_at is not None, seconds=25)


def loudness(path: Path) -> list[bool]:
    """For each half second of a recording whether there was any sound."""
    with wave.open(str(path)) as file:
        frames = file.readframes(file.getnframes())
    samples = memoryview(frames).cast("h")
    step = 4000
    return [max(map(abs, samples[at : at + step])) > 50 for at in range(0, len(samples) - step, step)]


async def until_recorded(centre: LiveCentre) -> Path:
    (row,) = await centre.rows("SELECT recording FROM calls")
    path = Path(row.recording)
    await centre.until(path.exists)
    assert sorted(path.parent.glob("*")) == [path]
    return path


@pytest.mark.parametrize("way", ["the phone's own keys", "a feature code"])
async def test_the_colleague_is_asked_first_and_then_takes_the_conversation_over(way: str) -> None:
    async with live_centre(RECORDED) as centre:
        first, second, resident = await talking(centre)
        if way == "a feature code":
            await press(first, f"*2{second.user}")
            await colleague_speaks(second)
        else:
            asking = await Consultation.begin(first, second.user)
        await asyncio.sleep(4)
        # While he is asked, the resident is still the first agent's, and hears music.
        assert states(centre) == {"1001": "talking", "1002": "paused"}
        assert second.tone_hz not in heard(resident)
        if way == "a feature code":
            first.hang_up()
        else:
            asking.connect()
        await centre.until(lambda: second.tone_hz in heard(resident), seconds=20)
        await centre.until(lambda: states(centre) == {"1001": "free", "1002": "talking"}, seconds=20)
        await asyncio.sleep(1)
        (call,) = centre.engine.view().calls
        assert (call.state, call.agent) == ("talking", "1002")
        await resident.hang_up()
        await centre.until(lambda: not centre.engine.view().calls, seconds=20)
        await centre.until(lambda: states(centre) == {"1001": "free", "1002": "paused"}, seconds=20)
        (row,) = await centre.rows("SELECT outcome, agent FROM calls")
        assert (row.outcome, row.agent) == ("answered", "1001")
        assert [row.agent for row in await centre.rows("SELECT agent FROM transfers")] == ["1002"]
        talks = await centre.rows("SELECT agent FROM agent_states WHERE state = 'talking' ORDER BY at")
        assert [row.agent for row in talks] == ["1001", "1002"]
        assert not await centre.rows("SELECT obligation FROM obligations")
        # One recording: both conversations, and silence where the resident heard music.
        sound = loudness(await until_recorded(centre))
        first_silence = sound.index(False)
        assert first_silence > 0
        assert sound[first_silence : first_silence + 4] == [False] * 4
        assert True in sound[first_silence:]


@pytest.mark.parametrize("way", ["the phone's own keys", "a feature code"])
async def test_he_goes_back_to_the_resident_and_nothing_has_changed(way: str) -> None:
    async with live_centre(RECORDED) as centre:
        first, second, resident = await talking(centre)
        if way == "a feature code":
            await press(first, f"*2{second.user}")
            await colleague_speaks(second)
            await asyncio.sleep(1)
            await press(first, "*1")
        else:
            asking = await Consultation.begin(first, second.user)
            await asyncio.sleep(1)
            await asking.return_to_resident()
        await second.wait_for(lambda one: one.present_call is None, seconds=20)
        await centre.until(lambda: states(centre) == {"1001": "talking", "1002": "paused"}, seconds=20)
        assert resident.ended_at is None
        await asyncio.sleep(1.5)
        await resident.hang_up()
        await centre.until(lambda: not centre.engine.view().calls, seconds=20)
        assert not await centre.rows("SELECT agent FROM transfers")
        sound = loudness(await until_recorded(centre))
        assert (sound[0], sound[-1], False in sound) == (True, True, True)


async def test_the_colleague_is_busy_or_does_not_answer_and_the_resident_is_still_there() -> None:
    async with live_centre(CentrePlan(agents=2, wrap_up=0)) as centre:
        first, second, resident = await talking(centre)
        second.answer_after = lambda: None
        with pytest.raises(TimeoutError):
            await Consultation.begin(first, second.user, seconds=1.5)
        await second.wait_for(lambda one: one.present_call is None, seconds=20)
        with pytest.raises(RuntimeError, match="486"):
            await Consultation.begin(first, first.user)
        assert states(centre) == {"1001": "talking", "1002": "paused"}
        assert resident.ended_at is None
        await resident.hang_up()
        await centre.until(lambda: not centre.engine.view().calls, seconds=20)
        assert [row.outcome for row in await centre.rows("SELECT outcome FROM calls")] == ["answered"]


async def test_the_resident_hangs_up_during_the_question_and_both_agents_are_free_after_it() -> None:
    async with live_centre(CentrePlan(agents=2, wrap_up=0)) as centre:
        first, second, resident = await talking(centre)
        asking = await Consultation.begin(first, second.user)
        await resident.hang_up()
        await centre.until(lambda: not centre.engine.view().calls, seconds=20)
        await centre.until(lambda: states(centre)["1001"] == "busy_elsewhere", seconds=20)
        asking.hang_up()
        await centre.until(lambda: states(centre) == {"1001": "free", "1002": "paused"}, seconds=20)
        assert [row.outcome for row in await centre.rows("SELECT outcome FROM calls")] == ["answered"]


async def test_the_agent_hangs_up_on_a_resident_who_hears_music_and_others_serve_him_on() -> None:
    async with live_centre(CentrePlan(agents=2, wrap_up=0)) as centre:
        first, second, resident = await talking(centre)
        asking = await Consultation.begin(first, second.user)
        asking.hang_up()
        await second.wait_for(lambda one: one.present_call is None, seconds=20)
        await second.dial("*44", seconds=0.3)
        first.answer_after = lambda: None
        first.hang_up()
        await centre.until(lambda: second.tone_hz in heard(resident), seconds=30)
        assert resident.ended_at is None
        await centre.until(lambda: states(centre)["1002"] == "talking", seconds=20)
        await resident.hang_up()
        await centre.until(lambda: not centre.engine.view().calls, seconds=20)
        (row,) = await centre.rows("SELECT outcome, agent FROM calls")
        assert (row.outcome, row.agent) == ("answered", "1001")


def is_given_over(centre: LiveCentre) -> bool:
    """Asterisk has heard the hang-up: the resident's bridge holds the colleague's ring (a Local channel)."""
    lines = centre.asterisk.command_line("core show channels concise").splitlines()
    bridges = [(fields[0], fields[12]) for line in lines if len(fields := line.split("!")) > 12]
    (his,) = (bridge for name, bridge in bridges if name.startswith("PJSIP/trunk"))
    return any(bridge == his and name.startswith("Local/") for name, bridge in bridges)


async def asks_and_hangs_up(
    centre: LiveCentre, first: Softphone, second: Softphone, answer_after: float | None
) -> None:
    """By *2: the colleague's phone rings, and who asked him waits for no answer. Returns when Asterisk knows."""
    second.answer_after = lambda: answer_after
    await press(first, f"*2{second.user}")
    await second.wait_for(lambda one: one.present_call is not None, seconds=25)
    await asyncio.sleep(0.3)  # No hand is faster.
    first.hang_up()
    await first.wait_for(lambda one: one.present_call is None, seconds=20)
    await centre.until(lambda: is_given_over(centre))


async def test_who_asked_hangs_up_before_the_colleague_answers_and_he_takes_it_over_all_the_same() -> None:
    async with live_centre(CentrePlan(agents=2, wrap_up=0)) as centre:
        first, second, resident = await talking(centre)
        await asks_and_hangs_up(centre, first, second, answer_after=4.0)
        assert resident.ended_at is None
        await centre.until(lambda: second.tone_hz in heard(resident), seconds=30)
        await centre.until(lambda: states(centre) == {"1001": "free", "1002": "talking"}, seconds=30)
        await resident.hang_up()
        await centre.until(lambda: not centre.engine.view().calls, seconds=20)
        (row,) = await centre.rows("SELECT outcome, agent FROM calls")
        assert (row.outcome, row.agent) == ("answered", "1001")
        assert [row.agent for row in await centre.rows("SELECT agent FROM transfers")] == ["1002"]
        assert not await centre.rows("SELECT obligation FROM obligations")


async def test_who_asked_hangs_up_and_nobody_wants_the_resident_and_others_serve_him_on() -> None:
    """The colleague declines; the phone of who asked rings once more, and he declines too."""
    async with live_centre(CentrePlan(agents=2, wrap_up=0)) as centre:
        first, second, resident = await talking(centre)
        first.answer_after = lambda: DECLINE
        await asks_and_hangs_up(centre, first, second, answer_after=None)
        second.hang_up()
        await first.wait_for(lambda one: len(one.calls) > 1, seconds=30)
        second.answer_after = lambda: 0.0
        await second.dial("*44", seconds=0.3)
        await centre.until(lambda: second.tone_hz in heard(resident), seconds=30)
        assert resident.ended_at is None
        await centre.until(lambda: states(centre)["1002"] == "talking", seconds=30)
        await resident.hang_up()
        await centre.until(lambda: not centre.engine.view().calls, seconds=20)
        (row,) = await centre.rows("SELECT outcome, agent FROM calls")
        assert (row.outcome, row.agent) == ("answered", "1001")


async def test_a_callback_is_given_on_after_a_question_too() -> None:
    async with live_centre(plan(agents=2, record=True)) as centre:
        here = await ward(centre, answers, talk_seconds=9.0)
        await here.miss()
        (second,) = await centre.phones.add_agents(1)
        await second.dial("*43", seconds=0.3)
        call = await here.called_back()
        await centre.until(lambda: here.exchange.answered and call.answered_at is not None, seconds=20)
        await asyncio.sleep(0.5)
        asking = await Consultation.begin(here.agent, second.user)
        await asyncio.sleep(1.5)
        assert states(centre) == {"1001": "talking", "1002": "paused"}
        asking.connect()
        await centre.until(lambda: states(centre) == {"1001": "free", "1002": "talking"}, seconds=20)
        stream = second.calls[-1].stream
        assert stream is not None
        await centre.until(lambda: RESIDENT_TONE in stream.heard, seconds=20)
        await centre.until(lambda: states(centre) == {"1001": "free", "1002": "paused"}, seconds=20)
        await here.until_closed()
        assert await here.obligations() == [("contacted", "")]
        assert [row.agent for row in await centre.rows("SELECT agent FROM attempt_transfers")] == ["1002"]
        (row,) = await centre.rows("SELECT agent, recording FROM attempts")
        assert row.agent == "1001"
        sound = loudness(Path(row.recording))
        assert (sound[0], False in sound, sound[-2]) == (True, True, True)
