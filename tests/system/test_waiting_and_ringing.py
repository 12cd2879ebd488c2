"""Residents wait, phones ring, somebody hangs up: on a real Asterisk with phones that speak and listen."""

from __future__ import annotations

import asyncio
from typing import Any

from callengine.demo.centre import CentrePlan
from callengine.demo.phones.softphone import Softphone
from tests.support.live_centre import LiveCentre, live_centre
from tests.support.plain_ami import PlainAmi


async def outcomes(centre: LiveCentre) -> list[Any]:
    await centre.until(lambda: not centre.engine.view().calls)
    return [
        tuple(row) for row in await centre.rows("SELECT outcome, served_by FROM calls ORDER BY arrived_at")
    ]


async def declines(phone: Softphone) -> None:
    await phone.wait_for(lambda one: one.present_call is not None)
    await asyncio.sleep(1.2)
    phone.hang_up()


async def test_the_agent_declines_and_the_next_one_rings_while_the_resident_keeps_his_place() -> None:
    async with live_centre(CentrePlan(agents=2)) as centre:
        first, second = await centre.phones.add_agents(2)
        await centre.until(lambda: centre.free_agents() == 2)
        first.answer_after = second.answer_after = lambda: None
        early = centre.phones.resident("79160000001")
        await early.call()
        # A person needs a moment to press "reject"; what refuses sooner is the phone itself.
        await asyncio.gather(declines(first), declines(second))
        late = centre.phones.resident("79160000002")
        await late.call()
        # Both declined: both residents wait. Whoever is rung next rings for the one who came first.
        first.answer_after = second.answer_after = lambda: 0.0
        await early.wait_for(lambda resident: resident.heard_at is not None)
        await late.wait_for(lambda resident: resident.heard_at is not None)
        await early.hang_up()
        await late.hang_up()
        assert await outcomes(centre) == [("answered", "engine"), ("answered", "engine")]
        rows = await centre.rows(
            "SELECT o.result, c.number FROM offers o JOIN calls c ON c.call = o.call ORDER BY o.made_at, c.arrived_at"
        )
        assert [(row.result, row.number[-1]) for row in rows] == [
            ("declined", "1"),
            ("declined", "1"),
            ("answered", "1"),
            ("answered", "2"),
        ]


async def test_an_agent_who_does_not_answer_loses_the_call_to_the_next() -> None:
    async with live_centre(CentrePlan(agents=2, ring=1)) as centre:
        first, second = await centre.phones.add_agents(2)
        await centre.until(lambda: centre.free_agents() == 2)
        first.answer_after = second.answer_after = lambda: None
        resident = centre.phones.resident("79160000001")
        await resident.call()
        await centre.until(lambda: first.calls and second.calls)
        assert first.calls[0].ended_at is not None or second.calls[0].ended_at is not None
        first.answer_after = second.answer_after = lambda: 0.0
        await resident.wait_for(lambda one: one.heard_at is not None)
        await resident.hang_up()
        rows = await centre.rows("SELECT result FROM offers ORDER BY made_at")
        assert [row.result for row in rows][:2] == ["no_answer", "no_answer"]


async def test_ten_callers_and_three_agents_are_served_in_order_of_arrival() -> None:
    async with live_centre(CentrePlan(agents=3, wrap_up=0)) as centre:
        residents = [centre.phones.resident(f"791600000{n:02}") for n in range(10)]
        for resident in residents:
            await resident.call()
        await centre.until(lambda: len(centre.engine.view().waiting) == 10)
        agents = await centre.phones.add_agents(3, talk_for=lambda: 1.0)
        for resident in residents:
            resident._listen_for = tuple(agent.tone_hz for agent in agents)
            assert resident.stream is not None
            resident.stream._listen_for = list(resident._listen_for)
        await asyncio.gather(
            *(one.wait_for(lambda r: r.heard_at is not None, seconds=20) for one in residents)
        )
        rows = await centre.rows("SELECT call FROM offers ORDER BY made_at")
        arrivals = await centre.rows("SELECT call FROM calls ORDER BY arrived_at")
        assert [row.call for row in rows] == [row.call for row in arrivals]
        assert await outcomes(centre) == [("answered", "engine")] * 10


