"""A phone that dies in mid-talk leaves nobody in silence; a resident who only listens is never timed out."""

from __future__ import annotations

import asyncio
import re

import pytest

from callengine.demo.centre import EMERGENCY_DID, CentrePlan
from callengine.demo.phones.resident import Resident
from callengine.demo.phones.sip_socket import SipSocket
from callengine.demo.phones.softphone import Softphone
from tests.support.consultation import Consultation
from tests.support.live_centre import LiveCentre, live_centre
from tests.system.test_attended_transfers import colleague_speaks
from tests.system.test_callbacks import DIALLED, Ward, answers, plan, ward
from tests.system.test_contact import dialled_when_he_calls
from tests.system.test_transfers import heard, press, states, talking

SECONDS = 3
"""What each `rtp_timeout` of the sample, whosever it is, is shortened to."""
SHORTEST_SESSION = 90
"""RFC 4028 allows no shorter one: whoever is gone is asked after 45 s, and given up 16 s later."""


def shorten_timeouts(centre: LiveCentre) -> None:
    pjsip = centre.asterisk.etc / "pjsip.conf"
    text = pjsip.read_text(encoding="utf-8")
    text, timeouts = re.subn(r"(?m)^rtp_timeout = \d+$", f"rtp_timeout = {SECONDS}", text)
    text, sessions = re.subn(
        r"(?m)^timers_sess_expires = \d+$", f"timers_sess_expires = {SHORTEST_SESSION}", text
    )
    assert timeouts
    assert sessions
    pjsip.write_text(text, encoding="utf-8")
    centre.asterisk.command_line("module reload res_pjsip.so")


def cut_cable(socket: SipSocket) -> None:
    """Nothing is said or heard any more."""
    socket.receive = lambda data, addr: None  # type: ignore[method-assign]
    socket.send = lambda message, addr: None  # type: ignore[method-assign]


def die(phone: Softphone) -> None:
    """Its cable is cut."""
    cut_cable(phone._socket)
    phone.drop_calls()


def vanish(resident: Resident) -> None:
    """He walks into a lift."""
    cut_cable(resident._socket)
    if resident.stream is not None:
        resident.stream.close()


def mute(resident: Resident) -> None:
    """His telephone sends nothing while he is silent; it is there, and answers."""
    assert resident.stream is not None
    resident.stream.send_frame = lambda: None  # type: ignore[method-assign]


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
        # The dead phone is rung after all others.
        await centre.until(
            lambda: (
                f"/callengine/aside/{dying.user} "
                in centre.asterisk.command_line("database show callengine/aside")
            )
        )
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
        await centre.until(lambda: not centre.engine.view().calls)
        assert [row.outcome for row in await centre.rows("SELECT outcome FROM calls")] == ["answered"]


async def test_a_muted_resident_keeps_his_place_and_his_conversation() -> None:
    """Three times as long as whatever `rtp_timeout` there is; a telephone's microphone is nobody's business."""
    async with live_centre(CentrePlan(agents=1, wrap_up=0)) as centre:
        shorten_timeouts(centre)
        (agent,) = await centre.phones.add_agents(1)
        await agent.dial("*43", seconds=0.3)
        resident = centre.phones.resident("79160000001")
        await resident.call()
        mute(resident)
        assert resident.stream is not None
        await asyncio.sleep(3 * SECONDS)
        (call,) = centre.engine.view().calls
        assert (call.state, resident.ended_at) == ("waiting", None)
        frames = resident.stream.frames_received
        await agent.dial("*44", seconds=0.3)
        await resident.wait_for(lambda one: one.heard_at is not None)
        await asyncio.sleep(2 * SECONDS)
        assert resident.ended_at is None
        assert resident.stream.frames_received > frames
        agent.hang_up()
        await centre.until(lambda: resident.ended_at is not None, seconds=10)
        await centre.until(lambda: not centre.engine.view().calls)
        (row,) = await centre.rows("SELECT outcome, agent FROM calls")
        assert (row.outcome, row.agent) == ("answered", "1001")


async def test_who_vanishes_without_a_word_is_noticed_waiting_or_talking_and_a_muted_resident_stays() -> None:
    async with live_centre(CentrePlan(agents=1, wrap_up=0)) as centre:
        shorten_timeouts(centre)
        (agent,) = await centre.phones.add_agents(1)
        await agent.dial("*43", seconds=0.3)
        waits, listens = (centre.phones.resident(f"7916000000{n}") for n in (1, 2))
        talks = centre.phones.resident("79160000003", EMERGENCY_DID)
        await waits.call()
        vanish(waits)
        await asyncio.sleep(2)  # Else he who waits would have the agent whom the other frees.
        await talks.call()
        await agent.dial("*44", seconds=0.3)
        await talks.wait_for(lambda one: one.heard_at is not None)
        await listens.call()
        mute(listens)
        vanish(talks)
        await centre.until(lambda: len(centre.engine.view().calls) == 1, seconds=75)
        # His agent is free for the next, who is the one that is there: muted, but there.
        await listens.wait_for(lambda one: one.heard_at is not None)
        assert listens.ended_at is None
        rows = await centre.rows("SELECT outcome FROM calls ORDER BY arrived_at")
        assert [row.outcome for row in rows] == ["abandoned", "answered", None]
        # Whoever was waiting is owed a call, as any who gave up.
        assert len(await centre.rows("SELECT obligation FROM obligations")) == 1


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


async def test_who_calls_while_he_is_dialled_and_whose_agents_phone_then_dies_is_served_on() -> None:
    async with live_centre(plan(agents=2)) as centre:
        shorten_timeouts(centre)
        here, resident = await dialled_when_he_calls(centre)
        await centre.until(lambda: resident.heard_at is not None, seconds=20)
        (second,) = await centre.phones.add_agents(1)
        await second.dial("*43", seconds=0.3)
        die(here.agent)
        await centre.until(lambda: in_fallback(centre), seconds=20)
        assert resident.ended_at is None
        await second.dial("*44", seconds=0.3)
        await second.wait_for(
            lambda one: bool(one.calls) and one.calls[-1].answered_at is not None, seconds=40
        )
        await centre.until(lambda: states(centre)["1002"] == "talking", seconds=20)
        second.hang_up()
        await centre.until(lambda: resident.ended_at is not None, seconds=10)
        await here.until_closed()
        assert await here.obligations() == [("got_through", "")]


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
        await here.until_closed()
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
