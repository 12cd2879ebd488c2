"""The engine is killed (kill -9) while residents talk, are rung for and leave messages. On a real Asterisk."""

from __future__ import annotations

import asyncio

from callengine.demo.centre import CentrePlan
from callengine.demo.phones.resident import Resident
from callengine.demo.phones.softphone import Softphone
from tests.support.consultation import Consultation
from tests.support.live_centre import LiveCentre, live_centre
from tests.system.test_transfers import heard, states
from tests.system.test_transfers import talking as speaking

CHOICE = "[choice]\nafter_seconds = 1\ncallback_before_due_seconds = 1\n"
WRAP_UP = 25
SOON = 30.0

ENDS = "SELECT number, outcome, served_by, agent, recording, answered_at, ended_at FROM calls ORDER BY number"
GAPS = "SELECT at, restored FROM link_gaps ORDER BY at"


def talking(agents: list[Softphone]) -> list[Softphone]:
    return [one for one in agents if (call := one.present_call) is not None and call.answered_at is not None]


async def answered(resident: Resident) -> None:
    await resident.wait_for(lambda one: one.heard_at is not None, seconds=SOON)


async def is_in(centre: LiveCentre, application: str) -> None:
    await centre.until(
        lambda: f"!{application}!" in centre.asterisk.command_line("core show channels concise"), seconds=SOON
    )


async def shift_at_work(centre: LiveCentre, agents: list[Softphone]) -> dict[str, Resident]:
    """One talks, one has just talked, one is rung for, one leaves a message, one hears what he may choose."""
    here = {
        name: centre.phones.resident(f"7916000000{n}")
        for n, name in enumerate(("talks", "talked", "rung for", "leaves a message", "waits"))
    }
    for name in ("talks", "talked"):
        await here[name].call()
        await answered(here[name])
    await centre.until(lambda: len(talking(agents)) == 2, seconds=SOON)
    for agent in agents:
        agent.answer_after = lambda: 20.0
    await here["rung for"].call()
    await centre.until(lambda: sum(len(one.calls) for one in agents) == 3, seconds=SOON)
    await here["leaves a message"].call()
    await is_in(centre, "Read")
    speaker = here["leaves a message"].stream
    assert speaker is not None
    await asyncio.sleep(0.3)
    async with asyncio.timeout(SOON):
        while "!Record!" not in centre.asterisk.command_line("core show channels concise"):
            await speaker.press("2")
            await asyncio.sleep(0.5)
    await here["waits"].call()
    await is_in(centre, "Read")
    await here["talked"].hang_up()
    return here


async def test_talk_ring_message_menu_and_wrap_up_go_on_after_a_kill_to_their_right_ends() -> None:
    async with live_centre(
        CentrePlan(agents=3, wrap_up=WRAP_UP, ring=40, record=True, rules=CHOICE), engine=False
    ) as centre:
        process = await centre.start_engine_process()
        agents = await centre.phones.add_agents(3)
        here = await shift_at_work(centre, agents)
        ended = "SELECT 1 FROM agent_states WHERE state = 'wrap_up'"
        await centre.rows_when(1, ended)
        process.kill()
        await process.wait()

        await centre.start_engine()
        view = centre.engine.view()
        found = {call.number.whole: call.state for call in view.calls}
        assert found["79160000000"] == "talking"
        assert found["79160000003"] == "leaving"
        assert found["79160000004"] == "waiting"
        assert sorted(agent.state for agent in view.agents)[-1] == "wrap_up"
        # The ring of the dead engine goes on, and is answered as that engine's offer.
        await answered(here["rung for"])
        await here["leaves a message"].hang_up()
        await here["waits"].hang_up()
        await here["rung for"].hang_up()
        await here["talks"].hang_up()
        await centre.until(lambda: not centre.engine.view().calls, seconds=SOON)

        rows = await centre.rows_when(5, ENDS)
        assert [row.outcome for row in rows] == ["answered"] * 3 + ["message_left", "abandoned"]
        assert [row.served_by for row in rows[:3]] == ["engine"] * 3
        assert len({row.agent for row in rows[:3]}) == 3
        assert all(row.recording and row.answered_at < row.ended_at for row in rows[:3])
        offers = await centre.rows("SELECT result, count(*) FROM offers GROUP BY result")
        assert [tuple(row) for row in offers] == [("answered", 3)]
        assert centre.engine.tally.imbalance() == 0
        # His rest ends when it would have without the kill.
        rested = (
            f"SELECT state, at FROM agent_states WHERE agent = '{rows[1].agent}' AND at > {rows[1].answered_at} "
            "AND state IN ('wrap_up', 'free') ORDER BY at"
        )
        async with asyncio.timeout(WRAP_UP + SOON):
            while (shift := await centre.rows(rested))[-1].state != "free":
                await asyncio.sleep(0.1)
        began, free = shift[0].at, shift[-1].at
        restored = [row.at for row in await centre.rows(GAPS) if row.restored][-1]
        assert began + WRAP_UP * 1_000_000 - 200_000 <= free < restored + WRAP_UP * 1_000_000


async def test_who_talks_since_the_fallback_found_him_an_agent_was_served_by_it() -> None:
    async with live_centre(CentrePlan(agents=1, wrap_up=0, record=True), engine=False) as centre:
        process = await centre.start_engine_process()
        (agent,) = await centre.phones.add_agents(1)
        process.kill()
        await process.wait()
        resident = centre.phones.resident("79160000001")
        await resident.call()
        await answered(resident)
        await centre.start_engine()
        assert [(call.state, call.agent) for call in centre.engine.view().calls] == [("talking", agent.user)]
        assert [one.state for one in centre.engine.view().agents] == ["talking"]
        await asyncio.sleep(0.5)
        await resident.hang_up()
        (row,) = await centre.rows_when(1, f"SELECT * FROM ({ENDS}) AS ended WHERE outcome IS NOT NULL")
        assert (row.outcome, row.served_by, row.agent) == ("answered", "fallback", agent.user)
        assert row.recording
        assert len(agent.calls) == 1


async def test_a_question_to_a_colleague_goes_on_through_a_kill_and_he_takes_the_resident_over() -> None:
    async with live_centre(CentrePlan(agents=2, wrap_up=0, record=True), engine=False) as centre:
        process = await centre.start_engine_process()
        first, second, resident = await speaking(centre)
        asking = await Consultation.begin(first, second.user)
        process.kill()
        await process.wait()
        await centre.start_engine()
        (call,) = centre.engine.view().calls
        assert (call.state, call.agent) == ("talking", first.user)
        asking.connect()
        await centre.until(lambda: second.tone_hz in heard(resident), seconds=SOON)
        await centre.until(
            lambda: states(centre) == {first.user: "free", second.user: "talking"}, seconds=SOON
        )
        await resident.hang_up()
        await centre.until(lambda: not centre.engine.view().calls, seconds=SOON)
        (row,) = await centre.rows_when(1, f"SELECT * FROM ({ENDS}) AS ended WHERE outcome IS NOT NULL")
        assert (row.outcome, row.served_by, row.agent) == ("answered", "engine", first.user)
        assert row.recording
        assert [row.agent for row in await centre.rows("SELECT agent FROM transfers")] == [second.user]
        assert not await centre.rows("SELECT obligation FROM obligations")
        await centre.until(
            lambda: states(centre) == {first.user: "free", second.user: "paused"}, seconds=SOON
        )
