"""Two engines on one Asterisk: one is in charge, the other looks on; whoever froze and comes back late does nothing.

On a real Asterisk with real telephones: a settings file that was copied (each engine has its own ledger), and two
hosts on one PostgreSQL ledger. Each resident is rung, and dialled back, once.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

import pytest
from sqlalchemy import text

from callengine.demo.phones.softphone import Softphone
from storage.schema.database import create_ledger_engine, ledger_url
from tests.support.engine_process import EngineProcess, check, heartbeat, two_engines
from tests.support.live_centre import LiveCentre, live_centre
from tests.support.postgres import postgres_server, postgres_url
from tests.system.test_callbacks import DIALLED, NUMBER, answers, plan

__all__ = ["postgres_server", "postgres_url"]

QUIET_SECONDS = 6.0
"""What a frozen engine would do late it would have done by then: its timers are all due at once."""


def rings(agents: list[Softphone]) -> int:
    return sum(len(agent.calls) for agent in agents)


async def asked(url: str, sql: str) -> list[tuple[object, ...]]:
    engine = create_ledger_engine(ledger_url(url), read_only=True)
    try:
        async with engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(sql))]
    finally:
        await engine.dispose()


async def served(centre: LiveCentre, number: str) -> None:
    """A resident calls and hears an agent, at once, by the engine."""
    resident = centre.phones.resident(number)
    await resident.call()
    await centre.until(lambda: resident.heard_at is not None, seconds=15)
    await resident.hang_up()


async def test_a_copy_of_the_settings_elsewhere_stands_by_says_who_is_in_charge_and_each_call_rings_once() -> (
    None
):
    async with live_centre(plan(agents=2), engine=False) as centre, two_engines(centre) as (first, second):
        line = await second.says("engine_stands_by")
        assert f"process {first.pid}" in line["in_charge"]
        agents = await centre.phones.add_agents(2, answer_after=lambda: 0.1)
        for n in range(4):
            await served(centre, f"7916000000{n}")
            assert rings(agents) == n + 1
        assert await second.metric("callengine_in_charge") == 0
        assert await first.metric("callengine_in_charge") == 1
        _, metrics = await second.get("/metrics")
        assert f'callengine_charge_holder{{holder="host {line["in_charge"].split()[1]}' in metrics
        status, ready = await second.get("/readyz")
        assert status == 503
        assert '"in_charge": false' in ready
        status, refusal = await second.get("/api/v1/callbacks")
        assert status == 503
        assert f"process {first.pid}" in refusal
        status, board = await second.get("/wallboard")
        assert status == 200
        # Its wallboard sees no call of these; it says so, and where they are seen.
        assert re.search(rf'class="standby">[^<]*host [^<]*, process {first.pid}<', board)
        assert 'class="standby"' not in (await first.get("/wallboard"))[1]
        told = await check(second.settings)
        assert "is in charge of this PBX" in told
        assert f"process {first.pid}" in told
        assert first.is_in_charge()


@pytest.mark.parametrize("shared", [False, True], ids=["a ledger each", "one ledger"])
async def test_frozen_and_back_late_the_first_does_nothing_and_everybody_is_rung_and_dialled_once(
    shared: bool, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgres_url") if shared else ""
    async with (
        live_centre(replace(plan(agents=2, settle=5), database=url), engine=False) as centre,
        two_engines(centre, url) as (first, second),
    ):
        agents = await centre.phones.add_agents(2, answer_after=lambda: None)
        exchange = await centre.phones.open_exchange(answers, talk_seconds=1.0)
        missed = centre.phones.resident(NUMBER)
        await missed.call()
        await centre.until(lambda: rings(agents) == 1, seconds=15)
        await missed.hang_up()
        # He is owed a callback, which is due in a moment, and somebody has just come who waits, when it freezes.
        await first.says("snapshot_taken")
        await asyncio.sleep(1.0)
        first.freeze()
        waiting = centre.phones.resident("79160000007")
        await waiting.call()
        # The plain queue serves him, or the second engine does; either way one phone at a time rings for him.
        for agent in agents:
            agent.answer_after = lambda: 0.1
        await centre.until(lambda: waiting.heard_at is not None, seconds=60)
        await second.in_charge()
        before = heartbeat(centre).owner
        assert before is not None
        await waiting.hang_up()
        if shared:
            await centre.until(lambda: exchange.answered, seconds=30)
        # Somebody is offered by the second when the first comes back.
        await served(centre, "79160000008")
        await centre.until(lambda: all(one.present_call is None for one in agents), seconds=30)
        rung, dialled = rings(agents), list(exchange.rung)
        first.thaw()
        await first.says("engine_stood_down")
        await asyncio.sleep(QUIET_SECONDS)
        assert rings(agents) == rung
        assert exchange.rung == dialled == ([DIALLED] if shared else [])
        assert heartbeat(centre).owner == before
        assert f"process {second.pid}" in (await first.says("engine_stands_by"))["in_charge"]
        await served(centre, "79160000009")
        assert rings(agents) == rung + 1
        assert await second.metric("callengine_in_charge") == 1
        assert await first.metric("callengine_charge_lost_total") == 1
        if shared:
            assert await asked(url, "SELECT count(*) FROM attempts") == [(1,)]
            written = await asked(url, "SELECT max(epoch) FROM journal")
            assert written == [(before.epoch,)]
            late = await asked(
                url,
                "SELECT count(*) FROM journal j WHERE j.epoch < (SELECT max(epoch) FROM runs) "
                "AND j.at > (SELECT max(started_at) FROM runs)",
            )
            assert late == [(0,)]


async def test_stopped_for_a_restart_the_first_gets_its_pbx_back_and_stopped_for_good_the_second_takes_it() -> (
    None
):
    # Longer than a busy machine takes to start a process: who is back sooner than that is in charge again.
    patience = 20
    async with (
        live_centre(plan(agents=1), engine=False) as centre,
        two_engines(centre, take_over_seconds=patience) as (first, second),
    ):
        await first.stop()
        assert heartbeat(centre).seconds == 0
        await first.start()
        await first.in_charge(seconds=patience)
        await centre.phones.add_agents(1, answer_after=lambda: 0.1)
        await served(centre, "79160000001")
        await first.kill()
        await first.start()
        await first.in_charge(seconds=patience)
        await first.stop()
        await second.in_charge()
        await served(centre, "79160000002")
        again = EngineProcess(centre, "first")
        await again.start()
        try:
            line = await again.says("engine_stands_by")
            assert f"process {second.pid}" in line["in_charge"]
        finally:
            await again.kill()
