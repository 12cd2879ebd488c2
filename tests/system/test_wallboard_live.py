"""A real call on a real Asterisk, seen on the wall by a real browser that signed in over the network."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import expect

from callengine.demo.centre import CentrePlan
from callengine.http.auth.tokens import Role, TokenFile
from callengine.platform.clock import SystemClock
from tests.support.browser import chromium, wall
from tests.support.live_centre import live_centre

PATIENCE = 30_000


async def test_a_call_is_seen_waiting_answered_and_counted_and_prometheus_needs_its_token(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = TokenFile(tmp_path / "tokens")
    now = SystemClock().now()
    wall_token, scrape_token = file.add("tv", Role.WALLBOARD, now), file.add("prom", Role.METRICS, now)
    monkeypatch.setenv("CALLENGINE_HTTP__TOKENS_FILE", str(file.path))
    monkeypatch.setenv("CALLENGINE_HTTP__SIGN_IN", "always")
    async with live_centre(CentrePlan(agents=2)) as centre, chromium() as browser, wall(browser) as page:
        page.set_default_timeout(PATIENCE)
        url = f"http://127.0.0.1:{centre.engine.http.port}"
        async with aiohttp.ClientSession(url) as prometheus:
            async with prometheus.get("/metrics") as answer:
                assert answer.status == 401
            header = {"Authorization": f"Bearer {scrape_token}"}
            async with prometheus.get("/metrics", headers=header) as answer:
                assert "callengine_calls_offered_total" in await answer.text()
        await page.goto(f"{url}/sign-in")
        await page.get_by_label("Ключ доступа").fill(wall_token)
        await page.keyboard.press("Enter")
        await expect(page.locator("#links")).to_contain_text("АТС", timeout=PATIENCE)
        resident = centre.phones.resident("79161234567")
        calling = asyncio.create_task(resident.call())
        await expect(page.locator("#waiting .digits")).to_have_text("1", timeout=PATIENCE)
        await expect(page.locator("#agents .tile")).to_have_class(re.compile("tone-bad"), timeout=PATIENCE)
        await calling
        await centre.phones.add_agents(1)
        await expect(page.locator("#agents .word").first).to_have_text("говорит", timeout=PATIENCE)
        await expect(page.locator("#waiting .digits")).to_have_text("0", timeout=PATIENCE)
        await expect(page.locator("#level .facts li").first).to_have_text("мало: n = 1", timeout=PATIENCE)
        await resident.hang_up()
        await expect(page.locator("#agents .word").first).not_to_have_text("говорит", timeout=PATIENCE)
        assert (await page.request.get(f"{url}/api/v1/callbacks")).status == 403
        loop = asyncio.get_running_loop()
        began = loop.time()
        await centre.engine.http.stop()
        assert (
            loop.time() - began < 10
        )  # An open board must not hold a restart up: aiohttp would wait a minute.
