"""A short soak: the simulated PBX, the ledger and the live figures agree on every call. `make soak` is the long one."""

from __future__ import annotations

from tests.soak.__main__ import soak


async def test_what_the_pbx_saw_is_what_the_ledger_and_the_figures_say() -> None:
    last = (await soak(600, 200, 24))[-1]
    assert last.calls >= 600
    assert not any(last.live.values()), last.live
