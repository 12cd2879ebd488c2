"""Whoever is bridged with the resident is who answered, whichever phone rang: pickup, parking."""

from __future__ import annotations

import asyncio

from callengine.demo.centre import CentrePlan
from callengine.demo.phones.softphone import Softphone
from tests.support.live_centre import LiveCentre, live_centre


def add_extension(centre: LiveCentre, extension: str, application: str, context: str) -> None:
    """What a PBX of one's own has beside the sample's dialplan."""
    command = f"dialplan add extension {extension},1,{application} into {context}"
    assert "added" in centre.asterisk.command_line(command)


def load(centre: LiveCentre, module: str) -> None:
    assert "Loaded" in centre.asterisk.command_line(f"module load {module}")


def states(centre: LiveCentre) -> dict[str, str]:
    return {one.agent: str(one.state) for one in centre.engine.view().agents}


async def ringing_at(centre: LiveCentre, phone: Softphone) -> None:
    """Asterisk knows that the phone rings, so that it may be picked up."""
    await centre.until(lambda: phone.present_call)
    await centre.until(
        lambda: (
            f"PJSIP/{phone.user}" in centre.asterisk.command_line("core show channels")
            and "Ringing" in centre.asterisk.command_line("core show channels")
        )
    )


async def test_a_call_picked_up_by_a_colleague_is_the_colleagues() -> None:
    async with live_centre(CentrePlan(agents=2, ring=8, wrap_up=5)) as centre:
        rung, colleague = await centre.phones.add_agents(2, answer_after=lambda: None)
        await colleague.dial("*43", seconds=0.3)
        await centre.until(lambda: centre.free_agents() == 1)
        load(centre, "app_directed_pickup.so")
        add_extension(centre, "*9", f"PickupChan,PJSIP/{rung.user}", "callengine-agent-codes")
        resident = centre.phones.resident("79160000001")
        await resident.call()
        await ringing_at(centre, rung)
        picking = asyncio.ensure_future(colleague.dial("*9", seconds=3))
        await centre.until(lambda: states(centre) == {rung.user: "free", colleague.user: "talking"})
        assert await picking == "answered"
        # He hung up his own phone: his wrap-up, and the one that rang is as free as before.
        await centre.until(lambda: states(centre)[colleague.user] == "wrap_up")
        assert states(centre)[rung.user] == "free"
        await centre.until(lambda: not centre.engine.view().calls)
        (row,) = await centre.rows("SELECT agent, outcome FROM calls")
        assert (row.agent, row.outcome) == (colleague.user, "answered")
        (offer,) = await centre.rows("SELECT agent, result FROM offers")
        assert (offer.agent, offer.result) == (rung.user, "picked_up")


async def test_a_resident_who_was_parked_belongs_to_whoever_fetches_him() -> None:
    async with live_centre(CentrePlan(agents=2, wrap_up=5)) as centre:
        (first,) = await centre.phones.add_agents(1)
        (colleague,) = await centre.phones.add_agents(1)
        await colleague.dial("*43", seconds=0.3)
        await centre.until(lambda: centre.free_agents() == 1)
        (centre.asterisk.etc / "res_parking.conf").write_text("[general]\n[default]\nparkpos => 701-702\n")
        load(centre, "res_parking.so")
        add_extension(centre, "700", "Park", "callengine-transfer")
        add_extension(centre, "*9", "ParkedCall,default\\,701", "callengine-agent-codes")
        resident = centre.phones.resident("79160000001")
        await resident.call()
        await resident.wait_for(lambda one: one.heard_at is not None)
        first.transfer("700")
        await centre.until(lambda: states(centre)[first.user] == "wrap_up")
        fetching = asyncio.ensure_future(colleague.dial("*9", seconds=3))
        await centre.until(lambda: states(centre)[colleague.user] == "talking")
        assert await fetching == "answered"
        await centre.until(lambda: not centre.engine.view().calls)
        # Who answered him first is told by the call, who had him at last by the conversation that was passed on.
        (row,) = await centre.rows("SELECT agent, outcome FROM calls")
        assert (row.agent, row.outcome) == (first.user, "answered")
        await centre.until(lambda: states(centre)[colleague.user] == "wrap_up")
