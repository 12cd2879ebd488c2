"""An agent's phone that sends its calls on (302) has refused them: nobody is cut off, nothing is dialled elsewhere."""

from __future__ import annotations

from callengine.demo.centre import CentrePlan
from queues.state.call import CallState
from tests.support.live_centre import LiveCentre, live_centre
from tests.support.refusing_phones import accept_again, forward_to
from tests.system.test_callbacks import answers, plan, ward

MOBILE = "79165550000"


def channels(centre: LiveCentre) -> str:
    return centre.asterisk.command_line("core show channels concise")


async def test_an_offer_is_not_sent_on_and_another_agent_takes_the_resident() -> None:
    async with live_centre(CentrePlan(agents=2, ring=5)) as centre:
        away, there = await centre.phones.add_agents(2)
        await there.dial("*42", seconds=0.3)
        await centre.until(lambda: centre.free_agents() == 1)
        forward_to(away, MOBILE)
        resident = centre.phones.resident("79160000001")
        await resident.call()
        await centre.until(lambda: away.calls)
        await centre.until(lambda: [one.state for one in centre.engine.view().calls] == [CallState.WAITING])
        assert "Local/" not in channels(centre)
        assert resident.ended_at is None
        await there.dial("*41", seconds=0.3)
        await resident.wait_for(lambda one: one.heard_at is not None, seconds=20)
        assert resident.heard_tone == there.tone_hz
        (row,) = await centre.rows("SELECT agent FROM calls")
        assert row.agent == there.user
        # Hung up before anybody spoke with him, he would have been owed.
        await there.dial("*42", seconds=0.3)


async def test_who_hangs_up_while_the_only_phone_forwards_is_owed_a_callback() -> None:
    async with live_centre(CentrePlan(agents=1, ring=5)) as centre:
        (away,) = await centre.phones.add_agents(1)
        await centre.until(lambda: centre.free_agents() == 1)
        forward_to(away, MOBILE)
        resident = centre.phones.resident("79160000001")
        await resident.call()
        await centre.until(lambda: away.calls)
        await centre.until(lambda: [one.state for one in centre.engine.view().calls] == [CallState.WAITING])
        await resident.hang_up()
        await centre.until(lambda: not centre.engine.view().calls)
        (row,) = await centre.rows("SELECT outcome, answered_at FROM calls")
        assert (row.outcome, row.answered_at) == ("abandoned", None)
        assert len(centre.engine.view().obligations) == 1


async def test_the_fallback_queue_rings_the_next_agent_instead() -> None:
    async with live_centre(CentrePlan(agents=2), engine=False) as centre:
        away, there = await centre.phones.add_agents(2)
        forward_to(away, MOBILE)
        await there.dial("*43", seconds=0.3)
        resident = centre.phones.resident("79160000001")
        await resident.call()
        await centre.until(lambda: away.calls)
        assert "|arriving||" in centre.asterisk.command_line("database show callengine/inbox")
        await there.dial("*44", seconds=0.3)
        await resident.wait_for(lambda one: one.heard_at is not None, seconds=40)
        assert resident.heard_tone == there.tone_hz
        assert "Local/" not in channels(centre)


async def test_what_answers_in_the_fallback_queue_without_a_telephone_is_no_human() -> None:
    """A Local channel that plays something is what a followed 302 ends in."""
    async with live_centre(CentrePlan(agents=1), engine=False) as centre:
        for step in ("1,Set(GLOBAL(PLAYED)=once)", "2,Answer", "3,Wait,2", "4,Hangup"):
            centre.asterisk.command_line(f"dialplan add extension 555,{step} into callengine-agent-refused")
        centre.asterisk.command_line(
            "queue add member Local/555@callengine-agent-refused to callengine-fallback"
        )
        resident = centre.phones.resident("79160000001")
        await resident.call()
        await centre.until(lambda: "PLAYED=once" in centre.asterisk.command_line("dialplan show globals"))
        await centre.until(lambda: "Local/555" not in channels(centre))
        assert resident.ended_at is None
        assert "|arriving||" in centre.asterisk.command_line("database show callengine/inbox")
        await resident.hang_up()
        await centre.start_engine()
        (row,) = await centre.rows_when(1, "SELECT outcome FROM calls WHERE outcome IS NOT NULL")
        assert row.outcome == "abandoned"
        await centre.until(lambda: len(centre.engine.view().obligations) == 1)


async def test_a_callback_is_not_sent_on_and_is_made_when_the_phone_is_back() -> None:
    async with live_centre(plan()) as centre:
        here = await ward(centre, answers, talk_seconds=4)
        await here.miss()
        here.agent.answer_after = lambda: 0.0
        forward_to(here.agent, MOBILE)
        await centre.until(lambda: len(here.agent.calls) >= 2, seconds=20)
        assert "Local/" not in channels(centre)
        ended = "SELECT result FROM attempts WHERE result IS NOT NULL ORDER BY attempt"
        (row, *_) = await centre.rows_when(1, ended)
        assert row.result == "agent_did_not_answer"
        accept_again(here.agent)
        await here.agent.dial("*44", seconds=0.3)
        await here.until_closed(seconds=20)
        assert len(here.exchange.rung) == 1


async def test_a_transfer_and_a_colleagues_call_are_not_sent_on() -> None:
    async with live_centre(CentrePlan(agents=2)) as centre:
        first, away = await centre.phones.add_agents(2)
        await away.dial("*43", seconds=0.3)
        await centre.until(lambda: centre.free_agents() == 1)
        forward_to(away, MOBILE)
        assert "answered" not in await first.dial(away.user, seconds=3)
        assert len(away.calls) == 1
        assert "Local/" not in channels(centre)
        resident = centre.phones.resident("79160000001")
        await resident.call()
        await resident.wait_for(lambda one: one.heard_at is not None)
        first.transfer(away.user)
        await centre.until(lambda: len(away.calls) == 2)
        # Nobody took it: he is served on, by the agent who is there.
        await centre.until(lambda: "callengine-fallback" in channels(centre))
        assert "Local/" not in channels(centre)
        assert resident.ended_at is None
