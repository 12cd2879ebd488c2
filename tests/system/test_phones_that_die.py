"""A phone that dies in mid-talk leaves nobody in silence; a resident who only listens is never timed out."""

from __future__ import annotations

import asyncio

import pytest

from callengine.demo.centre import CentrePlan
from callengine.demo.phones.softphone import Softphone
from tests.support.consultation import Consultation
from tests.support.live_centre import LiveCentre, live_centre
from tests.system.test_attended_transfers import colleague_speaks, press
from tests.system.test_callbacks import DIALLED, Ward, answers, plan, ward
from tests.system.test_transfers import heard, states, talking

SECONDS = 3
"""What the sample's `rtp_timeout` is shortened to."""


def shorten_timeouts(centre: LiveCentre) -> None:
    pjsip = centre.asterisk.etc / "pjsip.conf"
    text = pjsip.read_text(encoding="utf-8")
    assert text.count("\nrtp_timeout = 30\n") == 1  # The agents', and not the trunk's.
    pjsip.write_text(text.replace("\nrtp_timeout = 30\n", f"\nrtp_timeout = {SECONDS}\n"), encoding="utf-8")
    centre.asterisk.command_line("module reload res_pjsip.so")


def die(phone: Softphone) -> None:
    """Its cable is cut: it says nothing and hears nothing any more."""
    phone._socket.receive = lambda data, addr: None  # type: ignore[method-assign]
    phone._socket.send = lambda message, addr: None  # type: ignore[method-assign]
    phone.drop_calls()


def in_fallback(centre: LiveCentre) -> bool:
    return "!callengine-fallback!" in centre.asterisk.command_line("core show channels concise")


async def until_over(centre: LiveCentre) -> None:
    await centre.until(
        lambda: "0 active channels" in centre.asterisk.command_line("core show channels"), seconds=20
    )


WAYS = ["offered", "##", "REFER", "*2", "keys"]
"""How a resident came to the agent whose phone dies."""


@pytest.mark.parametrize("way", WAYS)
async def test_the_resident_of_a_phone_that_died_is_served_on_by_another_agent(way: str) -> None:
    async with live_centre(CentrePlan(agents=2, wrap_up=0)) as centre:
        shorten_timeouts(centre)
        first, second, resident = await talking(centre)
        dying = first if way == "offered" else second
        match way:
            case "##":
                await press(first, f"##{second.user}")
            case "REFER":
                first.transfer(second.user)
            case "*2":
                await press(first, f"*2{second.user}")
                await colleague_speaks(second)
                await asyncio.sleep(0.5)
                first.hang_up()
            case "keys":
                asking = await Consultation.begin(first, second.user)
                await asyncio.sleep(0.5)
                asking.connect()
        await centre.until(lambda: dying.tone_hz in heard(resident), seconds=20)
        await centre.until(lambda: states(centre)[dying.user] == "talking", seconds=20)
        if dying is second:
            # Who gave the resident away is not there any more: nobody but who is called to work serves him.
            await first.dial("*43", seconds=0.3)
        die(dying)
        await centre.until(lambda: in_fallback(centre), seconds=20)
        assert resident.ended_at is None
        living = second if dying is first else first
        served = len(living.calls)
        await living.dial("*44", seconds=0.3)
        await centre.until(
            lambda: len(living.calls) > served and living.calls[-1].answered_at is not None, seconds=40
        )
        await centre.until(lambda: states(centre)[living.user] == "talking", seconds=20)
        assert resident.ended_at is None
        # And the end is an end: nobody is sent on from there.
        living.hang_up()
        await centre.until(lambda: resident.ended_at is not None, seconds=10)
        assert [row.outcome for row in await centre.rows("SELECT outcome FROM calls")] == ["answered"]