async def test_a_caller_who_hangs_up_while_waiting_and_one_while_the_phone_rings() -> None:
    async with live_centre(CentrePlan(agents=1)) as centre:
        waiting = centre.phones.resident("79160000001")
        await waiting.call()
        await centre.until(lambda: len(centre.engine.view().waiting) == 1)
        await waiting.hang_up()
        assert await outcomes(centre) == [("abandoned", "engine")]
        (agent,) = await centre.phones.add_agents(1, answer_after=lambda: None)
        await centre.until(lambda: centre.free_agents() == 1)
        ringing = centre.phones.resident("79160000002")
        await ringing.call()
        await agent.wait_for(lambda phone: bool(phone.calls))
        await ringing.hang_up()
        await agent.wait_for(lambda phone: phone.calls[0].ended_at is not None)
        assert await outcomes(centre) == [("abandoned", "engine")] * 2
        # The agent did nothing wrong: he is free at once, and nothing is left on the PBX.
        await centre.until(lambda: centre.free_agents() == 1, seconds=2)
        await centre.until(
            lambda: "0 results found" in centre.asterisk.command_line("database show callengine/inbox")
        )
        assert centre.engine.tally.imbalance() == 0


async def test_an_agent_logs_out_by_phone_and_one_whose_phone_is_gone_is_not_offered_a_call() -> None:
    async with live_centre(CentrePlan(agents=2)) as centre:
        first, second = await centre.phones.add_agents(2)
        await centre.until(lambda: centre.free_agents() == 2)
        await first.dial("*42", seconds=0.3)
        second.unregister()
        await centre.until(lambda: centre.free_agents() == 0)
        states = {agent.agent: agent.state.value for agent in centre.engine.view().agents}
        assert states == {"1001": "logged_out", "1002": "unavailable"}
        resident = centre.phones.resident("79160000001")
        await resident.call()
        await asyncio.sleep(0.5)
        assert not first.calls
        assert not second.calls
        await second.register()
        await resident.wait_for(lambda one: one.heard_at is not None)
        assert resident.heard_tone == second.tone_hz


async def test_pause_with_a_reason_and_back_by_feature_code() -> None:
    async with live_centre(CentrePlan(agents=1)) as centre:
        (agent,) = await centre.phones.add_agents(1)
        await centre.until(lambda: centre.free_agents() == 1)
        await agent.dial("*431", seconds=0.3)
        await centre.until(lambda: centre.engine.view().agents[0].state == "paused")
        assert centre.engine.view().agents[0].pause_reason == "1"
        await agent.dial("*44", seconds=0.3)
        await centre.until(lambda: centre.free_agents() == 1)


async def test_the_engine_is_killed_with_callers_waiting_and_they_reach_agents_through_the_fallback() -> None:
    async with live_centre(CentrePlan(agents=2), engine=False) as centre:
        process = await centre.start_engine_process()
        agents = await centre.phones.add_agents(2, answer_after=lambda: None)
        residents = [centre.phones.resident(f"7916000000{n}") for n in range(2)]
        for resident in residents:
            await resident.call()
        await centre.until(lambda: all(agent.calls for agent in agents), seconds=10)
        more = centre.phones.resident("79160000009")
        await more.call()
        process.kill()
        await process.wait()
        for agent in agents:
            agent.answer_after = lambda: 0.0
            agent.talk_for = lambda: 0.5
            agent.hang_up()
        everybody = [*residents, more]
        await asyncio.gather(
            *(one.wait_for(lambda r: r.heard_at is not None, seconds=30) for one in everybody)
        )
        # A new engine takes up what it finds and counts everybody once.
        for resident in everybody:
            await resident.hang_up()
        await asyncio.sleep(0.2)
        await centre.start_engine()
        await centre.until(lambda: not centre.engine.view().calls)
        rows = await centre.rows_when(3, "SELECT outcome FROM calls WHERE outcome IS NOT NULL")
        assert [row.outcome for row in rows] == ["answered"] * 3


