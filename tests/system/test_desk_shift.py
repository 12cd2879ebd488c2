"""An agent's shift at `callengine desk` beside a real engine, Asterisk and SIP phones: everything by keyboard.

A supervisor orders on the floor while a company watches its own call. Then the desk is killed with -9 in the middle of
a note, and the engine; not a letter is lost.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, expect
from sqlalchemy import select

from callengine.demo.centre import CentrePlan
from callengine.demo.phones.resident import Resident
from callengine.demo.reserved_ports import ReservedPorts
from callengine.desk.cards.tables import cards
from tests.support.browser import chromium
from tests.support.desk_pages import desk_database
from tests.support.known_callers import SINGLE, known_callers
from tests.support.live_centre import LiveCentre, live_centre
from tests.system.test_desk_process import SOON, Desk, a_desk, until_ready

PATIENCE = 60_000
PASSWORD = "вишня растёт у окна"
OURS, THEIRS, UNSEEN = "79160000031", "79160000042", "79160000053"


AGENT = ("ivanova", "--role", "agent", "--agent", "1001", "--full-name", "Иванова")
BOSS = ("boss", "--role", "supervisor", "--full-name", "Старшая смены")
COMPANY = ("zarya", "--role", "company", "--company", "zarya", "--full-name", "УК Заря")


async def link_for(settings: Path, environment: dict[str, str], account: tuple[str, ...]) -> str:
    """As an administrator makes an account, beside the running desk."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "callengine", "desk", "--config", str(settings)),
        *("account", "add", *account),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    found = re.search(rb"http\S+/desk/set-password/\S+", out)
    assert found is not None, (out, err)
    return found[0].decode()


