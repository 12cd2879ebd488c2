"""A short soak: the simulated PBX, the ledger and the live figures agree on every call. `make soak` is the long one."""

from __future__ import annotations

import pytest

from tests.soak.__main__ import soak


async def test_what_the_pbx_saw_is_what_the_ledger_and_the_figures_say() -> None:
    last = (await soak(600, 200, 24))[-1]
    assert last.calls >= 600
    assert not any(last.live.values()), last.live


async def test_when_the_link_breaks_again_and_again_all_three_still_agree() -> None:
    last = (await soak(900, 150, 24, cuts=True))[-1]
    assert last.calls >= 600
    assert last.connections >= 3
    assert not any(last.live.values()), last.live


async def test_a_ledger_that_is_too_slow_now_and_then_costs_nobody_his_contact(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Once the stand-in went away in the middle of its answer, and no resident was called back from then on."""
    monkeypatch.setattr("storage.spool.batch_writer.BEHIND", 10)
    # Long enough that the last call ends while the spool alone has it.
    monkeypatch.setattr("storage.spool.drain._FIRST_PAUSE", 2.0)
    last = (await soak(600, 200, 24))[-1]
    assert not any(last.live.values()), last.live
