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

from callengine.http.auth.middleware import Gate
from callengine.http.auth.sessions import Sessions
from callengine.http.auth.tokens import Role, TokenFile
from callengine.wallboard.board import Links
from callengine.wallboard.page import Look
from callengine.wallboard.routes import BoardRoutes
from callengine.wallboard.sse import Drawn
from queues.messages.journal import AgentState
from tests.pictures import take_wallboard
from tests.support.browser import chromium, wall
from tests.support.scripted_centre import ScriptedCentre, settings_of

PATIENCE = 30_000
"""Milliseconds that a browser on a busy machine gets."""
WORST_NAME = "Константинопольская-Задунайская"
SIZES = """
() => {
  const unit = parseFloat(getComputedStyle(document.documentElement).fontSize) / 10;
  const small = [], hidden = [], outside = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.data.trim(), element = walker.currentNode.parentElement;
    if (!text || element.closest(".said, nav, noscript, #no-data")) continue;
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    const mayBeCut = getComputedStyle(element).textOverflow === "ellipsis";
    const box = (mayBeCut ? element : range).getBoundingClientRect();
    if (!box.width) continue;
    const svg = element.closest("svg");
    const scale = svg ? element.getScreenCTM().a : 1;
    const size = parseFloat(getComputedStyle(element).fontSize) * scale / unit;
    const wanted = element.closest(".digits") ? 20 : 5;
    if (size < wanted - 0.01) small.push(`${text}: ${size}`);
    if (box.right > innerWidth + 1 || box.bottom > innerHeight + 1 || box.left < -1) outside.push(text);
    if (svg) {
      const picture = svg.getBoundingClientRect();
      if (box.left < picture.left - 1 || box.right > picture.right + 1) hidden.push(text);
    }
    const tile = element.closest(".tile");
    if (tile && !mayBeCut) {
      const edge = tile.getBoundingClientRect();
      if (box.right > edge.right + 1 || box.bottom > edge.bottom + 6 * unit / 10) hidden.push(text);
    }
  }
  for (const tile of document.querySelectorAll(".tile")) {
    const edge = tile.getBoundingClientRect();
    if (tile.scrollHeight > tile.clientHeight + 1 || edge.bottom > innerHeight || edge.right > innerWidth) {
      hidden.push(`a tile of ${tile.parentElement.id}: ${tile.scrollHeight} in ${tile.clientHeight}`);
    }
  }
  return { unit, small, hidden, outside, digits: document.querySelectorAll(".digits").length };
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


SHAPES = {
    "16:9": (1920, 1080),
    "16:10": (1920, 1200),
    "3:2": (1500, 1000),
    "4:3": (1024, 768),
    "5:4": (1280, 1024),
    "portrait 9:16": (1080, 1920),
    "portrait 10:16": (1200, 1920),
    "portrait 3:4": (768, 1024),
    "21:9": (2560, 1080),
}
"""Walls that a board may hang on."""
SIDEWAYS = """
() => [0, 1, 2, 3].map(shift => {
  for (const hour of [1, 2, 3]) document.body.classList.toggle("shift-" + hour, hour === shift);
  const { scrollWidth, scrollHeight } = document.scrollingElement;
  const { right, bottom } = document.body.getBoundingClientRect();
  return [scrollWidth - innerWidth, scrollHeight - innerHeight, right > innerWidth, bottom > innerHeight];
})
"""
"""How far the page may be scrolled, in each of its places against burn-in."""


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("state", ["empty", "a plain day", "a bad one"])
async def test_every_shape_of_screen_shows_every_tile_whole_and_scrolls_nowhere(
    tmp_path: Path, state: str, language: str
) -> None:
    centre = ScriptedCentre(settings_of(tmp_path, language))
    if state == "empty":
        centre.people(waiting=0, owed=(), tasks=0)
        centre.view = replace(centre.view, agents=())
    else:
        centre.live_through()
        centre.people()
        centre.call("w0", 7)
    if state == "a bad one":
        for number in range(14):
            centre.rename_agent(
                number, name=WORST_NAME, state=AgentState.PAUSED, pause_reason="обед и перерыв"
            )
        for number in range(20):
            centre.call(f"late{number}", 660)
        centre.links = Links(pbx=True, trunks=(True, False), unlisted=("7495123456789012345", "s", "1"))
    waiting = {"empty": "0", "a plain day": "1", "a bad one": "21"}[state]
    async with shown(centre, f"/wallboard?lang={language}") as (page, _):
        await expect(page.locator("#waiting .digits")).to_have_text(waiting, timeout=PATIENCE)
        await page.evaluate("document.fonts.ready.then(() => true)")
        for shape, (width, height) in SHAPES.items():
            await page.set_viewport_size({"width": width, "height": height})
            sizes: dict[str, Any] = await page.evaluate(SIZES)
            unit = sizes.pop("unit")
            assert sizes == {"small": [], "hidden": [], "outside": [], "digits": 5}, shape
            assert await page.evaluate(SIDEWAYS) == [[0, 0, False, False]] * 4, shape
            # Text is five units: five hundredths of the height on 16:9, at least three of the shorter side elsewhere.
            assert 5 * unit >= (0.0498 if width * 9 >= height * 16 else 0.031) * min(width, height), shape
            labels = await page.locator("#strip text[text-anchor=middle]").all_inner_texts()
            assert len(labels) == 4, shape


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
