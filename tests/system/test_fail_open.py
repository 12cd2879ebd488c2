"""The engine is gone: Asterisk's own queue serves; it is back: residents are taken back. On a real Asterisk."""

from __future__ import annotations

import asyncio
import random
from itertools import pairwise

import pytest

from callengine.demo.centre import CentrePlan
from callengine.demo.phones.resident import Resident
from callengine.demo.phones.softphone import Softphone
from tests.support.listening import Listening
from tests.support.live_centre import LiveCentre, live_centre

LONGEST_EXTRA_SILENCE = 0.5
"""Seconds; a handful of frames where nothing else disturbs the machine (docs/reliability.md)."""
SOON = 30.0


def in_fallback(centre: LiveCentre) -> list[str]:
    """Channels in the fallback queue, in its order."""
    shown = centre.asterisk.command_line("queue show callengine-fallback")
    return [line.split()[1] for line in shown.splitlines() if "PJSIP/trunk" in line]


def states(centre: LiveCentre) -> list[str]:
    return sorted(call.state for call in centre.engine.view().calls)


def members(centre: LiveCentre) -> dict[str, str]:
    """The fallback queue's members: working or paused."""
    shown = centre.asterisk.command_line("queue show callengine-fallback")
    return {
        line.split()[0]: "paused" if "paused" in line else "working"
        for line in shown.splitlines()
        if line.strip().startswith("PJSIP/1")
    }


async def call_one_after_another(centre: LiveCentre, count: int) -> list[Resident]:
    residents = [centre.phones.resident(f"791600000{n:02}") for n in range(count)]
    for resident in residents:
        await resident.call()
        await asyncio.sleep(0.15)  # The fallback queue tells arrivals apart by tenths of a second.
    return residents


@pytest.mark.alone
async def test_killed_and_back_everybody_keeps_his_place_and_hears_music_all_the_time() -> None:
    async with live_centre(CentrePlan(agents=1, wrap_up=0), engine=False) as centre:
        process = await centre.start_engine_process()
        (agent,) = await centre.phones.add_agents(1, answer_after=lambda: None)
        residents = await call_one_after_another(centre, 4)
        await agent.wait_for(lambda phone: bool(phone.calls), seconds=SOON)
        heard = [Listening(resident) for resident in residents]
        process.kill()
        await process.wait()
        # They left the hold loop in any order, and stand in the order of their arrival.
        await centre.until(lambda: len(in_fallback(centre)) == 3, seconds=SOON)
        waiting = in_fallback(centre)
        assert waiting == sorted(waiting)
        # A new call does not wait for an engine that is away.
        (late,) = [centre.phones.resident("79160000099")]
        await late.call()
        await centre.until(lambda: len(in_fallback(centre)) == 4, seconds=1.5)
        heard.append(Listening(late))
        agent.hang_up()
        await agent.wait_for(lambda phone: len(phone.calls) == 2, seconds=SOON)

        await centre.start_engine()
        # All but the one whose ring is under way come back, and nobody else is rung.
        await centre.until(lambda: states(centre) == ["fallback", *["waiting"] * 4], seconds=SOON)
        assert len(agent.calls) == 2
        assert agent.calls[1].ended_at is None
        agent.answer_after = lambda: 0.0
        agent.talk_for = lambda: 0.3
        agent.hang_up()
        everybody = [*residents, late]
        async with asyncio.timeout(60):
            while any(one.heard_at is None for one in everybody):
                await asyncio.sleep(0.05)
        assert max(one.longest_silence() for one in heard) < LONGEST_EXTRA_SILENCE + 1.5
        await centre.until(lambda: not centre.engine.view().calls, seconds=SOON)
        rows = await centre.rows("SELECT outcome, answered_at FROM calls ORDER BY arrived_at")
        assert [row.outcome for row in rows] == ["answered"] * 5
        assert [row.answered_at for row in rows] == sorted(row.answered_at for row in rows)
        assert not await centre.rows("SELECT obligation FROM obligations")
        assert centre.engine.tally.imbalance() == 0


async def test_agents_answer_at_the_very_moment_of_taking_back_and_nobody_is_cut_off_or_rung_twice() -> None:
    chance = random.Random(7)
    async with live_centre(CentrePlan(agents=6, wrap_up=0), engine=False) as centre:
        agents = await centre.phones.add_agents(
            6, answer_after=lambda: chance.uniform(0.0, 2.5), talk_for=lambda: 1.5
        )
        residents = await call_one_after_another(centre, 9)
        await asyncio.sleep(0.3)
        await centre.start_engine()
        async with asyncio.timeout(60):
            while any(one.heard_at is None for one in residents):
                await asyncio.sleep(0.05)
        await centre.until(lambda: not centre.engine.view().calls, seconds=SOON)
        for resident in residents:
            # He heard one agent, to the end.
            assert resident.stream is not None
            assert len(resident.stream.heard) == 1
        talks = [call for agent in agents for call in agent.calls if call.answered_at is not None]
        assert len(talks) == 9
        assert [call for call in talks if (call.ended_at or 0.0) - (call.answered_at or 0.0) < 1.3] == []
        assert not any(overlaps(agent) for agent in agents)
        rows = await centre.rows("SELECT outcome, agent FROM calls")
        assert [row.outcome for row in rows] == ["answered"] * 9
        # Also of those whose whole conversation, or all but its last moment, no engine saw.
        assert all(row.agent for row in rows)
        assert centre.engine.tally.imbalance() == 0


def overlaps(agent: Softphone) -> bool:
    """Whether his phone rang while it rang or was spoken on already."""
    return any(
        before.ended_at is None or before.ended_at > after.rang_at for before, after in pairwise(agent.calls)
    )


async def test_the_fallback_queues_members_are_the_agents_logged_in_whatever_happened_to_it() -> None:
    async with live_centre(CentrePlan(agents=3, wrap_up=0), engine=False) as centre:
        first, second, _ = await centre.phones.add_agents(3)
        await second.dial("*431", seconds=0.3)
        everybody = {"PJSIP/1001": "working", "PJSIP/1002": "paused", "PJSIP/1003": "working"}
        await centre.until(lambda: members(centre) == everybody, seconds=SOON)
        # Somebody emptied it while the engine was away: the agents are still logged in.
        centre.asterisk.command_line("queue remove member PJSIP/1001 from callengine-fallback")
        await centre.start_engine()
        await centre.until(lambda: members(centre) == everybody, seconds=SOON)
        # And while it was there.
        centre.asterisk.command_line("queue remove member PJSIP/1003 from callengine-fallback")
        centre.asterisk.command_line("queue pause member PJSIP/1001 queue callengine-fallback")
        await centre.until(lambda: members(centre) != everybody, seconds=SOON)
        await centre.until(lambda: members(centre) == everybody, seconds=SOON)
        await first.dial("*42", seconds=0.3)
        await centre.until(lambda: set(members(centre)) == {"PJSIP/1002", "PJSIP/1003"}, seconds=SOON)
        await second.dial("*44", seconds=0.3)
        working = {"PJSIP/1002": "working", "PJSIP/1003": "working"}
        await centre.until(lambda: members(centre) == working, seconds=SOON)
        # Asterisk keeps them over its own death, and the engine over Asterisk's.
        await asyncio.sleep(1.2)  # AstDB is written once a second.
        centre.asterisk.kill()
        centre.asterisk.start()
        await centre.until(lambda: members(centre) == working, seconds=SOON)
        await centre.until(lambda: centre.engine.view().synced, seconds=SOON)
        await asyncio.sleep(2.5)
        assert members(centre) == working
