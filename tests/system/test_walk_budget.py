"""The way of one answered call through the code does not get longer unnoticed (`make walk` shows it)."""

from __future__ import annotations

from dataclasses import replace

from tests.walk.budget import ANSWERED, excess
from tests.walk.scenarios import answered


async def test_an_answered_call_enters_no_more_files_moves_and_deciding_modules_than_before() -> None:
    recorder = await answered()
    assert excess(recorder, ANSWERED) == []
    too_small = replace(ANSWERED, files=1, decisions={"EVENT CallHolding": (1, 1)})
    assert len(excess(recorder, too_small)) == 3
    assert excess(recorder, replace(ANSWERED, decisions={"EVENT NeverHeard": (1, 1)})) == [
        "EVENT NeverHeard did not happen"
    ]
