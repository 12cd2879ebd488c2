"""The loop is not kept waiting by what lies in memory."""

from __future__ import annotations

import asyncio
import gc
import sys

from callengine.loop.gc_tuning import keep_short


async def test_what_is_alive_is_set_aside_and_threads_take_short_turns() -> None:
    before = sys.getswitchinterval()
    keeping = asyncio.get_running_loop().create_task(keep_short())
    try:
        await asyncio.sleep(0)
        assert gc.get_freeze_count() > 1000
        assert sys.getswitchinterval() <= 0.001
    finally:
        keeping.cancel()
        sys.setswitchinterval(before)
        gc.unfreeze()
