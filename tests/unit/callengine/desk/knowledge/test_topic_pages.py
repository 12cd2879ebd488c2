"""The list of topics as editors change it, and what becomes of what others wrote about them."""

from __future__ import annotations

import importlib
from pathlib import Path

from tests.support.desk_knowledge import knowledge
from tests.support.desk_pages import visitor
from tests.unit.callengine.desk.knowledge.test_knowledge_pages import WATER, page, posted

TOPICS = "/desk/knowledge/topics"
PARKING = {
    "name_ru": "Парковка",
    "name_en": "Parking",
    "company": "sever",
    "on_articles": "1",
    "position": "3",
}


async def test_a_companys_own_topic_is_offered_for_its_articles_only(tmp_path: Path) -> None:
    async with knowledge(tmp_path) as (address, _), visitor(address, "editor") as editor:
        assert (await posted(editor, f"{TOPICS}/new", **PARKING))[1] == f"{TOPICS}?done=topic_saved"
        html = await page(editor, TOPICS)
        assert "Парковка" in html
        key = (
            (await page(editor, "/desk/knowledge/new"))
            .partition("Парковка (УК Север)")[0]
            .split('value="')[-1]
        )
        key = key.partition('"')[0]
        assert (await posted(editor, "/desk/knowledge/new", **(WATER | {"topic": key})))[0] == 303
        status, html = await posted(
            editor, "/desk/knowledge/new", **(WATER | {"topic": key, "company": "yug", "houses": "9"})
        )
        assert (status, 'id="topic-wrong"' in html) == (422, True)
        async with visitor(address, "sever") as ours, visitor(address, "yug") as theirs:
            assert "Парковка" in await page(ours, "/desk/knowledge/1")
            assert "Парковка" in await page(ours, "/desk/knowledge/propose")
            assert "Парковка" not in await page(theirs, "/desk/knowledge/propose")
            await page(ours, TOPICS, 404)
        # Offered no more, it stays the topic of what was written about it, which can be written anew.
        (number,) = [
            part.partition('"')[0]
            for part in (await page(editor, TOPICS)).split(f"{TOPICS}/")
            if "Парковка" in part
        ]
        await posted(editor, f"{TOPICS}/{number}/retire", retired="1")
        assert "Парковка" not in await page(editor, "/desk/knowledge/new")
        assert "Парковка" in await page(editor, "/desk/knowledge/1")
        assert (await posted(editor, "/desk/knowledge/1/edit", **(WATER | {"topic": key})))[0] == 303
        await posted(editor, f"{TOPICS}/{number}/retire", retired="")
        assert "Парковка" in await page(editor, "/desk/knowledge/new")


async def test_the_checklist_is_what_editors_say(tmp_path: Path) -> None:
    async with knowledge(tmp_path) as (address, _), visitor(address, "editor") as editor:
        own = PARKING | {"each_house": "1"}
        await posted(editor, f"{TOPICS}/new", **own)
        html = await page(editor, "/desk/knowledge/checklist")
        rows = [row for row in html.split("<tr>") if "УК " in row]
        assert [("Парковка" in row, "УК Север" in row) for row in rows] == [
            ("УК Север" in row, "УК Север" in row) for row in rows
        ]
        assert len(rows) == 3


async def test_what_is_wrong_is_said_and_kept_and_the_later_of_two_is_told(tmp_path: Path) -> None:
    async with knowledge(tmp_path) as (address, _), visitor(address, "editor") as editor:
        for change, told in (
            ({"name_ru": ""}, "Нужно название"),
            ({"position": "x"}, "Целое число от 0 до 9999"),
            ({"company": "elsewhere"}, "company-wrong"),
            ({"form": "[{}]"}, "Так поля не записывают"),
            ({"on_articles": ""}, "для чего тема"),
            ({"on_articles": "", "on_cards": "1", "each_house": "1"}, "отметьте и «Для статей»"),
        ):
            status, html = await posted(editor, f"{TOPICS}/new", **(PARKING | change))
            assert (status, told in html, "Parking" in html) == (422, True, True), change
        await posted(editor, f"{TOPICS}/1", **(PARKING | {"name_ru": "Вода", "version": "1"}))
        status, html = await posted(
            editor, f"{TOPICS}/1", **(PARKING | {"name_ru": "Водичка", "version": "1"})
        )
        assert status == 409
        assert "Вода" in html
        assert "Водичка" in html


def test_the_two_lists_become_one_and_nothing_in_use_is_lost() -> None:
    migration = importlib.import_module("callengine.desk.data.migrations.versions.0008_topics")
    kept = {"form": "[]", "retired_at": None, "version": 3, "name_en": "x", "position": 1}
    old = [
        {**kept, "id": 4, "company": None, "name_ru": "Лифт"},
        {**kept, "id": 9, "company": "sever", "name_ru": "Газ"},
        {**kept, "id": 2, "company": None, "name_ru": "Отопление", "retired_at": 5},
    ]
    rows = migration.merged(old, ["access", "из файла", "lift"])
    by_key = {row["key"]: row for row in rows}
    assert len(by_key) == len(rows) == len({row["id"] for row in rows})
    lift = by_key["lift"]
    assert (lift["id"], lift["on_cards"], lift["on_articles"], lift["each_house"]) == (4, True, True, True)
    # A company's own one, and one that is retired, are not everybody's.
    assert (by_key["card9"]["company"], by_key["card9"]["on_articles"]) == ("sever", False)
    assert (by_key["card2"]["retired_at"], by_key["card2"]["on_articles"]) == (5, False)
    assert (by_key["gas"]["id"] > 9, by_key["gas"]["on_cards"], by_key["heating"]["id"] > 9) == (
        True,
        False,
        True,
    )
    assert by_key["из файла"]["name_ru"] == "из файла"
    assert {key for key, row in by_key.items() if row["each_house"]} == {
        *("shut_off_water", "shut_off_power", "access", "lift", "emergency_phones"),
        *("gas", "heating", "tariffs", "planned_works"),
    }