async def called_back(centre: LiveCentre, *, talk_seconds: float) -> tuple[Ward, Softphone]:
    """A resident who was missed speaks with the agent who calls him back; the second agent is on pause."""
    shorten_timeouts(centre)
    here = await ward(centre, answers, talk_seconds=talk_seconds)
    await here.miss()
    (second,) = await centre.phones.add_agents(1)
    await second.dial("*43", seconds=0.3)
    call = await here.called_back()
    await centre.until(lambda: here.exchange.answered and call.answered_at is not None, seconds=20)
    await centre.until(lambda: DIALLED in here.exchange.heard, seconds=20)
    return here, second


async def test_whom_the_agent_was_calling_back_when_his_phone_died_is_served_on_and_contacted() -> None:
    async with live_centre(plan(agents=2)) as centre:
        here, second = await called_back(centre, talk_seconds=60.0)
        die(here.agent)
        await centre.until(lambda: in_fallback(centre), seconds=20)
        # Nobody takes silence for a contact meanwhile, though in this centre nobody has time to say anything.
        async with asyncio.timeout(20):
            while await here.attempts() != ["contacted"]:
                await asyncio.sleep(0.05)
        await asyncio.sleep(3)
        assert await here.obligations() == [("unconfirmed", "")]
        await second.dial("*44", seconds=0.3)
        await second.wait_for(
            lambda one: bool(one.calls) and one.calls[-1].answered_at is not None, seconds=40
        )
        await centre.until(lambda: states(centre)["1002"] == "talking", seconds=20)
        second.hang_up()
        await here.until_closed()
        assert await here.obligations() == [("contacted", "")]
        assert [row.agent for row in await centre.rows("SELECT agent FROM attempt_transfers")] == ["1002"]
        await until_over(centre)
        # The inbox knows calls that came in, and no others.
        assert "callengine/inbox" not in centre.asterisk.command_line("database show callengine")


async def test_whom_the_agent_was_calling_back_when_his_phone_died_and_who_hangs_up_is_called_again() -> None:
    async with live_centre(plan(agents=2)) as centre:
        here, second = await called_back(centre, talk_seconds=8.0)
        die(here.agent)
        await centre.until(lambda: in_fallback(centre), seconds=20)
        await centre.until(lambda: not in_fallback(centre), seconds=20)  # He has hung up.
        await second.dial("*44", seconds=0.3)
        await second.wait_for(
            lambda one: bool(one.calls) and one.calls[-1].answered_at is not None, seconds=40
        )
        await here.until_closed(seconds=40)
        assert here.exchange.rung == [DIALLED] * 2
        assert await here.obligations() == [("contacted", "")]
        rows = await centre.rows("SELECT agent, dial_status FROM attempts ORDER BY n")
        assert (rows[0].agent, rows[0].dial_status) == ("1001", "AGENTGONE")
        assert (rows[-1].agent, rows[-1].dial_status) == ("1002", "ANSWER")


async def test_a_callback_that_nobody_takes_over_is_served_by_the_queue() -> None:
    """A transfer to nowhere; the agent who gets it then hangs up, and that is the end of it."""
    async with live_centre(plan(agents=2)) as centre:
        here, second = await called_back(centre, talk_seconds=60.0)
        await second.dial("*44", seconds=0.3)
        here.agent.answer_after = lambda: None
        here.agent.transfer("5555")
        await second.wait_for(
            lambda one: bool(one.calls) and one.calls[-1].answered_at is not None, seconds=40
        )
        await centre.until(lambda: states(centre)["1002"] == "talking", seconds=20)
        second.hang_up()
        await until_over(centre)
        assert await here.obligations() == [("contacted", "")]


async def test_without_the_engine_an_agent_who_does_not_answer_is_followed_by_the_next() -> None:
    async with live_centre(CentrePlan(agents=2), engine=False) as centre:
        away, there = await centre.phones.add_agents(2)
        away.answer_after = lambda: None
        resident = centre.phones.resident("79160000001")
        await resident.call()
        # At most one ring of the one who is away (timeout = 15), whoever is first.
        await resident.wait_for(lambda one: one.heard_at is not None, seconds=25)
        assert resident.heard_tone == there.tone_hz
        assert len(away.calls) <= 1
