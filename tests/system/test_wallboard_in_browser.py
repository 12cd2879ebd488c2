"""The wallboard as a real Chromium shows it on a wall of 1920 × 1080."""

from __future__ import annotations

import asyncio
import re
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from callengine.access.gate import Gate
from callengine.access.sessions import Sessions
from callengine.access.tokens import Role, TokenFile
from callengine.wallboard.board import Links
from callengine.wallboard.page import Look
from callengine.wallboard.routes import BoardRoutes
from callengine.wallboard.stream import Drawn
from queues.journal import AgentState
from tests.pictures import take_wallboard
from tests.support.browser import chromium, wall
from tests.support.scripted_centre import ScriptedCentre, settings_of

PATIENCE = 30_000
"""Milliseconds that a browser on a busy machine gets."""
WORST_NAME = "Константинопольская-Задунайская"
SIZES = """
() => {
  const vmin = Math.min(innerWidth, innerHeight) / 100;
  const small = [], hidden = [], outside = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.data.trim(), element = walker.currentNode.parentElement;
    if (!text || element.closest(".said, nav, noscript, #no-data")) continue;
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    const box = range.getBoundingClientRect();
    if (!box.width) continue;
    const svg = element.closest("svg");
    const scale = svg ? element.getScreenCTM().a : 1;
    const size = parseFloat(getComputedStyle(element).fontSize) * scale / vmin;
    const wanted = element.closest(".digits") ? 20 : 5;
    if (size < wanted - 0.01) small.push(`${text}: ${size}`);
    if (box.right > innerWidth + 1 || box.bottom > innerHeight + 1 || box.left < -1) outside.push(text);
    const tile = element.closest(".tile");
    const mayBeCut = getComputedStyle(element).textOverflow === "ellipsis";
    if (tile && !mayBeCut) {
      const edge = tile.getBoundingClientRect();
      if (box.right > edge.right + 1 || box.bottom > edge.bottom + 6 * vmin / 10) hidden.push(text);
    }
  }
  return { small, hidden, outside, digits: document.querySelectorAll(".digits").length };
}
"""


@pytest.fixture
def centre(tmp_path: Path) -> ScriptedCentre:
    centre = ScriptedCentre(settings_of(tmp_path, "ru"))
    centre.live_through()
    centre.people()
    centre.call("w0", 7)
    return centre


@asynccontextmanager
async def shown(centre: ScriptedCentre, path: str = "/wallboard") -> AsyncIterator[tuple[Page, BoardRoutes]]:
    async with chromium() as browser, centre.served() as (url, _, routes), wall(browser) as page:
        page.set_default_timeout(PATIENCE)
        await page.goto(url + path)
        async with asyncio.timeout(PATIENCE / 1000):
            while not len(routes.viewers):
                await asyncio.sleep(0.02)
        yield page, routes


async def never_drawn(looks: tuple[Look, ...]) -> dict[Look, Drawn]:
    del looks
    await asyncio.Event().wait()
    raise AssertionError


async def violations(page: Page) -> list[str]:
    found = await Axe().run(page)
    assert len(found.response["passes"]) > 10, "axe has looked at nothing"
    return [f"{one['id']}: {node['html']}" for one in found.response["violations"] for node in one["nodes"]]


async def test_it_is_legible_from_five_metres_and_nothing_is_cut_off(centre: ScriptedCentre) -> None:
    async with shown(centre) as (page, _):
        for state in ("a plain day", "a bad one"):
            if state == "a bad one":
                for number in range(14):
                    centre.rename_agent(
                        number, name=WORST_NAME, state=AgentState.PAUSED, pause_reason="обед и перерыв"
                    )
                for number in range(20):
                    centre.call(f"late{number}", 660)
                centre.links = Links(pbx=True, trunks=(True, False))
                await expect(page.locator("#longest .digits")).to_have_text("11\u00a0м", timeout=PATIENCE)
            sizes: dict[str, Any] = await page.evaluate(SIZES)
            assert sizes == {"small": [], "hidden": [], "outside": [], "digits": 5}, state


async def test_a_change_is_seen_within_a_second_without_the_page_losing_its_place(
    centre: ScriptedCentre,
) -> None:
    async with shown(centre) as (page, _):
        await expect(page.locator("#waiting .digits")).to_have_text("1", timeout=PATIENCE)
        await page.locator("summary").focus()
        before = await page.locator("#waiting .digits").element_handle()
        assert before is not None
        await page.evaluate(
            "() => { window.seen = new Promise(done => new MutationObserver(() => done(performance.timeOrigin "
            "+ performance.now())).observe(document.querySelector('#waiting .digits'), "
            "{characterData: true, childList: true, subtree: true})); }"
        )
        changed_at = await page.evaluate("performance.timeOrigin + performance.now()")
        centre.call("w1", 3)
        took = (await page.evaluate("window.seen") - changed_at) / 1000
        await expect(page.locator("#waiting .digits")).to_have_text("2", timeout=PATIENCE)
        assert took < 5  # A busy machine; on an idle one 0.5 s at most.
        assert await before.evaluate("one => one.isConnected")
        assert await page.evaluate("document.activeElement.tagName") == "SUMMARY"


