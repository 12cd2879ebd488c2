"""Killed with -9 at each step of its writing, the engine has lost nothing that counted as committed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from storage.spool.checkpoint import LAST_CALLS
from tests.support.dying_writer import CALLS, STEPS
from tests.support.outage import numbers, open_spooled, rows_by_the_journal, rows_of


@pytest.mark.parametrize("step", STEPS)
async def test_killed_at_this_step_every_committed_decision_is_there_once_and_in_order(
    step: str, tmp_path: Path
) -> None:
    url, spool = f"sqlite:///{tmp_path}/ledger.db", tmp_path / "spool"
    arguments = ("-m", "tests.support.dying_writer", url, str(spool), step)
    dying = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=subprocess.PIPE)
    async with asyncio.timeout(60):
        printed, _ = await dying.communicate()
    assert dying.returncode == -9
    told = [int(line) for line in printed.split()]
    committed = told[-1] if told else 0
    assert (committed == 3 + 3 * CALLS) == (step == "nowhere")
    ledger = await open_spooled(url, spool)
    try:
        assert not ledger.writer.is_away
        found = await rows_of(ledger.reader)
        written = numbers(found["journal"])
        assert written == [(1, seq) for seq in range(1, len(written) + 1)]
        assert len(written) >= committed
        assert found == await rows_by_the_journal(found["journal"])
        owed = {one.obligation for one in (await ledger.restored(found["journal"][-1][3])).obligations}
        assert owed == {f"ob-c{n}" for n in range((len(written) - 3) // 3)}
        assert len(owed) < LAST_CALLS
    finally:
        await ledger.close()
