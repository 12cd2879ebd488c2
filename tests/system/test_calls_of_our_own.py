"""A callback that somebody's forwarding brought back to us, and an agent who dials our line: on a real Asterisk."""

from __future__ import annotations

import json

import pytest

from callengine.demo.centre import GENERAL_DID, CentrePlan
from callengine.demo.phones.softphone import Softphone
from tests.support.live_centre import LiveCentre, live_centre

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(120)]

OURS = f"8{GENERAL_DID[1:]}"
"""The caller id of our callbacks, as a network writes it that was asked to forward the call to us."""


async def call_ourselves(centre: LiveCentre, agent: Softphone) -> None:
    """From a number of ours through the trunk, and from an agent's phone: both are refused."""
    forwarded = centre.phones.resident(OURS)
    await forwarded.call()
    assert "403" in (forwarded.refused or ""), forwarded.refused
    assert "403" in await agent.dial("777", seconds=1.0)
    assert centre.asterisk.command_line("database show callengine inbox").startswith("0 results")


async def test_our_own_calls_ring_nobody_and_enter_no_figure_with_an_engine_and_without() -> None:
    async with live_centre(CentrePlan(agents=2, callbacks="enabled = false"), engine=False) as centre:
        centre.asterisk.command_line(
            f"dialplan add extension 777,1,Goto(callengine-in,{GENERAL_DID},1) into callengine-agent"
        )
        first, second = await centre.phones.add_agents(2, answer_after=lambda: 0.0)
        await call_ourselves(centre, second)
        engine = await centre.start_engine()
        await call_ourselves(centre, second)
        # Whoever is a resident is served as before, after them: they have left nothing behind.
        resident = centre.phones.resident("79161234567")
        await resident.call()
        await centre.until(lambda: first.calls or second.calls)
        assert len(first.calls) + len(second.calls) == 1
        await resident.hang_up()
        await centre.until(lambda: not engine.view().calls)
        (row,) = await centre.rows("SELECT number FROM calls")
        assert row.number == "79161234567"
        assert engine.tally.total(engine.clock.now()).offered == 1
        assert engine.tally.imbalance() == 0
        page, _ = await engine.metrics.exposition("text/plain")
        assert "callengine_calls_from_own_numbers_total 2.0" in page.decode()
        said = [json.loads(line) for line in centre.log.getvalue().splitlines()]
        (forwarded, phone) = [one for one in said if one.get("event") == "call_from_own_number"]
        assert (forwarded["did"], phone["did"], phone["number"]) == (GENERAL_DID, GENERAL_DID, "withheld")
        assert OURS not in centre.log.getvalue()
