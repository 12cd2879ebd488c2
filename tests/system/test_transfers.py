"""An agent gives a conversation to a colleague by his phone's REFER, on a real Asterisk."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from callengine.demo.centre import CentrePlan
from callengine.demo.phones.resident import Resident
from callengine.demo.phones.softphone import DECLINE, Softphone
from callengine.demo.phones.tones import RESIDENT_TONE
from tests.support.live_centre import LiveCentre, live_centre
from tests.system.test_callbacks import answers, plan, ward


async def talking(centre: LiveCentre) -> tuple[Softphone, Softphone, Resident]:
    """A resident speaks with the first agent; the second is on pause, so that he gets no call by himself."""
    patient_with_keys(centre)
    first, second = await centre.phones.add_agents(2)
    await second.dial("*43", seconds=0.3)
    resident = centre.phones.resident("79160000001")
    await resident.call()
    await resident.wait_for(lambda one: first.tone_hz in heard(one))
    return first, second, resident


def patient_with_keys(centre: LiveCentre) -> None:
    """Asterisk waits longer than a second for the next key of a feature code: a busy machine presses slowly."""
    file = centre.asterisk.etc / "features.conf"
    file.write_text(file.read_text().replace("[general]\n", "[general]\nfeaturedigittimeout = 8000\n", 1))
    centre.asterisk.command_line("module reload features")


def heard(resident: Resident) -> set[int]:
    return set() if resident.stream is None else set(resident.stream.heard)


def states(centre: LiveCentre) -> dict[str, str]:
    return {agent.agent: agent.state.value for agent in centre.engine.view().agents}


async def test_the_colleague_takes_it_over_and_who_left_is_free() -> None:
    plan = CentrePlan(agents=2, wrap_up=0, record=True)
    async with live_centre(plan) as centre:
        first, second, resident = await talking(centre)
        first.transfer(second.user)
        await resident.wait_for(lambda one: second.tone_hz in heard(one))
        await centre.until(lambda: states(centre) == {"1001": "free", "1002": "talking"})
        (call,) = centre.engine.view().calls
        assert (call.state, call.agent) == ("talking", "1002")
        await resident.hang_up()
        await centre.until(lambda: not centre.engine.view().calls)
        await centre.until(lambda: states(centre) == {"1001": "free", "1002": "paused"})
        (row,) = await centre.rows("SELECT outcome, agent, recording FROM calls")
        assert (row.outcome, row.agent) == ("answered", "1001")
        assert [row.agent for row in await centre.rows("SELECT agent FROM transfers")] == ["1002"]
        assert not await centre.rows("SELECT obligation FROM obligations")
        assert Path(row.recording).exists()
        talks = await centre.rows("SELECT agent FROM agent_states WHERE state = 'talking' ORDER BY at")
        assert [row.agent for row in talks] == ["1001", "1002"]


async def test_a_transfer_that_nobody_answers_or_to_nowhere_loses_nobody() -> None:
    async with live_centre(CentrePlan(agents=2, wrap_up=0)) as centre:
        first, second, resident = await talking(centre)
        await second.dial("*44", seconds=0.3)
        first.transfer("5555")
        # Asked of the whole centre: the resident's own wait looks again only when he hears a new tone.
        await centre.until(lambda: second.tone_hz in heard(resident), seconds=30)
        assert len(first.calls) == 1  # The plain queue rings who gave him away after all others.
        assert resident.ended_at is None
        await resident.hang_up()
        await centre.until(lambda: not centre.engine.view().calls)
        assert [row.outcome for row in await centre.rows("SELECT outcome FROM calls")] == ["answered"]


async def press(phone: Softphone, keys: str) -> None:
    call = phone.present_call
    assert call is not None
    assert call.stream is not None
    for key in keys:
        await call.stream.press(key)
        await asyncio.sleep(0.1)


async def answered_again(phone: Softphone) -> None:
    await phone.wait_for(lambda one: len(one.calls) > 1 and one.calls[-1].answered_at is not None, seconds=60)


async def states_of(centre: LiveCentre, agent: str) -> list[str]:
    rows = await centre.rows(f"SELECT state FROM agent_states WHERE agent = '{agent}' ORDER BY at, seq, n")
    return [row.state for row in rows]


BACK_AGAIN = [
    "REFER to nowhere",
    "## to nowhere",
    "## to a colleague who declines",
    "*2 to a colleague who declines",
]


@pytest.mark.parametrize("way", BACK_AGAIN)
async def test_who_gets_his_own_transfer_back_talks_and_rests_as_after_any_call(way: str) -> None:
    async with live_centre(CentrePlan(agents=2, wrap_up=60)) as centre:
        first, second, resident = await talking(centre)
        second.answer_after = lambda: DECLINE
        # The second is on pause: who gave the resident away is rung, by the plain queue or (*2) by Asterisk itself.
        match way:
            case "REFER to nowhere":
                first.transfer("5555")
            case "## to nowhere":
                await press(first, "##5555")
            case "## to a colleague who declines":
                await press(first, f"##{second.user}")
            case _:
                second.answer_after = lambda: None
                await press(first, f"*2{second.user}")
                await second.wait_for(lambda one: one.present_call is not None, seconds=25)
                await asyncio.sleep(0.3)  # No hand is faster.
                first.hang_up()
                await asyncio.sleep(0.5)
                second.hang_up()
        await answered_again(first)
        await centre.until(lambda: states(centre) == {"1001": "talking", "1002": "paused"}, seconds=20)
        (call,) = centre.engine.view().calls
        assert (call.state, call.agent) == ("talking", "1001")
        await resident.hang_up()
        await centre.until(lambda: not centre.engine.view().calls)
        await centre.until(lambda: states(centre) == {"1001": "wrap_up", "1002": "paused"})
        # By *2 his old call ends in the moment in which the new one is there: his rest between them may be none.
        seen = (await states_of(centre, "1001"))[-2 if way.startswith("*2") else -4 :]
        assert seen == ["talking", "wrap_up"] * (len(seen) // 2)
        assert "talking" not in await states_of(centre, "1002")
        (row,) = await centre.rows("SELECT outcome, agent FROM calls")
        assert (row.outcome, row.agent) == ("answered", "1001")
        assert not await centre.rows("SELECT obligation FROM obligations")


@pytest.mark.parametrize("way", ["REFER", "##", "*2"])
async def test_a_colleague_gives_the_conversation_back_and_each_rests_after_his_own(way: str) -> None:
    async with live_centre(CentrePlan(agents=2, wrap_up=60)) as centre:
        first, second, resident = await talking(centre)
        for giver, taker in ((first, second), (second, first)):
            taken = len(taker.calls)
            match way:
                case "REFER":
                    giver.transfer(taker.user)
                case "##":
                    await press(giver, f"##{taker.user}")
                case _:
                    await press(giver, f"*2{taker.user}")
            await taker.wait_for(
                lambda one, n=taken: len(one.calls) > n and one.calls[-1].answered_at is not None,
                seconds=30,
            )
            if way != "##":
                # By *2 that connects the two; after a REFER the phone itself ends what it has given away.
                await asyncio.sleep(0.5)
                giver.hang_up()
            await centre.until(
                lambda t=taker: states(centre)[t.user] == "talking",
                seconds=20,
            )
            await giver.wait_for(lambda one: one.present_call is None, seconds=20)
            await centre.until(
                lambda g=giver: states(centre)[g.user] == "wrap_up",
                seconds=20,
            )
        (call,) = centre.engine.view().calls
        assert (call.state, call.agent) == ("talking", "1001")
        assert [row.agent for row in await centre.rows("SELECT agent FROM transfers ORDER BY at")] == [
            "1002",
            "1001",
        ]
        await resident.hang_up()
        await centre.until(lambda: not centre.engine.view().calls)
        await centre.until(lambda: states(centre) == {"1001": "wrap_up", "1002": "wrap_up"})
        assert (await states_of(centre, "1001"))[-4:] == ["talking", "wrap_up", "talking", "wrap_up"]
        assert (await states_of(centre, "1002"))[-2:] == ["talking", "wrap_up"]


async def test_a_feature_code_does_the_same_and_a_residents_keys_do_nothing() -> None:
    async with live_centre(CentrePlan(agents=2, wrap_up=0)) as centre:
        first, second, resident = await talking(centre)
        assert resident.stream is not None
        for key in f"##{second.user}":
            await resident.stream.press(key)
            await asyncio.sleep(0.1)
        await asyncio.sleep(2)
        assert not second.calls
        call = first.present_call
        assert call is not None
        assert call.stream is not None
        for key in f"##{second.user}":
            await call.stream.press(key)
            await asyncio.sleep(0.1)
        await resident.wait_for(lambda one: second.tone_hz in heard(one), seconds=15)
        await centre.until(lambda: states(centre) == {"1001": "free", "1002": "talking"})
        await resident.hang_up()
        await centre.until(lambda: not centre.engine.view().calls)


async def test_who_gets_his_own_callback_back_talks_and_rests_too() -> None:
    async with live_centre(plan(agents=2)) as centre:
        here = await ward(centre, answers, talk_seconds=60.0)
        await here.miss()
        (second,) = await centre.phones.add_agents(1)
        await second.dial("*43", seconds=0.3)
        call = await here.called_back()
        await centre.until(lambda: here.exchange.answered and call.answered_at is not None)
        await asyncio.sleep(0.5)
        served = len(here.agent.calls)
        here.agent.transfer("5555")
        await here.agent.wait_for(
            lambda one: len(one.calls) > served and one.calls[-1].answered_at is not None, seconds=30
        )
        await centre.until(lambda: states(centre) == {"1001": "talking", "1002": "paused"}, seconds=10)
        here.agent.hang_up()
        await here.until_closed()
        assert await here.obligations() == [("contacted", "")]
        assert (await states_of(centre, "1001")).count("talking") == 2


async def test_a_callback_is_given_to_a_colleague_too() -> None:
    async with live_centre(plan(agents=2)) as centre:
        here = await ward(centre, answers, talk_seconds=8.0)
        await here.miss()
        (second,) = await centre.phones.add_agents(1)
        await second.dial("*43", seconds=0.3)
        call = await here.called_back()
        await centre.until(lambda: here.exchange.answered and call.answered_at is not None)
        await asyncio.sleep(0.5)
        here.agent.transfer(second.user)
        await second.wait_for(lambda phone: bool(phone.calls) and phone.calls[-1].answered_at is not None)
        stream = second.calls[-1].stream
        assert stream is not None
        await second.wait_for(lambda phone: RESIDENT_TONE in stream.heard)
        await here.until_closed()
        assert await here.obligations() == [("contacted", "")]
        await second.wait_for(lambda phone: phone.present_call is None, seconds=15)
        # The resident hung up in the end: nobody was sent to a queue.
        assert "0 active channels" in centre.asterisk.command_line("core show channels")
