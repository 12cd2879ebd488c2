"""The agent's page in a real Chromium, on a centre whose engine the test plays."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect
from sqlalchemy import select

from callengine.control import live_messages as live
from callengine.desk.knowledge.commands import publish, save
from callengine.desk.knowledge.records import Writing
from callengine.desk.people.tables import trail
from callengine.platform.language import Language
from tests.support.agent_desk import (
    agents_browser,
)
from tests.support.agents_seat import PATIENCE, a_seat
from tests.support.desk_pages import ADMINISTRATOR
from tests.support.known_callers import LIFT, NAME, SINGLE

TYPED = "Нет воды на кухне с утра"


async def test_a_call_is_shown_taken_written_and_closed_by_keyboard_alone(tmp_path: Path) -> None:
    async with a_seat(tmp_path) as seat:
        page = seat.page
        await seat.is_offered()
        await expect(page.locator("#pop h2")).to_contain_text("УК Север: общая")
        await expect(page.locator("#call-said")).to_have_text("Звонок: УК Север: общая")
        await expect(page.locator("[data-choose]")).to_have_count(3)
        assert NAME not in await page.content()
        await page.keyboard.press("Digit2")
        await expect(page.locator("[aria-pressed=true]")).to_contain_text("кв.\u00a02")
        seat.answers()
        await expect(page.locator("#place-text")).to_have_value("ул. Ленина, д. 5, к. 2, кв. 2")
        assert NAME not in await page.content()
        await page.keyboard.press("KeyV")
        await expect(page.locator("#person")).to_contain_text(NAME)
        await expect(page.locator("#person")).to_contain_text("Плохо слышит")
        await page.keyboard.press("KeyN")
        await page.keyboard.type(TYPED)
        await page.keyboard.press("Control+Enter")
        await expect(page.locator("#topic-wrong")).to_be_visible()
        assert await seat.has_the_focus() == "topic"
        await expect(page.locator("#note")).to_have_value(TYPED)
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Tab")
        assert await seat.has_the_focus() == "settled"
        await page.keyboard.press("Space")
        await page.keyboard.press("Control+Enter")
        await expect(page.locator("#card .done")).to_contain_text("Закрыта: Иванова")
        await expect(page.locator("#unfinished")).to_contain_text("Все карточки закрыты")
        await expect(page.locator("#today")).to_contain_text("Водоснабжение")
        assert await seat.kept() == [TYPED]
        assert await seat.kept("settled") == [True]
        assert None not in await seat.kept("closed_at")
        async with seat.desk.database.reading() as connection:
            told = (await connection.execute(select(trail.c.action, trail.c.account_name))).all()
        assert [one.action for one in told if one.account_name == "Иванова"] == [
            "checked",
            "looked",
            "closed",
        ]


async def test_a_pop_waits_as_a_bar_while_a_note_is_being_written(tmp_path: Path) -> None:
    async with a_seat(tmp_path) as seat:
        page = seat.page
        await seat.is_offered()
        seat.answers()
        await expect(page.locator("#note")).to_be_visible()
        await page.keyboard.press("KeyN")
        await page.keyboard.type("Первая ")
        seat.engine.say(live.CallEnded, call="c1", outcome="answered")
        seat.is_now("free")
        await seat.is_offered("c2", SINGLE)
        await expect(page.locator("#pop-bar")).to_be_visible()
        await page.keyboard.type("половина")
        assert await seat.has_the_focus() == "note"
        await expect(page.locator("#note")).to_have_value("Первая половина")
        await page.keyboard.press("F2")
        assert await seat.has_the_focus() == "pop"
        await expect(page.locator("#pop")).to_contain_text("кв.\u00a01")
        seat.answers("c2")
        await expect(page.locator("form.card")).to_have_attribute("data-call", "c2")
        await expect(page.locator("#place-text")).to_have_value("ул. Ленина, д. 5, к. 2, кв. 1")
        await seat.until_kept("Первая половина", "")
        await expect(page.locator("#unfinished li")).to_have_count(2)


async def test_of_several_nobody_is_checked_before_one_is_chosen(tmp_path: Path) -> None:
    async with a_seat(tmp_path) as seat:
        page = seat.page
        await seat.is_offered()
        seat.answers()
        await expect(page.locator("#about")).to_contain_text("Сначала выберите")
        await page.keyboard.press("KeyV")
        await expect(page.locator("[data-checked]")).to_have_count(0)
        await page.keyboard.press("Digit3")
        await expect(page.locator("#place-text")).to_have_value("ул. Ленина, д. 5, к. 2, кв.\u00a03")
        await expect(page.locator("[data-checked]")).to_have_count(1)
        await page.keyboard.press("KeyV")
        await expect(page.locator("#person")).to_contain_text(NAME)


async def test_a_supervisor_marks_a_caller_and_is_told_beside_the_field_what_is_wrong(tmp_path: Path) -> None:
    async with a_seat(tmp_path) as seat:
        await seat.is_offered()
        seat.answers()
        await expect(seat.page.locator("#note")).to_be_visible()
        async with agents_browser(seat.browser, seat.desk.address, person="supervisor") as boss:
            await boss.goto(f"{seat.desk.address}/desk/work/cards/1")
            await boss.locator("#about summary").press("Enter")
            await boss.locator("#reason").fill("Ругается")
            await boss.locator("#days").fill("1000")
            await boss.locator("#days").press("Enter")
            await expect(boss.locator("#days-wrong")).to_contain_text("от 1 до 90")
            await expect(boss.locator("#reason")).to_have_value("Ругается")
            await boss.locator("#days").fill("3")
            await boss.locator("#days").press("Enter")
            await expect(boss.locator("#about")).to_contain_text("Номер отмечен: Ругается")
        seat.engine.say(live.CallEnded, call="c1", outcome="answered")
        await seat.is_offered("c2")
        await expect(seat.page.locator("#pop")).to_contain_text("Номер отмечен: Ругается")


async def test_what_is_open_is_taken_over_by_name(tmp_path: Path) -> None:
    async with a_seat(tmp_path) as seat:
        await seat.is_offered()
        seat.answers()
        await expect(seat.page.locator("#note")).to_be_visible()
        async with agents_browser(seat.browser, seat.desk.address, person="supervisor") as boss:
            await boss.goto(f"{seat.desk.address}/desk/work/handover")
            await expect(boss.locator("main")).to_contain_text("никто не принял")
            await boss.get_by_role("button", name="Принять").press("Enter")
            await expect(boss.locator("main")).to_contain_text("Принял: Старшая смены")
            await boss.locator("#text").fill("Ключ от подвала у сантехника")
            await boss.get_by_role("button", name="Записать").press("Enter")
            await expect(boss.locator("main")).to_contain_text("Ключ от подвала у сантехника")
        await seat.page.keyboard.press("KeyH")
        await expect(seat.page.locator("main")).to_contain_text("Принял: Старшая смены")


async def test_the_house_comes_with_what_is_pinned_to_it_and_nothing_of_another_company(
    tmp_path: Path,
) -> None:
    async with a_seat(tmp_path) as seat:
        now = datetime.now(UTC)
        async with seat.desk.database.writing() as connection:
            for title, company, houses in (
                ("Вода отключена до 18:00", "c0", [seat.known.house]),
                ("Чужое", "c1", []),
            ):
                one = Writing(title, "Подвоз у **подъезда 2**.", "water", company, houses, pinned=1)
                article = await save(connection, ADMINISTRATOR, now, one)
                await publish(connection, ADMINISTRATOR, now, article)
        await seat.is_offered(number=SINGLE)
        pinned = seat.page.locator("#pop .pinned")
        await expect(pinned).to_have_count(1)
        await expect(pinned).to_contain_text("Вода отключена до 18:00")
        await expect(pinned.locator("strong")).to_have_text("подъезда 2")
        await expect(seat.page.locator("#pop .house")).to_contain_text("этажей: 9")
        seat.answers()
        await expect(seat.page.locator("#about .pinned")).to_contain_text("Подвоз")


async def test_a_device_is_shown_with_its_place_and_nobody_is_chosen(tmp_path: Path) -> None:
    async with a_seat(tmp_path) as seat:
        await seat.is_offered(number=LIFT)
        await expect(seat.page.locator("#pop .device")).to_have_text(
            "Лифт: ул. Ленина, д. 5, к. 2, подъезд 2"
        )
        await expect(seat.page.locator("[data-choose]")).to_have_count(0)


@pytest.mark.parametrize(("number", "said"), [("", "Номер скрыт"), ("79165550000", "нет в справочнике")])
async def test_a_withheld_number_is_not_one_that_is_not_found(tmp_path: Path, number: str, said: str) -> None:
    async with a_seat(tmp_path) as seat:
        await seat.is_offered(number=number)
        await expect(seat.page.locator("#pop")).to_contain_text(said)


async def test_a_callback_shows_whom_why_and_until_when(tmp_path: Path) -> None:
    async with a_seat(tmp_path) as seat:
        now = datetime.now(UTC)
        owed = live.LiveObligation(
            obligation="o1",
            company="c0",
            queue="general",
            label="УК Север: общая",
            number=SINGLE,
            state="in_line",
            arrived_at=now,
            due_at=datetime.fromtimestamp(now.timestamp() + 300, UTC),
            overdue=False,
            why="abandoned",
            task="",
            taken_by="",
            dials=1,
            not_before=None,
        )
        seat.engine.say(live.CallbackOffered, attempt="t1", agent="1001", owed=owed)
        pop = seat.page.locator("#pop")
        for said in ("Перезвон", "не дождался ответа", "перезвонить до", "попыток: 1", "+7 916 987-65-43"):
            await expect(pop).to_contain_text(said)
        await expect(seat.page.locator("#owed")).to_contain_text("не дождался ответа")
        seat.engine.say(live.CallbackIs, attempt="t1", state="talking", agent="1001")
        await expect(seat.page.locator("#place-text")).to_have_value("ул. Ленина, д. 5, к. 2, кв. 1")
        assert await seat.kept("kind") == ["callback"]


async def test_what_is_typed_outlives_a_reload_a_killed_tab_and_a_desk_that_is_away(tmp_path: Path) -> None:
    async with a_seat(tmp_path) as seat:
        page = seat.page
        await seat.is_offered()
        seat.answers()
        await expect(page.locator("#note")).to_be_visible()
        await page.keyboard.press("KeyN")
        await page.keyboard.type("До перезагрузки")
        await page.reload()
        await expect(page.locator("#note")).to_have_value("До перезагрузки")
        await seat.until_kept("До перезагрузки")
        await page.route("**/draft", lambda route: route.abort())
        await page.locator("#note").focus()
        await page.keyboard.press("Control+End")
        await page.keyboard.type(" и без стола")
        await expect(page.locator("#kept")).to_have_text("Пока только в этом браузере")
        other = await page.context.new_page()
        await page.close()
        await other.goto(f"{seat.desk.address}/desk/work")
        await expect(other.locator("#note")).to_have_value("До перезагрузки и без стола")
        await seat.until_kept("До перезагрузки и без стола")
        await expect(other.locator("#kept")).to_have_text("Сохранено")


async def test_two_tabs_do_not_overwrite_each_other_silently(tmp_path: Path) -> None:
    async with a_seat(tmp_path) as seat:
        one = seat.page
        await seat.is_offered()
        seat.answers()
        await expect(one.locator("#note")).to_be_visible()
        two = await one.context.new_page()
        await two.goto(one.url)
        await one.locator("#note").fill("Из первой")
        await seat.until_kept("Из первой")
        await two.locator("#note").fill("Из второй")
        await expect(two.locator("#conflict")).to_be_visible()
        await expect(two.locator("#conflict .theirs")).to_have_text("Из первой")
        await expect(two.locator("#note")).to_have_value("Из второй")
        assert await seat.kept() == ["Из первой"]
        await two.locator("[data-decide=mine]").press("Enter")
        await seat.until_kept("Из второй")
        await one.locator("#note").fill("Из первой ещё")
        await expect(one.locator("#conflict")).to_be_visible()
        await one.locator("[data-decide=theirs]").press("Enter")
        await expect(one.locator("#note")).to_have_value("Из второй")
        await expect(one.locator("#kept")).to_have_text("Сохранено")
        assert await seat.kept() == ["Из второй"]


async def test_the_engine_away_is_said_within_three_seconds_and_typing_goes_on(tmp_path: Path) -> None:
    async with a_seat(tmp_path) as seat:
        page = seat.page
        await seat.is_offered()
        seat.answers()
        await expect(page.locator("#note")).to_be_visible()
        await page.keyboard.press("KeyN")
        await page.keyboard.type("Пишу ")
        await seat.engine.stop()
        await expect(page.locator("#engine")).to_contain_text("Телефония не отвечает", timeout=3000)
        await page.keyboard.type("дальше")
        await seat.until_kept("Пишу дальше")
        await seat.engine.start()
        await expect(page.locator("#engine")).to_be_empty()


async def test_premises_are_found_as_they_are_typed(tmp_path: Path) -> None:
    async with a_seat(tmp_path) as seat:
        page = seat.page
        await seat.is_offered(number="")
        seat.answers()
        await expect(page.locator("#note")).to_be_visible()
        await page.keyboard.press("KeyA")
        assert await seat.has_the_focus() == "place-text"
        await page.keyboard.type("ленена 5к2 3")
        await expect(page.locator("#place-list [role=option]").first).to_contain_text("кв. 3")
        await page.keyboard.press("ArrowDown")
        assert await page.locator("#place-text").get_attribute("aria-activedescendant") == "place-0"
        await page.keyboard.press("Enter")
        await expect(page.locator("#about")).to_contain_text("Ключ от подвала")
        assert await seat.kept("premises_id") == [seat.known.flats[2]]
        await page.locator("#place-text").fill("у магазина")
        await page.keyboard.press("F8")
        assert await seat.has_the_focus() == "topic"
        async with asyncio.timeout(PATIENCE / 1000):
            while await seat.kept("place") != ["у магазина"]:
                await asyncio.sleep(0.05)
        assert await seat.kept("premises_id") == [None]


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_state_of_the_page_has_a_fault_that_axe_finds(
    tmp_path: Path, language: Language, scheme: str
) -> None:
    async with a_seat(tmp_path, language=language, color_scheme=scheme) as seat:
        page = seat.page
        assert await violations(page) == []
        await seat.is_offered()
        await expect(page.locator("[data-choose]")).to_have_count(3)
        assert await violations(page) == []
        seat.answers()
        await expect(page.locator("#note")).to_be_visible()
        assert await violations(page) == []
        await page.keyboard.press("Control+Enter")
        await expect(page.locator("#topic-wrong")).to_be_visible()
        assert await violations(page) == []
        for path in ("/desk/work/dial", "/desk/work/handover"):
            await page.goto(seat.desk.address + path)
            assert await violations(page) == []
        assert [one for one in seat.complaints if "422" not in one] == []


async def violations(page: Page) -> list[str]:
    found = await Axe().run(page)
    assert len(found.response["passes"]) > 10, "axe has looked at nothing"
    return [f"{one['id']}: {node['html']}" for one in found.response["violations"] for node in one["nodes"]]


async def test_at_200_percent_nothing_is_cut_off_and_nothing_scrolls_sideways(tmp_path: Path) -> None:
    async with a_seat(tmp_path, viewport={"width": 683, "height": 384}) as seat:
        await seat.is_offered()
        seat.answers()
        await expect(seat.page.locator("#note")).to_be_visible()
        wider = "document.scrollingElement.scrollWidth - innerWidth"
        assert await seat.page.evaluate(wider) <= 0


async def test_the_sheet_names_every_key(tmp_path: Path) -> None:
    async with a_seat(tmp_path) as seat:
        await seat.page.keyboard.press("Shift+Slash")
        sheet = seat.page.locator("#sheet")
        await expect(sheet).to_be_visible()
        for said in ("F2", "F8", "Ctrl+Enter", "Примечание", "Закрыть карточку", "Позвонить"):
            await expect(sheet).to_contain_text(said)
        await seat.page.keyboard.press("Escape")
        await expect(sheet).to_be_hidden()