@asynccontextmanager
async def signed_in(browser: Browser, link: str, name: str, begins_at: str) -> AsyncIterator[Page]:
    """A browser of somebody who has just set his password, on the page that he begins at."""
    context = await browser.new_context(viewport={"width": 1366, "height": 768}, locale="ru-RU")
    page = await context.new_page()
    page.set_default_timeout(PATIENCE)
    await page.goto(link)
    await expect(page.locator("#password")).to_be_focused()
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile("(?<!set-password)/[^/]*$"))
    desk = link.partition("/desk/")[0]
    await page.goto(f"{desk}/desk/sign-in")
    if await page.locator("input[name=password]").count():
        await expect(page.locator("#name")).to_be_focused()
        await page.keyboard.type(name)
        await page.keyboard.press("Tab")
        await page.keyboard.type(PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_url(re.compile("/desk/(work|floor|company|me)?$"))
    await page.goto(f"{desk}{begins_at}")
    try:
        yield page
    finally:
        await context.close()


async def rings(centre: LiveCentre, number: str) -> None:
    """A resident calls and hears the agent."""
    resident = centre.phones.resident(number)
    await resident.call()
    await heard(resident)


async def heard(resident: Resident) -> None:
    """He hears an agent."""
    await resident.wait_for(lambda one: one.heard_at is not None, seconds=SOON)


async def test_a_shift_by_keyboard_while_the_desk_and_the_engine_are_killed() -> None:
    ports = ReservedPorts(1)
    try:
        plan = CentrePlan(
            agents=2,
            wrap_up=0,
            companies=(("zarya", "УК Заря"), ("sever", "УК Север")),
            agent_queues=(("emergency", "general"), ("emergency",)),
        )
        async with live_centre(plan, engine=False) as centre:
            await _a_shift(centre, ports.one())
    finally:
        ports.release()


async def _a_shift(centre: LiveCentre, port: int) -> None:
    settings = centre.folder / "callengine.toml"
    database = f"sqlite:///{centre.folder}/desk.db"
    places = {"CALLENGINE_DESK__DATABASE": database, "CALLENGINE_DESK__PORT": str(port)}
    await centre.start_engine()
    await centre.phones.add_agents(2)
    await centre.until(lambda: centre.free_agents() == 2)
    async with desk_database(database) as made:
        await known_callers(made, "zarya")
    async with a_desk(settings, **places) as desk:
        await until_ready(desk, True, SOON)
        environment = environment_with(places)
        link = await link_for(settings, environment, AGENT)
        async with chromium() as browser, signed_in(browser, link, "ivanova", "/desk/work") as page:
            expect.set_options(timeout=PATIENCE)
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
            boss = await link_for(settings, environment, BOSS)
            company = await link_for(settings, environment, COMPANY)
            async with (
                signed_in(browser, boss, "boss", "/desk/floor") as floor,
                signed_in(browser, company, "zarya", "/desk/company") as own,
            ):
                await _on_the_floor(centre, floor, own, page)
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
            unseen = centre.phones.resident(UNSEEN, centre.plan.dids("zarya")[1])
            await unseen.call()
            await heard(unseen)
            await unseen.hang_up()
            async with a_desk(settings, **places):
                await until_carded(database, UNSEEN, "1002")
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


async def _on_the_floor(centre: LiveCentre, floor: Page, own: Page, agent: Page) -> None:
    """A supervisor pauses the agent, raises one caller, gives the other away; the company sees its own only."""
    await expect(floor.locator("#agents")).to_contain_text("Agent 1001")
    await expect(own.locator("#now")).to_contain_text("готовых принять ваш звонок: 2")
    await ordered(floor, floor.get_by_role("link", name="Agent 1001"), "обед", None)
    await expect(floor.locator("#agents tr", has_text="Agent 1001")).to_contain_text("пауза")
    await expect(agent.locator("#state strong")).to_contain_text("Пауза: обед")
    ours, theirs = centre.phones.resident(OURS), centre.phones.resident(THEIRS, centre.plan.dids("sever")[0])
    await ours.call()
    await expect(floor.locator("#waiting tbody tr")).to_have_count(1)
    await theirs.call()
    waiting = floor.locator("#waiting tbody tr")
    await expect(waiting).to_have_count(2)
    await expect(floor.locator("#queues tr", has_text="общая")).to_contain_text("2")
    await expect(own.locator("#now")).to_contain_text(f"…{OURS[-2:]}")
    await expect(own.locator("#now h3").first).to_have_text("Ждут · 1")
    await ordered(floor, waiting.nth(1).get_by_role("link"), "аварийный", "call_raise")
    await expect(waiting.nth(0)).to_contain_text(f"…{THEIRS[-2:]}")
    await ordered(floor, waiting.nth(1).get_by_role("link"), "знает дом", "call_give", "1002")
    await heard(ours)
    await expect(floor.locator("#agents tr", has_text="Agent 1002")).to_contain_text("УК Заря")
    await expect(own.locator("#now")).to_contain_text("Agent 1002")
    await expect(own.locator("#now h3").first).to_have_text("Ждут · 0")
    await ordered(floor, floor.get_by_role("link", name="Agent 1001"), "звонок ждёт", None)
    await heard(theirs)
    await expect(floor.locator("#agents tr", has_text="Agent 1001")).to_contain_text("УК Север")
    seen = await own.locator("body").inner_text()
    assert not any(theirs in seen for theirs in ("УК Север", "Agent 1001", f"…{THEIRS[-2:]}")), seen
    await ours.hang_up()
    await theirs.hang_up()
    await expect(own.locator("#now")).to_contain_text("Разговоров с вашими жителями нет")
    await expect(agent.locator("#topic")).to_be_visible()
    await agent.locator("#topic").focus()
    await agent.keyboard.press("ArrowDown")
    await agent.keyboard.press("Control+Enter")
    await expect(agent.locator("#unfinished")).to_contain_text("Все карточки закрыты")
    # What the stream has brought: a page that was only drawn would not be shown the next offer.
    await expect(agent.locator("#state")).to_have_attribute("data-html", re.compile("Готов"))


async def ordered(floor: Page, link: Locator, reason: str, kind: str | None, agent: str = "") -> None:
    """By keyboard, from the floor and back to it; None: what Enter does in the field. The engine has done it."""
    await link.focus()
    await floor.keyboard.press("Enter")
    await expect(floor.locator("#reason")).to_be_focused()
    await floor.keyboard.type(reason)
    if agent:
        await floor.locator("#agent").select_option(agent)
    if kind is None:
        await floor.keyboard.press("Enter")
    else:
        await floor.locator(f"button[value={kind}]").press("Enter")
    first = floor.locator("#orders li").first
    await expect(first).to_contain_text(reason)
    await expect(first).to_contain_text("выполнено")


async def until_carded(database: str, number: str, agent: str) -> None:
    """The desk has a card of this agent's for this number; it has ended, and is not closed."""
    of = cards.c
    asked = select(of.call).where(
        of.number == f"+{number}", of.agent == agent, of.ended_at.is_not(None), of.closed_at.is_(None)
    )
    async with desk_database(database) as opened, asyncio.timeout(SOON):
        while True:
            async with opened.reading() as connection:
                if (await connection.execute(asked)).first() is not None:
                    return
            await asyncio.sleep(0.1)


def environment_with(places: dict[str, str]) -> dict[str, str]:
    """For a command beside the desk."""
    return {**os.environ, **places}


async def killed(desk: Desk) -> None:
    """As by kill -9."""
    desk.process.kill()
    await desk.process.wait()
