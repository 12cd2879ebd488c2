"""Every page of every role in a real Chromium: axe finds no fault, nothing is cut off, nobody reads a foreign word.

One browser and two desks serve all of it; roles are walked beside each other.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Browser, Page

from callengine.desk.people.rights import Role
from callengine.platform.language import Language
from tests.support.browser import chromium
from tests.support.full_desk.desk import SCREEN, FullDesk, full_desk
from tests.support.full_desk.views import VIEWS, View
from tests.support.looks import cut_off, faults_of

ZOOMED: Any = {"width": 683, "height": 384}
"""CSS pixels that are left of 1366 × 768 at 200 %."""
_ALL: dict[str, Any] = {"resultTypes": ["violations"]}
_COLOURS = {**_ALL, "runOnly": {"type": "rule", "values": ["color-contrast"]}}
_NO_COLOURS = {**_ALL, "rules": {"color-contrast": {"enabled": False}}}
_WORDS = {
    **_ALL,
    "runOnly": {
        "type": "rule",
        "values": ["document-title", "html-has-lang", "label", "button-name", "link-name", "empty-heading"],
    },
}
"""What another language can spoil."""


@pytest.mark.parametrize(("language", "full"), [("ru", True), ("en", True), ("ru", False)])
async def test_no_page_of_anybody_has_a_fault(tmp_path: Path, language: Language, full: bool) -> None:
    """Light, dark and at 200 % in Russian; in English what words can spoil; empty all but the colours again."""
    async with chromium() as browser, full_desk(tmp_path, full=full) as desk:
        await desk.speak(language)
        roles = dict.fromkeys(view.role for view in VIEWS)
        walks = [_walk(browser, desk, role, language, full) for role in roles]
        faults = [one for found in await asyncio.gather(*walks) for one in found]
    assert not faults, "\n".join(faults)


async def _walk(
    browser: Browser, desk: FullDesk, role: Role | None, language: Language, full: bool
) -> list[str]:
    faults = []
    async with desk.browser_of(browser, role) as context:
        await context.add_init_script(AXE_SCRIPT)
        page = await context.new_page()
        for view in VIEWS:
            if view.role is role and (full or not view.only_full):
                found = await _look(page, desk, view, language, full)
                faults += [f"{language} {view.name}: {one}" for one in found]
    return faults


async def _look(page: Page, desk: FullDesk, view: View, language: Language, full: bool) -> list[str]:
    await page.set_viewport_size(SCREEN)
    await page.emulate_media(color_scheme="light")
    await page.goto(desk.address + view.address(desk.house, language))
    whole = full and language == "ru"
    rules = _ALL if whole else _WORDS if full else _NO_COLOURS
    found = [*await _axe(page, rules), *await faults_of(page, "en" if view.is_technical else language)]
    if whole:
        await page.emulate_media(color_scheme="dark")
        found += [f"dark: {one}" for one in await _axe(page, _COLOURS)]
        await page.set_viewport_size(ZOOMED)
        found += [f"zoomed: {one}" for one in await cut_off(page)]
    return found


async def _axe(page: Page, options: dict[str, Any]) -> list[str]:
    told = await page.evaluate("options => axe.run(document, options)", options)
    return [f"{one['id']}: {node['html'][:200]}" for one in told["violations"] for node in one["nodes"]]
