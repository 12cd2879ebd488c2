"""Codes of the settings on a real phone: the dialplan has them, and reads reason and phone behind them rightly."""

from __future__ import annotations

import pytest

from callengine.demo.centre import CentrePlan
from tests.support.live_centre import live_centre

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(120)]

CODES = '[codes]\nprefix = "*1"\nlogout = "7"\npause = "53"\ndisposition = "#6"\n'


async def test_other_codes_than_the_usual_log_in_pause_with_a_reason_and_log_out() -> None:
    async with live_centre(CentrePlan(agents=2, rules=CODES)) as centre:
        (phone, other) = await centre.phones.add_agents(2, log_in=False)

        def state(agent: str) -> tuple[str, str]:
            found = next(one for one in centre.engine.view().agents if one.agent == agent)
            return found.state.value, found.pause_reason or ""

        assert await phone.dial("*41") != "answered", "the usual code is nobody's"
        await phone.dial("*141", seconds=0.3)
        await centre.until(lambda: state("1001")[0] == "free")
        await phone.dial("*1537", seconds=0.3)
        await centre.until(lambda: state("1001") == ("paused", "7"))
        await phone.dial("*144", seconds=0.3)
        await centre.until(lambda: state("1001")[0] == "free")
        # The lamp key of the own phone logs in and out, a colleague's does neither.
        await other.dial("*1411001", seconds=0.3)
        assert state("1001")[0] == "free"
        await phone.dial("*1411001", seconds=0.3)
        await centre.until(lambda: state("1001")[0] == "logged_out")
        hints = centre.asterisk.command_line("core show hints")
        assert "_*141X!@callengine-agent-codes" in hints
        assert "Custom:callengine-${EXTEN:4}" in hints
