"""What counts as a contact, on a real Asterisk: said by the agent's phone, told by the network."""

from __future__ import annotations

import asyncio
from pathlib import Path

from callengine.demo.phones.resident import Resident
from tests.support.live_centre import LiveCentre, live_centre
from tests.system.test_callbacks import DIALLED, NUMBER, Ward, answers, one_after_the_other, plan, ward


async def talked(here: Ward, dials: int) -> None:
    """Wait until that many callbacks have been spoken to their end, and the agent's phone is free again."""
    await here.centre.until(lambda: len(here.exchange.answered) == dials, seconds=15)
    await here.agent.wait_for(lambda phone: phone.present_call is None, seconds=15)


async def states(centre: LiveCentre) -> list[str]:
    return [row.state for row in await centre.rows("SELECT state FROM obligations ORDER BY opened_at")]


async def test_an_answering_machine_is_called_again_until_the_agent_says_that_he_reached_the_resident() -> (
    None
):
    async with live_centre(plan(disposition=60)) as centre:
        here = await ward(centre, answers)
        await here.miss()
        await here.called_back()
        await talked(here, 1)
        assert await states(centre) == ["unconfirmed"]
        await here.agent.dial("*462", seconds=2)
        (row,) = await centre.rows("SELECT disposition, closed_at FROM obligations")
        assert (row.disposition, row.closed_at) == ("answering_machine", None)
        await here.called_back()
        await talked(here, 2)
        await here.agent.dial("*461", seconds=2)
        await here.until_closed()
        assert await here.obligations() == [("contacted", "")]
        rows = await centre.rows("SELECT disposition, disposed_by FROM obligations")
        assert [tuple(row) for row in rows] == [("reached", "1001")]
        assert [row.verdict for row in await centre.rows("SELECT verdict FROM calls")] == [
            "contacted_in_time"
        ]


async def test_a_detector_only_hints_that_a_machine_answered_and_delays_nobody() -> None:
    async with live_centre(plan(disposition=60, callbacks="listen_for_machines = true")) as centre:
        here = await ward(centre, answers, talk_seconds=5.0)
        await here.miss()
        await here.called_back()
        await talked(here, 1)
        async with asyncio.timeout(20):
            while await here.attempts() != ["contacted"]:
                await asyncio.sleep(0.05)
        (row,) = await centre.rows("SELECT result, sounds_like FROM attempts")
        # The tone that greets the agent goes on and on.
        assert (row.result, row.sounds_like) == ("contacted", "machine")
        assert await states(centre) == ["unconfirmed"]
        assert here.exchange.heard_at[DIALLED] - here.exchange.answered_at[DIALLED] < 1.5


async def test_a_number_that_the_network_does_not_know_is_a_humans_task() -> None:
    async with live_centre(plan()) as centre:
        here = await ward(centre, lambda number: "nobody")
        await here.miss()
        await here.called_back()
        await here.until_closed()
        assert await here.obligations() == [("impossible", "invalid")]
        rows = await centre.rows("SELECT result, cause, trunk FROM attempts")
        assert [tuple(row) for row in rows] == [("invalid_number", 1, "trunk")]


async def test_a_network_that_fails_spends_none_of_the_residents_attempts() -> None:
    async with live_centre(plan(callbacks="max_attempts = 1")) as centre:
        here = await ward(centre, one_after_the_other("congestion", "congestion", 0.1))
        await here.miss()
        await here.called_back()
        await here.until_closed()
        assert await here.attempts() == ["unreachable", "unreachable", "contacted"]
        assert await here.obligations() == [("contacted", "")]


async def dialled_when_he_calls(centre: LiveCentre) -> tuple[Ward, Resident]:
    """The agent's phone is up with a dial of the resident, who calls by himself."""
    here = await ward(centre, lambda number: None)
    await here.miss()
    await here.called_back()
    await centre.until(lambda: here.exchange.rung, seconds=20)
    resident: Resident = centre.phones.resident(NUMBER)
    await resident.call()
    return here, resident


async def test_he_calls_while_the_agent_is_dialling_him_and_that_agent_takes_his_call_without_a_ring() -> (
    None
):
    async with live_centre(plan(notice=True, record=True)) as centre:
        here, resident = await dialled_when_he_calls(centre)
        await centre.until(lambda: resident.heard_at is not None, seconds=20)
        assert resident.heard_tone == here.agent.tone_hz
        # He heard the notice whole; the phone that was up is the one that has him.
        assert resident.heard_at is not None
        assert resident.connected_at is not None
        assert resident.heard_at - resident.connected_at > 3.0
        assert len(here.agent.calls) == 2
        (call,) = centre.engine.view().calls
        assert (call.state, call.agent) == ("talking", "1001")
        await asyncio.sleep(1)
        await resident.hang_up()
        await here.until_closed()
        assert await here.obligations() == [("got_through", "")]
        assert await here.attempts() == ["cancelled"]
        await centre.until(lambda: centre.free_agents() == 1, seconds=20)
        (row,) = await centre.rows(
            "SELECT outcome, agent, recording, answered_at FROM calls WHERE agent = '1001'"
        )
        assert row.outcome == "answered"
        assert Path(row.recording).stat().st_size > 8000
        (missed,) = await centre.rows("SELECT arrived_at FROM calls WHERE agent IS NULL")
        assert row.answered_at > missed.arrived_at


async def test_that_agent_hangs_up_before_the_two_are_connected_and_the_resident_waits_on() -> None:
    async with live_centre(plan(notice=True)) as centre:
        here, resident = await dialled_when_he_calls(centre)
        await centre.until(
            lambda: [call.state for call in centre.engine.view().calls] == ["offered"], seconds=20
        )
        rung = len(here.agent.calls)
        here.agent.hang_up()
        await here.agent.wait_for(lambda phone: len(phone.calls) > rung, seconds=20)
        await centre.until(lambda: resident.heard_at is not None, seconds=20)
        await resident.hang_up()
        await here.until_closed()
        assert await here.obligations() == [("got_through", "")]
        results = await centre.rows("SELECT result FROM offers ORDER BY made_at")
        assert [row.result for row in results] == ["caller_gone", "agent_gone", "answered"]


async def test_twenty_missed_calls_with_two_agents_are_all_contacted_inside_the_deadline() -> None:
    """Of 30 s here; every resident is dialled once, and each obligation ends."""
    async with live_centre(plan(agents=2)) as centre:
        agents = await centre.phones.add_agents(2, answer_after=lambda: None)
        exchange = await centre.phones.open_exchange(answers, talk_seconds=0.3)
        for agent in agents:
            await agent.dial("*43", seconds=0.3)
        numbers = [f"791600000{n:02}" for n in range(20)]
        for number in numbers:
            resident = centre.phones.resident(number)
            await resident.call()
            await resident.hang_up()
        for agent in agents:
            agent.answer_after = lambda: 0.0
            await agent.dial("*44", seconds=0.3)
        here = Ward(centre, agents[0], exchange)
        await here.until_closed(seconds=30)
        assert await here.obligations() == [("contacted", "")] * 20
        verdicts = await centre.rows("SELECT verdict, count(*) AS n FROM calls GROUP BY verdict")
        assert [tuple(row) for row in verdicts] == [("contacted_in_time", 20)]
        assert sorted(exchange.rung) == [f"+{number}" for number in numbers]
        assert len(await centre.rows("SELECT DISTINCT agent FROM attempts")) == 2
