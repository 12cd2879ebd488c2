"""Without the engine Asterisk's own queue rings in turn, and who did not take a call after all others."""

from __future__ import annotations

import time
from itertools import pairwise

from callengine.demo.centre import CentrePlan
from callengine.demo.phones.resident import Resident
from callengine.demo.phones.softphone import DECLINE, Softphone
from tests.support.listening import Listening
from tests.support.live_centre import LiveCentre, live_centre

REST_SECONDS = 3.5
"""Five are promised, counted in whole seconds."""
NOT_THERE = None
"""His phone rings for nobody."""


def put_aside(centre: LiveCentre) -> list[str]:
    """Phones that are rung after all others."""
    shown = centre.asterisk.command_line("database show callengine/aside")
    return sorted(line.split()[0].rpartition("/")[2] for line in shown.splitlines() if "/callengine/" in line)


async def served(centre: LiveCentre, number: int) -> Resident:
    """A resident who called and spoke with somebody; he has hung up."""
    resident = centre.phones.resident(f"791600000{number:02}")
    await resident.call()
    await resident.wait_for(lambda one: one.heard_at is not None, seconds=40)
    await resident.hang_up()
    await centre.until(lambda: "0 active channels" in centre.asterisk.command_line("core show channels"))
    return resident


async def served_by(centre: LiveCentre, numbers: range) -> list[int | None]:
    """The tones that residents heard, who called one after the other."""
    return [(await served(centre, number)).heard_tone for number in numbers]


def long_ago(centre: LiveCentre, phone: Softphone) -> None:
    """A minute has passed since he was put aside."""
    then = int(time.time()) - 61
    centre.asterisk.command_line(f"database put callengine/aside {phone.user} {then}")


async def test_who_declines_is_not_rung_while_another_is_idle_and_comes_back_by_himself() -> None:
    async with live_centre(CentrePlan(agents=2), engine=False) as centre:
        away, there = await centre.phones.add_agents(2)
        away.answer_after = lambda: DECLINE
        assert await served_by(centre, range(2)) == [there.tone_hz] * 2  # In one of them it was his turn.
        assert len(away.calls) == 1
        assert put_aside(centre) == [away.user]
        assert await served_by(centre, range(2, 5)) == [there.tone_hz] * 3
        assert len(away.calls) == 1
        away.answer_after = lambda: 0.0
        long_ago(centre, away)
        heard = await served_by(centre, range(5, 9))
        assert sorted(map(str, heard)) == sorted(map(str, [away.tone_hz, there.tone_hz] * 2))
        assert put_aside(centre) == []


async def test_who_does_not_answer_is_put_aside_and_44_brings_him_back_at_once() -> None:
    async with live_centre(CentrePlan(agents=2), engine=False) as centre:
        away, there = await centre.phones.add_agents(2)
        away.answer_after = lambda: NOT_THERE
        assert await served_by(centre, range(4)) == [there.tone_hz] * 4
        assert len(away.calls) == 1
        assert put_aside(centre) == [away.user]
        await away.dial("*44", seconds=0.3)
        assert put_aside(centre) == []
        away.answer_after = lambda: 0.0
        assert away.tone_hz in await served_by(centre, range(4, 6))


async def test_somebody_is_always_rung_though_all_are_put_aside_and_who_answers_is_there_again() -> None:
    async with live_centre(CentrePlan(agents=2), engine=False) as centre:
        first, second = await centre.phones.add_agents(2)
        first.answer_after = second.answer_after = lambda: DECLINE
        resident = centre.phones.resident("79160000001")
        await resident.call()
        heard = Listening(resident)
        await centre.until(lambda: len(first.calls) >= 3 and len(second.calls) >= 3, seconds=60)
        assert put_aside(centre) == [first.user, second.user]
        # Who refuses is not rung every second; his resident hears music meanwhile.
        for phone in (first, second):
            rung = [call.rang_at for call in phone.calls]
            assert all(later - before > REST_SECONDS for before, later in pairwise(rung)), rung
        assert heard.longest_silence() < REST_SECONDS / 2
        second.answer_after = lambda: 0.0
        await resident.wait_for(lambda one: one.heard_tone == second.tone_hz, seconds=20)
        await resident.hang_up()
        await centre.until(lambda: put_aside(centre) == [first.user])


async def test_who_hangs_up_while_it_rings_puts_no_agent_aside() -> None:
    async with live_centre(CentrePlan(agents=1), engine=False) as centre:
        (agent,) = await centre.phones.add_agents(1, answer_after=lambda: NOT_THERE)
        resident = centre.phones.resident("79160000001")
        await resident.call()
        await agent.wait_for(lambda phone: bool(phone.calls))
        await resident.hang_up()
        await centre.until(lambda: "0 active channels" in centre.asterisk.command_line("core show channels"))
        assert put_aside(centre) == []


async def test_an_engine_that_comes_back_takes_nobody_for_paused() -> None:
    async with live_centre(CentrePlan(agents=2, wrap_up=0), engine=False) as centre:
        away, there = await centre.phones.add_agents(2)
        away.answer_after = lambda: DECLINE
        assert await served_by(centre, range(2)) == [there.tone_hz] * 2
        assert put_aside(centre) == [away.user]
        away.answer_after = lambda: 0.0
        await centre.start_engine()
        await centre.until(lambda: centre.free_agents() == 2)


async def test_a_mistyped_transfer_goes_to_an_agent_who_is_idle_and_not_to_who_gave_him_away() -> None:
    async with live_centre(CentrePlan(agents=2), engine=False) as centre:
        agents = await centre.phones.add_agents(2)
        resident, by, other = await talking_out_of_turn(centre, agents)
        before = len(by.calls)
        by.transfer("5555")
        await centre.until(lambda: heard(resident) == {by.tone_hz, other.tone_hz}, seconds=20)
        assert len(by.calls) == before
        assert resident.ended_at is None


async def test_a_transfer_that_a_colleague_declines_goes_to_the_third() -> None:
    async with live_centre(CentrePlan(agents=3), engine=False) as centre:
        agents = await centre.phones.add_agents(3)
        resident, by, colleague = await talking_out_of_turn(centre, agents)
        (third,) = (one for one in agents if one not in {by, colleague})
        colleague.answer_after = lambda: DECLINE
        before, asked = len(by.calls), len(colleague.calls)
        by.transfer(colleague.user)
        await centre.until(lambda: heard(resident) == {by.tone_hz, third.tone_hz}, seconds=20)
        assert (len(by.calls), len(colleague.calls)) == (before, asked + 1)
        assert put_aside(centre) == sorted([by.user, colleague.user])


async def talking_out_of_turn(
    centre: LiveCentre, agents: list[Softphone]
) -> tuple[Resident, Softphone, Softphone]:
    """A resident, the agent he speaks with, whose turn it is again, and the one who had the last turn."""
    resident = centre.phones.resident("79160000091")
    await resident.call()
    await resident.wait_for(lambda one: one.heard_at is not None)
    (by,) = (agent for agent in agents if agent.tone_hz == resident.heard_tone)
    others = [agent for agent in agents if agent is not by]
    for number in range(92, 92 + len(others)):
        late = centre.phones.resident(f"791600000{number}")
        await late.call()
        await late.wait_for(lambda one: one.heard_at is not None)
        await late.hang_up()
    last = next(agent for agent in others if agent.tone_hz == late.heard_tone)
    await centre.until(lambda: all(agent.present_call is None for agent in others))
    return resident, by, last


def heard(resident: Resident) -> set[int]:
    return set() if resident.stream is None else set(resident.stream.heard)
