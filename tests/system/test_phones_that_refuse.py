"""A phone that refuses by itself is seen, paused with that reason, and comes back by itself or by hand."""

from __future__ import annotations

from callengine.demo.centre import CentrePlan
from tests.support.live_centre import LiveCentre, live_centre
from tests.support.refusing_phones import accept_again, forward_to, refuse_with
from tests.system.test_callbacks import answers, plan, ward

# SIP status, whether the phone says 180 first, the pause it leads to.
PHONES = [
    (486, False, "do not disturb"),
    (603, False, "do not disturb"),
    (480, False, "do not disturb"),
    (603, True, "do not disturb"),
    (488, False, "phone refuses"),
    (302, False, "phone forwards"),
]


def pause_of(centre: LiveCentre) -> tuple[str, str]:
    (agent,) = (one for one in centre.engine.view().agents if one.agent == "1001")
    return str(agent.state), agent.pause_reason


async def test_a_phone_that_refuses_is_paused_with_the_reason_and_comes_back_by_hand() -> None:
    async with live_centre(CentrePlan(agents=2, ring=5)) as centre:
        (agent,) = await centre.phones.add_agents(1)
        await centre.until(lambda: centre.free_agents() == 1)
        resident = centre.phones.resident("79160000001")
        for number, (status, rings, reason) in enumerate(PHONES):
            if status == 302:
                forward_to(agent, "79165550000")
            else:
                refuse_with(agent, status, rings=rings)
            rung = len(agent.calls)
            if number == 0:
                await resident.call()
            else:
                await agent.dial("*44", seconds=0.3)
            await centre.until(lambda: pause_of(centre)[0] == "paused", seconds=20)
            assert pause_of(centre) == ("paused", reason), status
            # Twice in a row, and not once more for the shift.
            assert len(agent.calls) == rung + 2
        accept_again(agent)
        await agent.dial("*44", seconds=0.3)
        await resident.wait_for(lambda one: one.heard_at is not None, seconds=20)


async def test_a_phone_that_takes_calls_again_comes_back_by_itself() -> None:
    settings = "[centre]\nrefused_phone_retry_seconds = 1\n"
    async with live_centre(CentrePlan(agents=2, ring=5, rules=settings)) as centre:
        (agent,) = await centre.phones.add_agents(1)
        await centre.until(lambda: centre.free_agents() == 1)
        refuse_with(agent, 486)
        resident = centre.phones.resident("79160000001")
        await resident.call()
        await centre.until(lambda: len(agent.calls) >= 3, seconds=30)
        accept_again(agent)
        await resident.wait_for(lambda one: one.heard_at is not None, seconds=40)
        assert pause_of(centre) == ("talking", "")
        await centre.until(lambda: "paused:" not in centre.asterisk.command_line("queue show"))


async def test_a_callback_finds_out_as_well() -> None:
    async with live_centre(plan()) as centre:
        here = await ward(centre, answers, talk_seconds=4)
        await here.miss()
        refuse_with(here.agent, 603)
        here.agent.answer_after = lambda: 0.0
        await centre.until(lambda: pause_of(centre) == ("paused", "do not disturb"), seconds=30)
        assert here.exchange.rung == []


async def test_nobody_is_offered_to_a_phone_that_still_talks_to_a_code() -> None:
    """*44 and *41 with somebody waiting; a phone without call waiting would answer 486."""
    async with live_centre(CentrePlan(agents=1, ring=5)) as centre:
        (agent,) = await centre.phones.add_agents(1)
        await centre.until(lambda: centre.free_agents() == 1)
        for away, back in (("*43", "*44"), ("*42", "*41")):
            await agent.dial(away, seconds=0.3)
            await centre.until(lambda: centre.free_agents() == 0)
            resident = centre.phones.resident("79160000001")
            await resident.call()
            rung = len(agent.calls)
            # He listens to the phrase to its end.
            assert (await agent.dial(back, seconds=1.0)).startswith("answered")
            if len(agent.calls) > rung:
                raise AssertionError(f"{back}: rung while it talked to the code")
            await resident.wait_for(lambda one: one.heard_at is not None, seconds=10)
            await resident.hang_up()
            await centre.until(lambda: not centre.engine.view().calls)
        rows = await centre.rows("SELECT DISTINCT result FROM offers")
        assert [row.result for row in rows] == ["answered"]
