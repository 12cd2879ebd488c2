"""The wire to a real Asterisk is cut, blocked, slowed and flooded; rights are taken away: each has its answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from ami_adapters.connection.link import LinkState, LinkTimes
from ami_adapters.connection.link_faults import Trouble
from callengine.demo.centre import CentrePlan
from callengine.run.application import Application
from tests.support.ami_proxy import AmiProxy, ami_proxy
from tests.support.live_centre import LiveCentre, live_centre

pytestmark = pytest.mark.asterisk
WAIT = 30.0


@asynccontextmanager
async def wired() -> AsyncIterator[tuple[LiveCentre, AmiProxy]]:
    """A centre whose engine reaches Asterisk through a wire of the test."""
    async with live_centre(CentrePlan(), engine=False) as centre, ami_proxy(centre.asterisk.ami_port) as wire:
        centre.ami_port = wire.port
        await centre.start_engine()
        try:
            yield centre, wire
        finally:
            await centre.stop_engine()


def metric(application: Application, name: str, **labels: str) -> float:
    value = application.metrics.registry.get_sample_value(f"callengine_{name}", labels)
    assert value is not None, name
    return value


def troubles(application: Application, cause: Trouble) -> float:
    return metric(application, "ami_troubles_total", cause=cause)


def holds(application: Application, cause: Trouble) -> bool:
    return metric(application, "ami_trouble", cause=cause) == 1


async def a_call_is_answered_by_the_engine(centre: LiveCentre, number: str) -> None:
    await centre.until(lambda: centre.free_agents() == 1, seconds=WAIT)
    resident = centre.phones.resident(number)
    await resident.call()
    await centre.until(lambda: resident.heard_at is not None, seconds=WAIT)
    await resident.hang_up()
    await centre.until(lambda: not centre.engine.view().calls, seconds=WAIT)
    (row,) = await centre.rows_when(
        1, f"SELECT outcome, served_by FROM calls WHERE number = '{number}' AND ended_at IS NOT NULL"
    )
    assert tuple(row) == ("answered", "engine")


def change_manager(centre: LiveCentre, before: str, after: str) -> None:
    """As an administrator does: edit the file, reload the manager."""
    file = centre.asterisk.etc / "callengine_manager.conf"
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")
    centre.asterisk.command_line("manager reload")


async def test_beats_go_through_asterisk_and_back_in_milliseconds() -> None:
    async with wired() as (centre, _):
        engine = centre.engine
        await centre.until(lambda: metric(engine, "heartbeat_lag_seconds_count") >= 3, seconds=WAIT)
        mean = metric(engine, "heartbeat_lag_seconds_sum") / metric(engine, "heartbeat_lag_seconds_count")
        assert mean < 1.0
        assert metric(engine, "heartbeat_missing_total") == 0
        assert metric(engine, "heartbeat_duplicates_total") == 0
        assert abs(metric(engine, "pbx_clock_offset_seconds")) < 1.0
        assert engine.health()["keeps_up"]


async def test_a_cut_wire_is_made_anew_and_the_calls_go_on() -> None:
    async with wired() as (centre, wire):
        engine = centre.engine
        await centre.phones.add_agents(1)
        await a_call_is_answered_by_the_engine(centre, "79160000001")
        for _ in range(3):
            before = engine.link.epoch
            wire.cut()
            await centre.until(lambda before=before: engine.link.epoch > before, seconds=WAIT)
            await centre.until(lambda: engine.view().synced, seconds=WAIT)
        assert troubles(engine, Trouble.CUT) == 3
        assert not holds(engine, Trouble.CUT)
        wire.refuses = True
        wire.cut()
        await centre.until(lambda: holds(engine, Trouble.UNREACHABLE), seconds=WAIT)
        wire.refuses = False
        await centre.until(lambda: not holds(engine, Trouble.UNREACHABLE), seconds=WAIT)
        await a_call_is_answered_by_the_engine(centre, "79160000002")


async def test_a_half_open_wire_is_noticed_and_whoever_waits_is_served_by_the_fallback_queue() -> None:
    async with wired() as (centre, wire):
        engine = centre.engine
        (agent,) = await centre.phones.add_agents(1)
        await a_call_is_answered_by_the_engine(centre, "79160000001")
        answered = len(agent.calls)
        wire.block()
        resident = centre.phones.resident("79160000002")
        await resident.call()
        await centre.until(lambda: holds(engine, Trouble.SILENT), seconds=WAIT)
        assert not engine.view().synced
        await centre.until(lambda: resident.heard_at is not None, seconds=WAIT)
        assert len(agent.calls) > answered
        wire.unblock()
        await centre.until(lambda: engine.view().synced, seconds=WAIT)
        assert not holds(engine, Trouble.SILENT)
        await resident.hang_up()
        await centre.until(lambda: not engine.view().calls, seconds=WAIT)
        rows = await centre.rows("SELECT outcome FROM calls ORDER BY arrived_at")
        assert [row.outcome for row in rows] == ["answered", "answered"]
        await a_call_is_answered_by_the_engine(centre, "79160000003")


async def test_on_a_slow_wire_the_engine_falls_silent_and_comes_back_by_asking_what_is_so() -> None:
    async with wired() as (centre, wire):
        engine = centre.engine
        (agent,) = await centre.phones.add_agents(1)
        await a_call_is_answered_by_the_engine(centre, "79160000001")
        wire.delay_seconds = 2.2
        await centre.until(lambda: metric(engine, "behind") == 1, seconds=WAIT)
        assert not engine.health()["keeps_up"]
        await centre.until(lambda: not engine.view().synced, seconds=WAIT)
        resident = centre.phones.resident("79160000002")
        await resident.call()
        await centre.until(lambda: resident.heard_at is not None, seconds=WAIT)
        assert agent.calls
        wire.delay_seconds = 0.0
        await centre.until(lambda: engine.health()["keeps_up"] and engine.view().synced, seconds=WAIT)
        assert metric(engine, "fell_behind_total") >= 1
        await resident.hang_up()
        await centre.until(lambda: not engine.view().calls, seconds=WAIT)
        rows = await centre.rows("SELECT outcome FROM calls ORDER BY arrived_at")
        assert [row.outcome for row in rows] == ["answered", "answered"]
        await a_call_is_answered_by_the_engine(centre, "79160000003")


async def test_a_flood_of_foreign_events_is_told_and_calls_are_answered_meanwhile() -> None:
    async with wired() as (centre, wire):
        engine = centre.engine
        await centre.phones.add_agents(1)
        await centre.until(lambda: centre.free_agents() == 1, seconds=WAIT)
        foreign = b"Event: RTCPSent\r\nPrivilege: reporting,all\r\nChannel: PJSIP/x\r\n\r\n" * 1000
        flooded = 0
        resident = centre.phones.resident("79160000001")
        await resident.call()
        while not (holds(engine, Trouble.FLOOD) and resident.heard_at is not None):
            wire.flood(foreign)
            flooded += 1000
            assert flooded < 4_000_000
            await asyncio.sleep(0.05)
        await resident.hang_up()
        await centre.until(lambda: not holds(engine, Trouble.FLOOD), seconds=WAIT)
        await a_call_is_answered_by_the_engine(centre, "79160000002")


async def test_a_changed_password_and_a_right_taken_away_are_named_and_over_when_they_are_put_right() -> None:
    async with live_centre(CentrePlan(), engine=False) as centre:
        centre.link_times = LinkTimes(first_pause=0.1, longest_pause=0.5, auth_failed_pause=0.5)
        engine = await centre.start_engine()
        await centre.phones.add_agents(1)
        secret = centre.asterisk.ami_secret
        change_manager(centre, f"secret = {secret}", "secret = somebody-changed-it")
        engine.link.drop("the test makes it log in again")
        await centre.until(lambda: holds(engine, Trouble.LOGIN_REFUSED), seconds=WAIT)
        assert engine.link.state is LinkState.AUTH_FAILED
        change_manager(centre, "secret = somebody-changed-it", f"secret = {secret}")
        await centre.until(lambda: engine.view().synced, seconds=WAIT)
        assert not holds(engine, Trouble.LOGIN_REFUSED)

        change_manager(centre, "write = call,agent,user", "write = call,agent")
        engine.link.drop("the test makes it log in again")
        await centre.until(lambda: holds(engine, Trouble.PERMISSION), seconds=WAIT)
        # Without its own beats it cannot know whether it keeps up: the dialplan must not count on it.
        await centre.until(lambda: metric(engine, "behind") == 1, seconds=WAIT)
        change_manager(centre, "write = call,agent", "write = call,agent,user")
        engine.link.drop("the test makes it log in again")
        await centre.until(lambda: not holds(engine, Trouble.PERMISSION), seconds=WAIT)
        await centre.until(lambda: engine.health()["keeps_up"] and engine.view().synced, seconds=WAIT)

        change_manager(centre, "read = system,call,agent", "read = system,agent")
        log_ins = engine.link.epoch
        engine.link.drop("the test makes it log in again")
        await centre.until(lambda: engine.link.epoch > log_ins and engine.view().synced, seconds=WAIT)
        resident = centre.phones.resident("79160000001")
        await resident.call()
        await centre.until(lambda: engine.view().calls, seconds=WAIT)
        await resident.hang_up()
        async with asyncio.timeout(WAIT):
            while not troubles(engine, Trouble.HANG_UPS_MISSING):
                await engine.pbx.audit()
                await asyncio.sleep(0.2)
        await centre.until(lambda: not engine.view().calls, seconds=WAIT)
        change_manager(centre, "read = system,agent", "read = system,call,agent")
        log_ins = engine.link.epoch
        engine.link.drop("the test makes it log in again")
        await centre.until(lambda: engine.link.epoch > log_ins and engine.view().synced, seconds=WAIT)
        await centre.until(lambda: engine.health()["keeps_up"], seconds=WAIT)
        await a_call_is_answered_by_the_engine(centre, "79160000002")


@pytest.mark.parametrize("how", ["stopped gracefully", "killed"])
async def test_asterisk_starts_anew_and_the_engine_goes_on_with_it(how: str) -> None:
    async with live_centre(CentrePlan()) as centre:
        engine = centre.engine
        # Asterisk tells its start in whole seconds, and a kill and a start together take less than one.
        await asyncio.sleep(1.1)
        if how == "killed":
            centre.asterisk.kill()
            await centre.until(lambda: holds(engine, Trouble.UNREACHABLE), seconds=WAIT)
            centre.asterisk.start()
        else:
            # Not "core restart": the provisioned Asterisk runs under a loader of its own and cannot call itself anew.
            centre.asterisk.command_line("core stop gracefully")
            await centre.until(lambda: not centre.asterisk.is_running, seconds=WAIT)
            centre.asterisk.start()
        await centre.until(lambda: metric(engine, "pbx_restarts_total") == 1, seconds=WAIT)
        await centre.until(lambda: engine.view().synced and engine.health()["keeps_up"], seconds=WAIT)
        assert not any(holds(engine, cause) for cause in (Trouble.CUT, Trouble.UNREACHABLE))
        beats = metric(engine, "heartbeat_lag_seconds_count")
        await centre.until(lambda: metric(engine, "heartbeat_lag_seconds_count") > beats + 1, seconds=WAIT)
        assert metric(engine, "heartbeat_missing_total") == 0
