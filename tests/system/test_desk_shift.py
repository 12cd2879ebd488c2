"""An agent's shift at `callengine desk` beside a real engine, Asterisk and SIP phones: everything by keyboard.

The desk is killed with -9 in the middle of a note, then the engine; not a letter is lost.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Page, expect

from callengine.demo.centre import CentrePlan
from callengine.demo.reserved_ports import ReservedPorts
from tests.support.browser import chromium
from tests.support.desk_pages import desk_database
from tests.support.known_callers import SINGLE, known_callers
from tests.support.live_centre import LiveCentre, live_centre
from tests.system.test_desk_process import SOON, Desk, a_desk, until_ready

PATIENCE = 60_000
PASSWORD = "вишня растёт у окна"


async def link_for_agent(settings: Path, environment: dict[str, str]) -> str:
    """As an administrator makes the first account, beside the running desk."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "callengine", "desk", "--config", str(settings)),
        *("account", "add", "ivanova", "--role", "agent", "--agent", "1001", "--full-name", "Иванова"),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    found = re.search(rb"http\S+/desk/set-password/\S+", out)
    assert found is not None, (out, err)
    return found[0].decode()


@asynccontextmanager
async def signed_in(settings: Path, environment: dict[str, str]) -> AsyncIterator[Page]:
    """A browser of the agent, who has just set his password, on his page."""
    link = await link_for_agent(settings, environment)
    async with chromium() as browser:
        context = await browser.new_context(viewport={"width": 1366, "height": 768}, locale="ru-RU")
        page = await context.new_page()
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        await page.goto(link)
        await page.keyboard.type(PASSWORD)
        await page.keyboard.press("Tab")
        await page.keyboard.type(PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_url(re.compile("(?<!set-password)/[^/]*$"))
        await page.goto(link.partition("/desk/")[0] + "/desk/sign-in")
        if await page.locator("input[name=password]").count():
            await page.keyboard.type("ivanova")
            await page.keyboard.press("Tab")
            await page.keyboard.type(PASSWORD)
            await page.keyboard.press("Enter")
            await page.wait_for_url(re.compile("/desk/(work|me)?$"))
        await page.goto(link.partition("/desk/")[0] + "/desk/work")
        try:
            yield page
        finally:
            await context.close()


async def rings(centre: LiveCentre, number: str) -> None:
    """A resident calls and hears the agent."""
    resident = centre.phones.resident(number)
    await resident.call()
    await resident.wait_for(lambda one: one.heard_at is not None, seconds=SOON)


async def test_a_shift_by_keyboard_while_the_desk_and_the_engine_are_killed() -> None:
    ports = ReservedPorts(1)
    try:
        async with live_centre(CentrePlan(agents=1, wrap_up=0), engine=False) as centre:
            await _a_shift(centre, ports.one())
    finally:
        ports.release()


async def _a_shift(centre: LiveCentre, port: int) -> None:
    settings = centre.folder / "callengine.toml"
    database = f"sqlite:///{centre.folder}/desk.db"
    places = {"CALLENGINE_DESK__DATABASE": database, "CALLENGINE_DESK__PORT": str(port)}
    await centre.start_engine()
    await centre.phones.add_agents(1)
    await centre.until(lambda: centre.free_agents() == 1)
    async with desk_database(database) as made:
        await known_callers(made, "zarya")
    async with a_desk(settings, **places) as desk:
        await until_ready(desk, True, SOON)
        async with signed_in(settings, environment_with(places)) as page:
            await expect(page.locator("#state")).to_contain_text("Готов")
            # Each key does what the phone's code does, and the page shows what the engine made of it.
            for key, state in (
                ("KeyP", "Пауза"),
                ("KeyR", "Готов"),
                ("KeyL", "Не в смене"),
                ("KeyL", "Готов"),
            ):
                await page.keyboard.press(key)
                await expect(page.locator("#state strong")).to_contain_text(state)
            await rings(centre, SINGLE)
            await expect(page.locator("#pop")).to_contain_text("кв.\u00a01")
            await expect(page.locator("#state")).to_contain_text("Разговор")
            await expect(page.locator("#place-text")).to_have_value(re.compile("Ленина.*кв. 1"))
            await page.keyboard.press("KeyN")
            await page.keyboard.type("Нет воды")
            await killed(desk)
            await page.keyboard.type(" на кухне")
            await expect(page.locator("#desk-away")).to_be_visible()
            await expect(page.locator("#kept")).to_have_text("Пока только в этом браузере")
            await page.keyboard.type(" и в ванной")
            async with a_desk(settings, **places):
                await expect(page.locator("#kept")).to_have_text("Сохранено")
                await expect(page.locator("#desk-away")).to_be_hidden()
                await expect(page.locator("#note")).to_have_value("Нет воды на кухне и в ванной")
                await centre.stop_engine()
                await expect(page.locator("#engine")).to_contain_text("Телефония не отвечает")
                await page.keyboard.type(", второй день")
                await expect(page.locator("#kept")).to_have_text("Сохранено")
                await page.reload()
                await expect(page.locator("#unfinished li")).to_have_count(1)
                await page.locator("#unfinished a").press("Enter")
                note = "Нет воды на кухне и в ванной, второй день"
                await expect(page.locator("#note")).to_have_value(note)
                await page.locator("#topic").focus()
                await page.keyboard.press("ArrowDown")
                await page.keyboard.press("Control+Enter")
                await expect(page.locator("#unfinished")).to_contain_text("Все карточки закрыты")
                await expect(page.locator("#today")).to_contain_text("Водоснабжение")


def environment_with(places: dict[str, str]) -> dict[str, str]:
    """For a command beside the desk."""
    return {**os.environ, **places}


async def killed(desk: Desk) -> None:
    """As by kill -9."""
    desk.process.kill()
    await desk.process.wait()
