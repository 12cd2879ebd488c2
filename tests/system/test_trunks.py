"""A trunk that the provider refuses, or that does not answer, is seen at once: on a real Asterisk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from callengine.demo.centre import CentrePlan
from callengine.sample.asterisk_config import SampleOptions
from tests.support.live_centre import LiveCentre, live_centre
from tests.support.provider import Provider

pytestmark = pytest.mark.asterisk
SECONDS = 30.0

REGISTRATION = """
[city]
type = registration
transport = transport-udp
server_uri = sip:127.0.0.1:{provider}
client_uri = sip:74951234501@127.0.0.1
max_random_initial_delay = 0
expiration = 600
retry_interval = 600
forbidden_retry_interval = 600
"""


@asynccontextmanager
async def provider_at(port: int) -> AsyncIterator[Provider]:
    provider = Provider()
    await provider.listen(port)
    try:
        yield provider
    finally:
        provider.close()


async def scraped(centre: LiveCentre) -> dict[str, float]:
    async with (
        aiohttp.ClientSession() as client,
        client.get(f"http://127.0.0.1:{centre.engine.http.port}/metrics") as answer,
    ):
        lines = (await answer.text()).splitlines()
    pairs = (
        line.rpartition(" ")
        for line in lines
        if line.startswith(("callengine_trunk", "callengine_pbx_state"))
    )
    return {name: float(value) for name, _, value in pairs}


async def test_a_registration_that_is_refused_is_told_and_one_that_stands_again_too() -> None:
    async with live_centre(CentrePlan(agents=1)) as centre:
        asterisk, trunks = centre.asterisk, centre.engine.pbx.trunks
        assert "city" not in trunks.registered
        async with provider_at(asterisk.trunk_port) as provider:
            with (asterisk.etc / "callengine_agents.conf").open("a") as settings:
                settings.write(REGISTRATION.format(provider=asterisk.trunk_port))
            asterisk.command_line("module reload res_pjsip_outbound_registration.so")
            await centre.until(lambda: trunks.registered.get("city"), seconds=SECONDS)
            assert (await scraped(centre))['callengine_trunk_registered{trunk="city"}'] == 1
            provider.accepts = False
            asterisk.command_line("pjsip send register city")
            await centre.until(lambda: trunks.registered.get("city") is False, seconds=SECONDS)
            assert (await scraped(centre))['callengine_trunk_registered{trunk="city"}'] == 0
            assert trunks.states["city"] == "away"
            # An engine that starts now learns it without any event.
            await centre.stop_engine()
            engine = await centre.start_engine()
            trunks = engine.pbx.trunks
            await centre.until(lambda: trunks.registered.get("city") is False, seconds=SECONDS)
            provider.accepts = True
            asterisk.command_line("pjsip send register city")
            await centre.until(lambda: trunks.registered.get("city"), seconds=SECONDS)
            assert trunks.states["city"] == "up"


async def test_a_trunk_without_registration_is_watched_by_its_qualify() -> None:
    async with live_centre(CentrePlan(agents=1)) as centre:
        asterisk, trunks = centre.asterisk, centre.engine.pbx.trunks
        assert trunks.reachable == {}, "without qualify Asterisk takes a trunk for alive: that is not known"
        assert set(trunks.states.values()) == {"unknown"}
        sip = asterisk.etc / "pjsip.conf"
        text = sip.read_text()
        assert text.count("qualify_frequency = 0") == 1
        sip.write_text(text.replace("qualify_frequency = 0", "qualify_frequency = 1\nqualify_timeout = 0.5"))
        asterisk.command_line("module reload res_pjsip.so")
        await centre.until(lambda: trunks.reachable.get("trunk") is False, seconds=SECONDS)
        figures = await scraped(centre)
        assert figures['callengine_trunk_reachable{trunk="trunk"}'] == 0
        assert figures["callengine_pbx_state_known"] == 1
        async with provider_at(asterisk.trunk_port):
            await centre.until(lambda: trunks.reachable.get("trunk"), seconds=SECONDS)
        await centre.until(lambda: trunks.reachable.get("trunk") is False, seconds=SECONDS)


async def test_the_lamp_goes_red_with_the_samples_own_settings() -> None:
    """It had qualify_frequency = 0, by which Asterisk takes every trunk for alive."""
    asked = SampleOptions(lines="").trunk_qualify_seconds
    assert asked > 0
    async with live_centre(CentrePlan(agents=1, trunk_qualify_seconds=asked)) as centre:
        trunks = centre.engine.pbx.trunks
        await centre.until(lambda: trunks.reachable.get("trunk") is False, seconds=SECONDS)
        assert (await scraped(centre))['callengine_trunk_reachable{trunk="trunk"}'] == 0
        assert trunks.states["trunk"] == "away"


async def test_nothing_is_said_of_trunks_while_the_pbx_is_away() -> None:
    async with live_centre(CentrePlan(agents=1)) as centre:
        trunks = centre.engine.pbx.trunks
        assert (await scraped(centre))["callengine_pbx_state_known"] == 1
        centre.asterisk.kill()
        await centre.until(lambda: not centre.engine.view().synced, seconds=SECONDS)
        figures = await scraped(centre)
        assert figures == {"callengine_pbx_state_known": 0}
        assert set(trunks.states.values()) == {"unknown"}
