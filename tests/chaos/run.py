"""One run: residents call, blows fall, then it is quiet and everything is counted."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callengine.demo.centre import CentrePlan, start_asterisk
from tests.chaos.audit import Audit, audit
from tests.chaos.blows import Blow, BlowKind, schedule
from tests.chaos.centre import StruckCentre
from tests.chaos.town import Town
from tests.support.progress import Progress, until_interrupted

SETTLED_SECONDS = 120.0
PLAN_RULES = (
    '[[rules]]\nname = "tenth"\nsince = 2020-01-01\n'
    "answer_limit_seconds = 30\ncontact_limit_seconds = 60\nmessage_limit_seconds = 60\n"
)
PLAN_CALLBACKS = (
    "disposition_seconds = 0\nlast_start_seconds = 5\nretry_late_seconds = 10\nsettle_seconds = 1\n"
    "retry_busy_seconds = 3\nretry_no_answer_seconds = 3\nretry_failure_seconds = 1\n"
    "resident_ring_seconds = 3\nmax_per_hour = 10000\n"
)


@dataclass(frozen=True, slots=True)
class Run:
    """What a run was, and what the auditor found."""

    seed: int
    blows: Mapping[BlowKind, int]
    seconds: float
    calls: int
    audit: Audit
    unsettled: int
    """Obligations that neither ended nor became a human's task by the end."""
    down_seconds: tuple[float, ...]
    engine_log: str
    interrupted: bool = False
    """Ctrl-C: fewer blows than were planned; what is told is true of those."""


async def run(
    counts: Mapping[BlowKind, int], *, seed: int, rate: float, agents: int, postgres: Any = None
) -> Run:
    """Strike a centre of so many agents, with so many calls a second. Raises TimeoutError when it does not recover.

    `postgres`: the server whose database is the ledger; None: a file.
    """
    chance = random.Random(seed)
    plan = CentrePlan(agents=agents, wrap_up=0, ring=8, rules=PLAN_RULES, callbacks=PLAN_CALLBACKS)
    with tempfile.TemporaryDirectory(prefix="callengine-") as name:
        asterisk = start_asterisk(Path(name), plan)
        centre = StruckCentre(Path(name), plan, asterisk, postgres)
        phones = centre.phones
        try:
            await centre.start()
            await phones.add_agents(
                agents,
                answer_after=lambda: chance.uniform(0.2, 0.6),
                talk_for=lambda: chance.uniform(0.8, 2.0),
            )
            exchange = await phones.open_exchange(
                lambda number: chance.choices([chance.uniform(0.2, 0.8), "busy", None], [85, 10, 5])[0],
                talk_seconds=1.0,
            )
            # AstDB is written once a second: what the last second before a kill said is gone, log-ins too.
            await asyncio.sleep(2.0)
            loop = asyncio.get_running_loop()
            began = loop.time()
            town = Town(phones, rate, seed)
            life = asyncio.create_task(town.live())
            fallen: Counter[BlowKind] = Counter()
            with Progress("chaos", sum(counts.values())) as progress:
                finished = await until_interrupted(
                    _strike(centre, town, schedule(counts, seed), fallen, progress)
                )
                progress.at(fallen.total(), "it is quiet; what is owed is settled")
                life.cancel()
                await town.fall_silent()
                left = await _settle(centre)
            seconds = loop.time() - began
            await centre.stop()
            loop_to_epoch = time.time() - loop.time()
            rows = await centre.ledger_rows()
            found = audit(rows.calls, rows.closings, town.told, exchange.rings, centre.down, loop_to_epoch)
        finally:
            await phones.stop()
            await centre.stop()
            centre.close()
            asterisk.stop()
        log = (Path(name) / "engine.log").read_text(encoding="utf-8", errors="replace")
    return Run(
        seed=seed,
        blows=dict(fallen),
        seconds=seconds,
        calls=len(town.told),
        audit=found,
        unsettled=left,
        down_seconds=tuple(until - since for since, until in centre.down),
        engine_log=log,
        interrupted=not finished,
    )


async def _strike(
    centre: StruckCentre, town: Town, blows: Sequence[Blow], fallen: Counter[BlowKind], progress: Progress
) -> None:
    """One blow after the other; each is counted when it is over."""
    for blow in blows:
        await asyncio.sleep(blow.after_seconds)
        progress.at(fallen.total(), f"{len(town.told):,} calls; {blow.kind}")
        if blow.kind is BlowKind.KILL_PBX:
            town.cut_everybody()
        under_way = asyncio.ensure_future(centre.strike(blow))
        try:
            await asyncio.shield(under_way)
        except asyncio.CancelledError:
            # Who is interrupted in the middle of a blow leaves no engine dead and no disk full: it has an end.
            await under_way
            raise
        finally:
            fallen[blow.kind] += 1


async def _settle(centre: StruckCentre) -> int:
    """Until nothing is owed but by a human; how many still are when the time is over."""
    deadline = asyncio.get_running_loop().time() + SETTLED_SECONDS
    while (left := (await centre.ledger_rows()).unsettled) and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(0.5)
    return left