async def test_old_data_greys_the_whole_board_out_and_says_so(tmp_path: Path) -> None:
    centre = ScriptedCentre(settings_of(tmp_path, "ru", extra="[wallboard]\nstale_seconds = 2\n"))
    centre.people()
    async with shown(centre) as (page, routes):
        await expect(page.locator("#age")).to_have_text(re.compile(r"обновлено \d с назад"), timeout=PATIENCE)
        await expect(page.locator("#no-data")).to_be_hidden(timeout=PATIENCE)
        centre.links = Links(pbx=False)
        await asyncio.sleep(0)
        centre.now += timedelta(seconds=30)
        await expect(page.locator("#no-data")).to_have_text("НЕТ ДАННЫХ", timeout=PATIENCE)
        await expect(page.locator("#no-data")).to_be_visible(timeout=PATIENCE)
        assert "grayscale" in await page.locator("main").evaluate("one => getComputedStyle(one).filter")
        centre.links = Links(pbx=True)
        await expect(page.locator("#no-data")).to_be_hidden(timeout=PATIENCE)
        # Now the engine hangs: nothing comes any more, and the browser itself must notice.
        routes.viewers._draw = never_drawn
        await expect(page.locator("#no-data")).to_be_visible(timeout=PATIENCE)


async def test_another_version_of_the_page_is_loaded_by_itself(centre: ScriptedCentre) -> None:
    async with shown(centre) as (page, routes):
        async with page.expect_event("load", timeout=PATIENCE):
            for viewer in routes.viewers._viewers:
                viewer._version = "newer"
        await expect(page.locator("#waiting .digits")).to_have_text("1", timeout=PATIENCE)


@pytest.mark.parametrize("language", ["ru", "en"])
async def test_axe_finds_nothing_in_any_state_and_a_keyboard_is_enough(
    centre: ScriptedCentre, language: str
) -> None:
    async with shown(centre, f"/wallboard?lang={language}") as (page, _):
        assert await page.locator("html").get_attribute("lang") == language
        assert await violations(page) == []
        for number in range(9):
            centre.call(f"late{number}", 400)
        await expect(page.locator("#longest .tile")).to_have_class("tile tone-alarm", timeout=PATIENCE)
        told = {
            "ru": "Внимание: житель ждёт дольше 5:00",
            "en": "Attention: a resident has waited longer than 5:00",
        }
        await expect(page.locator("#alarm")).to_have_text(told[language], timeout=PATIENCE)
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.locator("nav")).to_be_visible(timeout=PATIENCE)
        assert await violations(page) == []
        for _ in range(2):
            await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**company=c0**", timeout=PATIENCE)
        await expect(page.locator("h1")).to_have_text("УК Север", timeout=PATIENCE)


async def test_a_browser_signs_in_by_the_form_and_names_stay_text(
    centre: ScriptedCentre, tmp_path: Path
) -> None:
    tokens = TokenFile(tmp_path / "tokens")
    token = tokens.add("tv", Role.WALLBOARD, centre.now)
    sessions = Sessions(b"k" * 32, timedelta(days=1))
    gate = Gate(tokens, sessions, wanted=True, https=False, language="ru", now=lambda: centre.now)
    centre.rename_agent(0, name="<b id=evil>Ж</b>")
    async with chromium() as browser, centre.served(gate=gate) as (url, _, _):
        page = await browser.new_page()
        page.set_default_timeout(PATIENCE)
        refused = await page.goto(url + "/wallboard?queue=general")
        assert refused is not None
        assert refused.status == 401
        assert await violations(page) == []
        await page.get_by_label("Ключ доступа").fill("cet_wrong")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_be_visible(timeout=PATIENCE)
        await page.get_by_label("Ключ доступа").fill(token)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/wallboard?queue=general", timeout=PATIENCE)
        await expect(page.locator("#agents .name").first).to_contain_text("<b id=evil>", timeout=PATIENCE)
        assert await page.locator("#evil").count() == 0
        assert "callengine" not in await page.evaluate("document.cookie")
        centre.view = replace(centre.view, calls=())
        tokens.revoke("tv")
        again = await page.reload()
        assert again is not None
        assert again.status == 401


async def test_the_readmes_pictures_are_taken_from_the_page_itself(tmp_path: Path) -> None:
    async with chromium() as browser:
        picture = (await take_wallboard(browser, tmp_path, "en")).read_bytes()
    shown = Path("docs/pictures/wallboard-en.png").read_bytes()
    for one in (picture, shown):
        assert one.startswith(b"\x89PNG")
        assert struct.unpack(">II", one[16:24]) == (1280, 720)
        assert 30_000 < len(one) < 300_000
