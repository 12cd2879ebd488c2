"""Photographs every page of the desk, to be looked at by people: `python -m tests.album FOLDER [NAME …]`.

Each page as a file LOOK-NAME.png; what does not fit its window is told.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.async_api import Browser

from callengine.platform.language import Language
from tests.support.browser import chromium
from tests.support.full_desk.desk import SCREEN, FullDesk, full_desk
from tests.support.full_desk.views import VIEWS
from tests.support.looks import faults_of

ZOOMED = {"width": 683, "height": 384}
"""CSS pixels that are left of 1366 × 768 at 200 %."""
_TALLEST = 2400
LOOKS: Mapping[str, tuple[bool, Language, Mapping[str, Any]]] = {
    "ru": (True, "ru", {"viewport": SCREEN}),
    "en": (True, "en", {"viewport": SCREEN}),
    "dark": (True, "ru", {"viewport": SCREEN, "color_scheme": "dark"}),
    "zoom": (True, "ru", {"viewport": ZOOMED}),
    "empty": (False, "ru", {"viewport": SCREEN}),
    "empty-en": (False, "en", {"viewport": SCREEN}),
}
"""Whether the desk is full, the language, the browser's window."""


async def take_all(folder: Path, names: list[str]) -> None:
    """All looks of all pages, or of these."""
    folder.mkdir(parents=True, exist_ok=True)
    async with chromium() as browser:
        for full in (True, False):
            with tempfile.TemporaryDirectory(prefix="callengine-album-") as made:
                async with full_desk(Path(made), full=full) as desk:
                    for look, (wants_full, language, context) in LOOKS.items():
                        if wants_full is full:
                            await desk.speak(language)
                            await _take(browser, desk, folder, look, language, context, names, full)


async def _take(
    browser: Browser,
    desk: FullDesk,
    folder: Path,
    look: str,
    language: Language,
    context: Mapping[str, Any],
    names: list[str],
    full: bool,
) -> None:
    for role in {view.role: None for view in VIEWS}:
        async with desk.browser_of(browser, role, **context) as window:
            page = await window.new_page()
            for view in VIEWS:
                if (
                    view.role is not role
                    or (view.only_full and not full)
                    or (names and view.name not in names)
                ):
                    continue
                await page.goto(desk.address + view.address(desk.house, language))
                await page.wait_for_timeout(150)
                for fault in await faults_of(page, language):
                    print(f"{look} {view.name}: {fault}")
                height = min(await page.evaluate("document.scrollingElement.scrollHeight"), _TALLEST)
                clip = {"x": 0, "y": 0, "width": context["viewport"]["width"], "height": height}
                await page.screenshot(path=folder / f"{look}-{view.name}.png", full_page=True, clip=clip)


if __name__ == "__main__":
    asyncio.run(take_all(Path(sys.argv[1]), sys.argv[2:]))
