"""A phone that dies in mid-talk leaves nobody in silence; a resident who only listens is never timed out."""

from __future__ import annotations

from callengine.demo.centre import CentrePlan
from tests.support.live_centre import live_centre


async def test_the_resident_of_a_phone_that_died_is_served_on_by_another_agent() -> None:
    async with live_centre(CentrePlan(agents=2)) as centre:
        pjsip = centre.asterisk.etc / "pjsip.conf"
        text = pjsip.read_text(encoding="utf-8")
        assert text.count("\nrtp_timeout = 30\n") == 1  # The agents', and not the trunk's.
        pjsip.write_text(text.replace("\nrtp_timeout = 30\n", "\nrtp_timeout = 3\n"), encoding="utf-8")
        centre.asterisk.command_line("module reload res_pjsip.so")
        first, second = await centre.phones.add_agents(2)
        await second.dial("*43", seconds=0.3)
        await centre.until(lambda: centre.free_agents() == 1)
        resident = centre.phones.resident("79160000001")
        await resident.call()
        await resident.wait_for(lambda one: one.heard_at is not None)
        first._socket.receive = lambda data, addr: None  # type: ignore[method-assign]  # it is dead
        first.drop_calls()
        await centre.until(
            lambda: "callengine-fallback" in centre.asterisk.command_line("core show channels concise"),
            seconds=20,
        )
        assert resident.ended_at is None
        await second.dial("*44", seconds=0.3)
        await centre.until(lambda: second.calls and second.calls[-1].answered_at is not None, seconds=40)
        assert resident.ended_at is None


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
