"""`callengine run`: an engine while it may be in charge of its PBX, an onlooker while another one is."""

from __future__ import annotations

import asyncio
from pathlib import Path

from callengine.loop.gc_tuning import keep_short
from callengine.platform.clock import SystemClock
from callengine.platform.identity import this_process
from callengine.platform.logs import get_log
from callengine.run.application import Application
from callengine.run.reload import read_anew
from callengine.run.signals import signals
from callengine.standby.standing_by import StandBy
from config.settings import Settings
from storage.leases import Holding, LeaseHeldError


async def serve(settings: Settings, clock: SystemClock, path: Path) -> None:
    """Until SIGTERM or SIGINT. Raises LedgerError, OSError, TokenError, ClockSetBackError."""
    pauses = asyncio.get_running_loop().create_task(keep_short(), name="pauses")
    try:
        await _serve(settings, clock, path)
    finally:
        pauses.cancel()


async def _serve(settings: Settings, clock: SystemClock, path: Path) -> None:
    log = get_log("callengine.service")
    times_lost = 0
    held: Holding | None = None
    while True:
        # A name of its own for each time in charge: what an earlier one left on the PBX is another's.
        me = this_process(settings.pbx.username)
        stand_by = StandBy(settings, me, clock, times_lost=times_lost, held=held)
        fresh: list[Settings] = []

        def reload(present: Settings = settings, fresh: list[Settings] = fresh) -> None:
            found = read_anew(path, present, log).settings
            if found is not None:
                fresh[:] = [found]

        with signals(stop=stand_by.ask_to_stop, reload=reload):
            seen = await stand_by.until_free()
        if seen is None:
            return
        settings = fresh[0] if fresh else settings
        application = Application(
            settings, clock=clock, settings_path=path, me=me, left=seen.owner, times_lost=times_lost
        )
        try:
            await application.start()
        except LeaseHeldError as problem:
            log.warning("ledger_held_by_other_engine", msg="this engine stands by", reason=str(problem))
            held = problem.holding
            continue
        await application.run()
        if not application.stood_down:
            return
        times_lost += 1
        held = application.taken_by
