"""An article with a picture, in a real Chromium: uploaded beside what is typed, refused with its limit, seen."""

from __future__ import annotations

from pathlib import Path

from axe_playwright_python.async_playwright import Axe
from PIL import Image
from playwright.async_api import Page, expect

from callengine.desk.files.shelf import FileLimits
from tests.support.browser import chromium
from tests.support.desk_knowledge import knowledge
from tests.support.desk_pages import PERSON


async def refuse_barriers(page: Page) -> None:
    found = await Axe().run(page)
    assert [
        (one["id"], [node["html"] for node in one["nodes"]]) for one in found.response["violations"]
    ] == []


async def test_a_picture_goes_into_an_article_and_what_was_typed_stays(tmp_path: Path) -> None:
    plan, big, torn = (tmp_path / name for name in ("План подвала.png", "big.txt", "torn.png"))
    Image.new("RGB", (60, 40), "red").save(plan)
    big.write_bytes(b"a" * 1_100_000)
    torn.write_bytes(plan.read_bytes()[:60])
    limits = FileLimits(one_mb=1, free_mb=0)
    async with knowledge(tmp_path, limits=limits) as (address, _), chromium() as browser:
        context = await browser.new_context(locale="ru-RU", extra_http_headers={PERSON: "editor"})
        page = await context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda problem: complaints.append(str(problem)))
        page.on(
            "console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None
        )
        await page.goto(f"{address}/desk/knowledge/new")
        await page.fill("#title", "Вентили")
        await page.fill("#body", "Где: ")
        await page.focus("#body")
        await page.keyboard.press("End")
        for file, told in ((big, "больше 1 МБ"), (torn, "повреждён")):
            await page.set_input_files("#article-file", str(file))
            await page.locator("[data-upload]").click()
            await expect(page.locator("#article-file-said")).to_contain_text(told)
            await expect(page.locator("#body")).to_have_value("Где: ")
        await page.set_input_files("#article-file", str(plan))
        await page.locator("[data-upload]").click()
        await expect(page.locator("#body")).to_have_value("Где: ![План подвала.png](/desk/files/1)")
        shown = page.locator("#preview img")
        await expect(shown).to_be_visible()
        await expect(shown).to_have_js_property("naturalWidth", 60)
        await refuse_barriers(page)
        await page.select_option("#topic", "access")
        await page.select_option("#company", "sever")
        await page.get_by_role("button", name="опубликовать").click()
        await expect(page.locator(".prose img")).to_have_js_property("naturalWidth", 60)
        await page.goto(f"{address}/desk/knowledge/1/edit")
        await page.locator("[data-file] [data-remove]").click()
        await expect(page.locator("#article-file-said")).to_contain_text("ссылается")
        assert complaints == []
        await context.close()
