"""The demo's SIP phones against a real Asterisk, without an engine: the fallback queue connects them.

The phones are the witnesses of the other system tests, so they are shown here to tell the truth.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from callengine.demo.centre import EMERGENCY_DID, Phones
from callengine.demo.resident import ResidentExchange
from callengine.demo.softphone import DECLINE, Softphone
from tests.support.asterisk_process import AsteriskProcess

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(60)]


@pytest.fixture
async def phones(asterisk: AsteriskProcess) -> AsyncIterator[Phones]:
    phones = Phones(asterisk)
    yield phones
    for agent in phones.agents:
        await agent.dial("*42", seconds=0.3)
    await phones.stop()
    await until(lambda: "0 active channels" in asterisk.command_line("core show channels count"))


async def until(condition: Callable[[], object], *, seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(condition):
            await asyncio.sleep(0.02)


async def test_a_phone_is_known_to_the_pbx_while_it_runs_and_no_longer(asterisk: AsteriskProcess) -> None:
    phones = Phones(asterisk)
    await phones.add_agents(1, log_in=False)
    assert "1001/sip:1001@127.0.0.1" in asterisk.command_line("pjsip show contacts")
    await phones.stop()
    await until(lambda: "1001/sip:1001@" not in asterisk.command_line("pjsip show contacts"), seconds=3)


async def test_a_wrong_password_is_said(asterisk: AsteriskProcess) -> None:
    phone = Softphone("1001", "wrong", ("127.0.0.1", asterisk.sip_port), Phones(asterisk).ticker, tone_hz=500)
    with pytest.raises(PermissionError, match="401"):
        await phone.start()
    await phone.stop()


async def test_resident_and_agent_hear_each_other_and_know_when(phones: Phones) -> None:
    (agent,) = await phones.add_agents(1, answer_after=lambda: 0.3)
    resident = phones.resident("79161234567", name="Иванова")
    await resident.call()
    await resident.wait_for(lambda one: one.heard_at is not None)
    await agent.wait_for(lambda phone: phone.calls[-1].heard_resident_at is not None)
    ring = agent.calls[-1]
    assert resident.heard_tone == agent.tone_hz
    assert resident.called_at is not None and resident.connected_at is not None
    assert resident.heard_at is not None and ring.answered_at is not None
    # He was connected for the music; an agent is heard only after he picked up, 0.3 s after his phone rang.
    assert resident.called_at < resident.connected_at < ring.rang_at < ring.answered_at < resident.heard_at
    assert 0.3 <= ring.answered_at - ring.rang_at < 0.5
    await resident.hang_up()
    await agent.wait_for(lambda phone: phone.calls[-1].ended_at is not None)


async def test_the_agent_who_declines_is_rung_again_and_the_resident_hears_nobody_yet(phones: Phones) -> None:
    answers = iter([DECLINE, 0.0])
    (agent,) = await phones.add_agents(1, answer_after=lambda: next(answers))
    resident = phones.resident("79161234567")
    await resident.call()
    await agent.wait_for(lambda phone: len(phone.calls) == 1 and phone.calls[0].ended_at is not None)
    assert agent.calls[0].answered_at is None
    assert resident.heard_at is None and resident.ended_at is None
    await resident.wait_for(lambda one: one.heard_at is not None, seconds=20)
    assert len(agent.calls) == 2


async def test_the_phone_stops_ringing_when_the_resident_hangs_up(phones: Phones) -> None:
    (agent,) = await phones.add_agents(1, answer_after=lambda: None)
    resident = phones.resident("79161234567")
    await resident.call()
    await agent.wait_for(lambda phone: bool(phone.calls))
    await resident.hang_up()
    await agent.wait_for(lambda phone: phone.calls[0].ended_at is not None, seconds=3)
    assert agent.calls[0].answered_at is None


async def test_an_agent_who_hangs_up_ends_the_residents_call(phones: Phones) -> None:
    await phones.add_agents(1, talk_for=lambda: 0.3)
    resident = phones.resident("79161234567")
    await resident.call()
    await resident.wait_for(lambda one: one.ended_at is not None)
    assert resident.heard_at is not None


async def test_a_resident_who_hangs_up_while_he_dials_is_gone_at_once(
    phones: Phones, asterisk: AsteriskProcess
) -> None:
    """CANCEL and the PBX's 200 OK cross on the way: the call must still end, on both sides."""
    for number in range(10):
        resident = phones.resident(f"7916000000{number}")
        dialling = asyncio.create_task(resident.call())
        await asyncio.sleep(0)  # The INVITE is sent by the first steps of call().
        await until(lambda resident=resident: resident.called_at is not None, seconds=1)  # type: ignore[misc]  # mypy knows no type for a lambda's default
        await resident.hang_up()
        async with asyncio.timeout(1):
            await dialling
        assert resident.ended_at is not None
    await until(lambda: "0 active channels" in asterisk.command_line("core show channels count"), seconds=3)


async def test_a_withheld_number_reaches_nobody(phones: Phones) -> None:
    (agent,) = await phones.add_agents(1)
    resident = phones.resident("79161234567", EMERGENCY_DID, withheld=True)
    await resident.call()
    await resident.wait_for(lambda one: one.heard_at is not None)
    shown = agent.calls[-1]
    assert "79161234567" not in shown.shown_name + shown.shown_number


async def test_residents_telephones_answer_are_busy_or_ring_for_ever(
    phones: Phones, asterisk: AsteriskProcess
) -> None:
    plans: dict[str, float | str | None] = {"79160000001": 0.0, "79160000002": "busy", "79160000003": 5.0}
    exchange = await phones.open_exchange(plans.__getitem__)
    for number in plans:
        await asyncio.to_thread(
            asterisk.command_line, f"channel originate PJSIP/{number}@trunk application MusicOnHold"
        )
    await until(lambda: set(exchange.rung) == set(plans))
    await until(lambda: exchange.answered == ["79160000001"])
    await asyncio.to_thread(asterisk.command_line, "channel request hangup all")
    await until(lambda: "0 active channels" in asterisk.command_line("core show channels count"))
    await nobody_answers_a_call_that_is_over(exchange)


async def nobody_answers_a_call_that_is_over(exchange: ResidentExchange) -> None:
    """The third telephone would have picked up after 5 s; it stopped ringing before."""
    assert exchange.ringing == set()
    assert exchange.answered == ["79160000001"]
