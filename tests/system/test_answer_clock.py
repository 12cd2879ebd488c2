"""The engine's answer times against the residents' own clocks: the first 20 ms frame that holds the agent's tone."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator

import pytest

from callengine.demo.centre import CentrePlan
from callengine.demo.resident import Resident
from tests.support.live_centre import LiveCentre, live_centre

CALLS = 52
TOLERANCE_SECONDS = 0.050


async def one_call(centre: LiveCentre, resident: Resident) -> None:
    await resident.call()
    await resident.wait_for(lambda one: one.heard_at is not None, seconds=30)
    await resident.hang_up()


@pytest.fixture
def quiet_collector() -> Iterator[None]:
    """After hundreds of tests a full garbage collection stops the phones of this process for a quarter second."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.alone
@pytest.mark.usefixtures("quiet_collector")
async def test_answer_times_equal_the_residents_own_within_50_ms_over_50_calls() -> None:
    async with live_centre(CentrePlan(agents=4, wrap_up=0)) as centre:
        delays = iter([0.05 * (n % 8) for n in range(CALLS * 2)])
        await centre.phones.add_agents(4, answer_after=lambda: next(delays))
        await centre.until(lambda: centre.free_agents() == 4)
        residents = [centre.phones.resident(f"791600{n:05}") for n in range(CALLS)]
        for start in range(0, CALLS, 4):
            await asyncio.gather(*(one_call(centre, one) for one in residents[start : start + 4]))
        await centre.until(lambda: not centre.engine.view().calls)
        rows = await centre.rows("SELECT number, arrived_at, answered_at FROM calls")
        by_number = {row.number: (row.answered_at - row.arrived_at) / 1e6 for row in rows}
        errors = []
        for resident in residents:
            assert resident.heard_at is not None
            assert resident.called_at is not None
            errors.append(by_number[resident.number] - (resident.heard_at - resident.called_at))
        print(f"largest difference {max(map(abs, errors)) * 1000:.1f} ms over {len(errors)} calls")
        assert len(errors) == CALLS
        assert max(map(abs, errors)) <= TOLERANCE_SECONDS
