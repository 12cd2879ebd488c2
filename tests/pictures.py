"""The documents' pictures: the wallboard, a month's report and pages of the desk, as Chromium shows them.

    python -m tests.pictures FOLDER [wallboard|report|desk ...]

Everything in them is made up and the same each time, but for what the pages themselves have become.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, expect

from callengine.platform.language import LANGUAGES, Language
from tests.support.browser import chromium
from tests.support.full_desk.desk import full_desk
from tests.support.full_desk.views import VIEWS
from tests.support.scripted_centre import ScriptedCentre, settings_of

_WALL = {"width": 1280, "height": 720}
"""The board is the same at any size of this shape, and smaller pictures are smaller files."""
_DESK = {"width": 1280, "height": 720}
DESK = {
    "ru": ("work", "floor", "company", "call-missed", "contacts", "house", "knowledge-found", "trail"),
    "en": ("work", "floor"),
}
"""By language: which of the desk's views."""
_PAPER = {"width": 860, "height": 1225}


async def take_wallboard(browser: Browser, folder: Path, language: Language) -> Path:
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


async def take_report(browser: Browser, folder: Path, language: Language) -> Path:
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


async def take_desk(browser: Browser, folder: Path, language: Language) -> Path:
    """Pages of a desk in the middle of a shift; returns the last picture."""
    picture = folder
    with tempfile.TemporaryDirectory(prefix="callengine-") as made:
        async with full_desk(Path(made), full=True) as desk:
            await desk.speak(language)
            for name in DESK[language]:
                (view,) = [one for one in VIEWS if one.name == name]
                async with desk.browser_of(browser, view.role, viewport=_DESK) as context:
                    page = await context.new_page()
                    await page.goto(desk.address + view.address(desk.house, language))
                    await page.evaluate("document.fonts.ready.then(() => true)")
                    picture = folder / f"desk-{name}-{language}.png"
                    await page.screenshot(path=picture)
                    await asyncio.to_thread(_make_smaller, picture)
    return picture


def _make_smaller(picture: Path) -> None:
    """A page has few colours."""
    with Image.open(picture) as whole:
        whole.convert("RGB").quantize(192).save(picture, optimize=True)


TAKERS = {"wallboard": take_wallboard, "report": take_report, "desk": take_desk}


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
