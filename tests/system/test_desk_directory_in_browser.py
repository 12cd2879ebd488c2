"""The directory by keyboard in a real Chromium: found in the wrong layout, a form's errors, a file loaded."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from callengine.desk.directory.pages.desk import HOME
from tests.support.browser import chromium
from tests.support.desk_directory import one_home
from tests.support.desk_pages import PERSON
from tests.support.opened_directory import OpenedDirectory, opened_directory

CSV = (
    "Код;Улица;Дом;Кв;ФИО;Телефон\n"
    "1;ул. Ленина;5;12;Иванова Мария Петровна;89161234567\n"
    "2;ул. Мира;7;1;Петров;12345\n"
)


@asynccontextmanager
async def page_of(desk: OpenedDirectory, scheme: str) -> AsyncIterator[Page]:
    async with chromium() as browser:
        context = await browser.new_context(
            viewport={"width": 1366, "height": 768},
            locale="ru-RU",
            color_scheme="dark" if scheme == "dark" else "light",
            extra_http_headers={PERSON: "sever"},
        )
        page = await context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda problem: complaints.append(str(problem)))
        page.on(
            "console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None
        )
        try:
            yield page
            assert complaints == []
        finally:
            await context.close()


async def refuse_barriers(page: Page) -> None:
    found = await Axe().run(page)
    assert [
        (one["id"], [node["html"] for node in one["nodes"]]) for one in found.response["violations"]
    ] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_directory_by_keyboard(tmp_path: Path, scheme: str) -> None:
    async with opened_directory(tmp_path) as desk, page_of(desk, scheme) as page:
        async with desk.database.writing() as connection:
            await one_home(connection, "sever")
        await page.goto(desk.address + HOME)
        await refuse_barriers(page)
        await page.keyboard.press("KeyS")
        box = page.get_by_role("combobox")
        await expect(box).to_be_focused()
        await page.keyboard.type("ktybyf 5 12")
        first = page.get_by_role("option").first
        await expect(first).to_have_text("ул. Ленина, д. 5, кв. 12")
        await page.keyboard.press("ArrowDown")
        assert await box.get_attribute("aria-activedescendant") == await first.get_attribute("id")
        await expect(first).to_have_attribute("aria-selected", "true")
        await refuse_barriers(page)
        await page.keyboard.press("Escape")
        await expect(box).to_have_attribute("aria-expanded", "false")
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        await expect(page.locator("#found")).to_be_focused()
        await refuse_barriers(page)
        await page.get_by_role("link", name="Иванова Мария Петровна").click()
        await refuse_barriers(page)
        await page.keyboard.press("KeyE")
        await page.get_by_label("Телефоны").fill("123-45-67")
        await page.get_by_role("button", name="Сохранить").click()
        await expect(page.get_by_label("Телефоны")).to_have_value("123-45-67")
        await expect(page.locator("#phones-wrong")).to_contain_text("кода города")
        await refuse_barriers(page)


async def test_a_file_is_loaded_in_the_browser(tmp_path: Path) -> None:
    source = tmp_path / "жители.csv"
    source.write_bytes(CSV.encode("cp1251"))
    async with opened_directory(tmp_path) as desk, page_of(desk, "light") as page:
        await page.goto(f"{desk.address}{HOME}/loads")
        await refuse_barriers(page)
        await page.set_input_files("#file", str(source))
        await page.get_by_role("button", name="Отправить файл").click()
        await expect(page.locator("select[name=column_0]")).to_have_value("external_id")
        await expect(page.locator("select[name=column_4]")).to_have_value("name")
        await refuse_barriers(page)
        await page.get_by_role("button", name="Проверить", exact=True).click()
        await expect(page.locator("#faults")).to_be_visible()
        await refuse_barriers(page)
        await page.get_by_role("button", name="Загрузить", exact=True).click()
        await expect(page.locator("#counts")).to_have_text("Что изменилось")
        await page.goto(f"{desk.address}{HOME}?q=иванова")
        await expect(page.locator(".directory-hits a").first).to_have_text(
            "Иванова Мария Петровна — ул. Ленина, д. 5, кв. 12"
        )
