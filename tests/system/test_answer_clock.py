"""The engine's answer times against the residents' own clocks: the first 20 ms frame that holds the agent's tone."""

from __future__ import annotations

import pytest

from callengine.demo.centre import GENERAL_DID, CentrePlan
from tests.bench.answer_clock import AGENTS, ROWS, assert_clocks_agree, differences, numbers, on_own_queue
from tests.support.live_centre import live_centre

CALLS = 52


@pytest.mark.alone
@pytest.mark.timeout(180)
async def test_answer_times_equal_the_residents_own_within_50_ms_over_50_calls() -> None:
    async with live_centre(CentrePlan(agents=AGENTS, wrap_up=0)) as centre:
        measured = await on_own_queue(centre, numbers(CALLS, GENERAL_DID))
        errors = differences(measured, await centre.rows(ROWS))
        print(f"largest difference {max(map(abs, errors)) * 1000:.1f} ms over {len(errors)} calls")
        assert len(errors) == CALLS
        assert_clocks_agree(errors)
