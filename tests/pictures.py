"""README's pictures: the wallboard of a scripted centre and a month's report, as Chromium shows them.

    python -m tests.pictures FOLDER [wallboard|report ...]

Everything in them is made up and the same each time, but for what the pages themselves have become.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser, expect

from tests.support.browser import chromium
from tests.support.scripted_centre import ScriptedCentre, settings_of

LANGUAGES = ("ru", "en")
_WALL = {"width": 1280, "height": 720}
"""The board is the same at any size of this shape, and smaller pictures are smaller files."""
_PAPER = {"width": 860, "height": 1225}


async def take_wallboard(browser: Browser, folder: Path, language: str) -> Path:
    """The board in the middle of a day; returns the picture."""
    with tempfile.TemporaryDirectory() as settings:
        centre = ScriptedCentre(settings_of(Path(settings), language))
        centre.live_through()
        centre.people()
        centre.call("w0", 7)
        async with centre.served() as (url, _, _):
            page = await browser.new_page(viewport=_WALL)
            await page.goto(f"{url}/wallboard")
            await expect(page.locator("#waiting .digits")).to_have_text("1", timeout=30_000)
            await page.evaluate("document.fonts.ready.then(() => true)")
            picture = folder / f"wallboard-{language}.png"
            await page.screenshot(path=picture)
            await page.close()
    return picture


async def take_report(browser: Browser, folder: Path, language: str) -> Path:
    """The first page of a month's report; returns the picture."""
    with tempfile.TemporaryDirectory() as made:
        command = [sys.executable, "-m", "tests.support.month_report", made, "--language", language]
        await asyncio.to_thread(subprocess.run, command, check=True)
        page = await browser.new_page(viewport=_PAPER)
        await page.goto((Path(made) / f"month-{language}.html").as_uri())
        picture = folder / f"month-{language}.png"
        await page.screenshot(path=picture)
        await page.close()
    return picture


TAKERS = {"wallboard": take_wallboard, "report": take_report}


async def take_all(folder: Path, names: list[str]) -> None:
    """Take the pictures of these names in both languages."""
    folder.mkdir(parents=True, exist_ok=True)
    async with chromium() as browser:
        for name in names:
            for language in LANGUAGES:
                picture = await TAKERS[name](browser, folder, language)
                print(f"{picture}: {picture.stat().st_size // 1024} kB")


if __name__ == "__main__":
    asyncio.run(take_all(Path(sys.argv[1]), sys.argv[2:] or list(TAKERS)))