async def test_an_engine_restarted_during_a_conversation_takes_over_just_that_call() -> None:
    async with live_centre(CentrePlan(agents=1, wrap_up=0), engine=False) as centre:
        await centre.start_engine_process()
        await centre.phones.add_agents(1)
        resident = centre.phones.resident("79161234567")
        await resident.call()
        await resident.wait_for(lambda one: one.heard_at is not None)
        await centre.kill_processes()
        await centre.start_engine()
        assert [(call.state, call.agent) for call in centre.engine.view().calls] == [("talking", "1001")]
        await resident.hang_up()
        await centre.until(lambda: not centre.engine.view().calls)
        await centre.until(lambda: centre.free_agents() == 1)
        rows = await centre.rows("SELECT outcome, agent FROM calls")
        assert [tuple(row) for row in rows] == [("answered", "1001")]
        assert not await centre.rows("SELECT obligation FROM obligations")


async def test_sigterm_stops_offering_commits_and_leaves_every_call_running() -> None:
    async with live_centre(CentrePlan(agents=1, wrap_up=0), engine=False) as centre:
        process = await centre.start_engine_process()
        (agent,) = await centre.phones.add_agents(1)
        talking, waiting = centre.phones.resident("79160000001"), centre.phones.resident("79160000002")
        await talking.call()
        await talking.wait_for(lambda one: one.heard_at is not None)
        await waiting.call()
        await centre.until(lambda: "callengine-hold" in channels(centre))
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 30) == 0
        # Committed without a new engine's help: one answered, one owed nothing yet, both known.
        rows = await centre.rows(
            "SELECT number, answered_at IS NOT NULL AS answered FROM calls ORDER BY arrived_at"
        )
        assert [(row.number[-1], bool(row.answered)) for row in rows] == [("1", True), ("2", False)]
        # Told that it left, the dialplan does not wait for the heartbeat to grow old.
        await centre.until(lambda: "callengine-fallback" in channels(centre), seconds=4)
        assert talking.ended_at is None
        assert agent.present_call is not None
        agent.hang_up()
        await waiting.wait_for(lambda one: one.heard_at is not None)
        assert waiting.heard_tone == agent.tone_hz


def channels(centre: LiveCentre) -> str:
    """Where in the dialplan every channel is."""
    return centre.asterisk.command_line("core show channels concise")


async def test_whom_a_late_redirect_tears_out_of_his_conversation_is_served_on() -> None:
    """An engine that was stopped for a while may send what is no longer true: nobody waits for ever by that."""
    async with live_centre(CentrePlan(agents=1, wrap_up=0)) as centre:
        (agent,) = await centre.phones.add_agents(1)
        await centre.until(lambda: centre.free_agents() == 1)
        resident = centre.phones.resident("79160000001")
        await resident.call()
        await resident.wait_for(lambda one: one.heard_at is not None)
        with PlainAmi(centre.asterisk.ami_port, centre.asterisk.ami_user, centre.asterisk.ami_secret) as ami:
            channels = ami.ask_list("Status")
            (his,) = {one["Channel"] for one in channels if "trunk" in one.get("Channel", "")}
            ami.ask("Redirect", Channel=his, Context="callengine-hold", Exten="hold", Priority="1")
        await centre.until(lambda: len(agent.calls) == 2 and agent.calls[1].heard_resident_at, seconds=20)
        await resident.hang_up()
        await centre.until(lambda: not centre.engine.view().calls)
        await centre.until(lambda: centre.free_agents() == 1)
        assert [row.outcome for row in await centre.rows("SELECT outcome FROM calls")] == ["answered"]
        assert not await centre.rows("SELECT obligation FROM obligations")
