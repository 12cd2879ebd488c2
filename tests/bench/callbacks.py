"""Many missed calls with few agents under live load: what became of each obligation."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
import tempfile
from collections import Counter
from pathlib import Path

from callengine.demo.centre import CentrePlan, Phones, start_asterisk
from tests.bench.processes import engine

AGENTS = 5
PLAN = CentrePlan(
    agents=AGENTS,
    wrap_up=0,
    callbacks="disposition_seconds = 0\nlast_start_seconds = 3\nretry_late_seconds = 15\n"
    "settle_seconds = 1\nretry_busy_seconds = 3\nretry_no_answer_seconds = 3\n"
    "retry_failure_seconds = 1\nresident_ring_seconds = 3\nmax_per_hour = 10000\n",
    rules='[[rules]]\nname = "twentieth"\nsince = 2020-01-01\n'
    "answer_limit_seconds = 15\ncontact_limit_seconds = 30\nmessage_limit_seconds = 30\n",
)
MISSED_PER_SECOND = 0.8
SERVED_PER_SECOND = 0.4


class Neighbourhood:
    """Residents who hang up too early, and others who wait, talk and load the agents."""

    def __init__(self, phones: Phones, seed: int) -> None:
        self._phones = phones
        self._random = random.Random(seed)
        self._numbers = iter(range(79160000001, 79169999999))

    async def early_hang_ups(self, wanted: int) -> None:
        """So many missed calls, Poisson."""
        await self._calls(wanted, MISSED_PER_SECOND, early=True)

    async def live_load(self) -> None:
        """Ordinary calls until cancelled."""
        await self._calls(10**6, SERVED_PER_SECOND, early=False)

    async def _calls(self, wanted: int, rate: float, *, early: bool) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(wanted):
                group.create_task(self._one(early=early))
                await asyncio.sleep(self._random.expovariate(rate))

    async def _one(self, *, early: bool) -> None:
        resident = self._phones.resident(str(next(self._numbers)))
        try:
            await resident.call()
            if early:
                await asyncio.sleep(self._random.uniform(0.02, 0.2))
            else:
                with contextlib.suppress(TimeoutError):
                    await resident.wait_for(lambda one: one.ended_at is not None, seconds=30)
        finally:
            await resident.hang_up()
            self._phones.residents.remove(resident)


async def measure(missed: int) -> dict[str, object]:
    """Run it and count from the ledger; double dials also from what the telephones saw."""
    chance = random.Random(1)
    with tempfile.TemporaryDirectory(prefix="callengine-") as name:
        folder = Path(name)
        asterisk = start_asterisk(folder, PLAN)
        phones = Phones(asterisk)
        try:
            async with engine(folder, PLAN, asterisk):
                await phones.add_agents(
                    AGENTS,
                    answer_after=lambda: chance.uniform(0.4, 1.2),
                    talk_for=lambda: chance.uniform(2.0, 4.0),
                )
                exchange = await phones.open_exchange(
                    lambda number: chance.choices([chance.uniform(0.2, 1.0), "busy", None], [85, 10, 5])[0],
                    talk_seconds=1.5,
                )
                town = Neighbourhood(phones, seed=2)
                load = asyncio.create_task(town.live_load())
                await town.early_hang_ups(missed)
                await _until_nothing_is_owed(folder / "ledger.db")
                load.cancel()
                await asyncio.gather(load, return_exceptions=True)
                found = _count(folder / "ledger.db", exchange.rung)
        finally:
            await phones.stop()
            asterisk.stop()
    return found


async def _until_nothing_is_owed(path: Path) -> None:
    async with asyncio.timeout(120):
        while _ask(
            path,
            "SELECT 1 FROM obligations WHERE closed_at IS NULL AND state != 'with_human' "
            "UNION SELECT 1 FROM attempts WHERE ended_at IS NULL",
        ):
            await asyncio.sleep(0.5)


def _ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def _count(path: Path, rung: list[str]) -> dict[str, object]:
    closings = Counter(str(closing) for (closing,) in _ask(path, "SELECT closing FROM obligations"))
    late = _ask(path, "SELECT 1 FROM obligations WHERE overdue_at IS NOT NULL")
    reasons = Counter(str(reason) for (reason,) in _ask(path, "SELECT reason FROM human_tasks"))
    dialled = Counter(
        str(number) for (number,) in _ask(path, "SELECT e164 FROM attempts WHERE dialled_at IS NOT NULL")
    )
    overlapping = _ask(
        path,
        "SELECT 1 FROM attempts a JOIN attempts b ON a.e164 = b.e164 AND a.attempt < b.attempt "
        "WHERE a.made_at < b.ended_at AND b.made_at < a.ended_at",
    )
    again = _ask(
        path,
        "SELECT obligation FROM attempts WHERE result = 'contacted' GROUP BY obligation HAVING count(*) > 1",
    )
    not_accounted_for = sum((Counter(rung) - dialled).values())
    slowest = _ask(
        path,
        "SELECT max(a.contacted_at - o.arrived_at) / 1e6 FROM attempts a JOIN obligations o USING (obligation)",
    )
    return {
        "callbacks_obligations": sum(closings.values()),
        "callbacks_contacted": closings["contacted"],
        "callbacks_got_through": closings["got_through"],
        "callbacks_handed_to_humans": sum(reasons.values()),
        "callbacks_handed_to_humans_because": dict(reasons),
        "callbacks_late": len(late),
        "callbacks_slowest_contact_s": slowest[0][0],
        "callbacks_double_dials": len(overlapping) + len(again) + not_accounted_for,
    }
