"""The knowledge base's pages as their readers and writers get them."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest

from tests.support.desk_knowledge import knowledge
from tests.support.desk_pages import visitor

WATER = {
    "title": "Отключение воды на Ленина",
    "body": "# Где\n\nВентили **в подвале**, 2-й подъезд.",
    "topic": "shut_off_water",
    "company": "sever",
    "houses": "7",
    "publish": "1",
}


async def posted(client: aiohttp.ClientSession, path: str, **fields: str) -> tuple[int, str]:
    async with client.post(path, data=fields, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location") or await answer.text()


async def page(client: aiohttp.ClientSession, path: str, status: int = 200) -> str:
    async with client.get(path) as answer:
        assert answer.status == status, path
        return await answer.text()


async def test_written_published_found_read_doubted_and_withdrawn(tmp_path: Path) -> None:
    async with knowledge(tmp_path) as (address, _), visitor(address, "editor") as editor:
        status, location = await posted(editor, "/desk/knowledge/new", **WATER)
        assert (status, location) == (303, "/desk/knowledge/1?done=published")
        async with visitor(address, "agent") as agent:
            found = await page(agent, "/desk/knowledge?q=подвал")
            assert "<mark>подвале</mark>" in found
            assert "Вы ещё не прочли статей: 1" in found
            shown = await page(agent, "/desk/knowledge/1")
            assert "<h2>Где</h2>" in shown
            assert "ул. Ленина, д. 5, к. 2" in shown
            assert WATER["title"] in await page(agent, "/desk/knowledge/unread")
            assert (await posted(agent, "/desk/knowledge/1/read", back="unread"))[
                1
            ] == "/desk/knowledge/unread"
            assert "Всё прочитано" in await page(agent, "/desk/knowledge/unread")
            said = await posted(
                agent, "/desk/knowledge/1/vote", verdict="outdated", note="вентили на чердаке"
            )
            assert said[1].endswith("done=outdated")
            assert (await posted(agent, "/desk/knowledge/1/vote", verdict="so-so"))[0] == 400
            await page(agent, "/desk/knowledge/1/edit", status=404)
            await page(agent, "/desk/knowledge/doubted", status=404)
        assert "вентили на чердаке" in await page(editor, "/desk/knowledge/doubted")
        async with visitor(address, "supervisor") as supervisor:
            readers = await page(supervisor, "/desk/knowledge/1/readers")
            assert "Иванова" in readers
            assert "Петров" not in readers  # He serves the other company's lines.
        assert (await posted(editor, "/desk/knowledge/1/withdraw"))[0] == 303
        async with visitor(address, "agent") as agent:
            await page(agent, "/desk/knowledge/1", status=404)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"title": ""}, "Нужен заголовок"),
        ({"title": "x" * 201}, "Не длиннее 200"),
        ({"body": ""}, "Нужен текст"),
        ({"topic": "nothing"}, "Выберите тему"),
        ({"company": "nobody"}, "Выберите компанию"),
        ({"houses": "9"}, "той же компании"),
        ({"pinned": "-1"}, "Число от 1 до 99"),
        ({"valid_from": "31.12.2026"}, "Дата вида"),
        ({"valid_from": "2026-12-31", "valid_until": "2026-12-01"}, "раньше начала"),
    ],
)
async def test_what_is_wrong_is_said_beside_the_field_and_what_was_typed_is_kept(
    change: dict[str, str], told: str, tmp_path: Path
) -> None:
    async with knowledge(tmp_path) as (address, _), visitor(address, "editor") as editor:
        status, html = await posted(editor, "/desk/knowledge/new", **(WATER | change))
        assert status == 422
        assert told in html
        (field,) = change.keys() - {"valid_from"} or {"valid_from"}
        assert f'id="{field}-wrong"' in html
        if "body" not in change:
            assert "Вентили **в подвале**" in html


async def test_the_later_of_two_editors_is_shown_both_texts(tmp_path: Path) -> None:
    async with knowledge(tmp_path) as (address, _), visitor(address, "editor") as editor:
        await posted(editor, "/desk/knowledge/new", **WATER)
        first = WATER | {"body": "Вентили на чердаке.", "version": "1"}
        assert (await posted(editor, "/desk/knowledge/1/edit", **first))[0] == 303
        status, html = await posted(
            editor, "/desk/knowledge/1/edit", **(WATER | {"body": "Моё", "version": "1"})
        )
        assert status == 409
        assert "Вентили на чердаке." in html
        assert "Моё" in html
        history = await page(editor, "/desk/knowledge/1/versions")
        assert "<ins>Вентили на чердаке.</ins>" in history
        assert "<del># Где</del>" in history


async def test_a_company_proposes_and_learns_what_became_of_it(tmp_path: Path) -> None:
    async with knowledge(tmp_path) as (address, _), visitor(address, "editor") as editor:
        await posted(editor, "/desk/knowledge/new", **WATER)
        async with visitor(address, "sever") as company:
            better = {
                "title": WATER["title"],
                "body": "Вентили на чердаке.",
                "topic": "access",
                "company": "sever",
            }
            assert (await posted(company, "/desk/knowledge/1/propose", **better))[
                1
            ] == "/desk/knowledge/proposals"
            wrong = await posted(company, "/desk/knowledge/propose", **(better | {"company": "yug"}))
            assert wrong[0] == 422
            assert (await posted(company, "/desk/knowledge/1/edit", **WATER))[0] == 404
        async with visitor(address, "yug") as other:
            await page(other, "/desk/knowledge/proposals/1", status=404)
            assert WATER["title"] not in await page(other, "/desk/knowledge/proposals")
        status, html = await posted(editor, "/desk/knowledge/proposals/1", decision="decline", answer="")
        assert (status, "почему отклонено" in html) == (422, True)
        made = await posted(editor, "/desk/knowledge/proposals/1", decision="accept", answer="спасибо")
        assert made[1] == "/desk/knowledge/1/edit"
        assert (await posted(editor, "/desk/knowledge/proposals/1", decision="accept", answer=""))[0] == 409
        async with visitor(address, "sever") as company:
            assert "спасибо" in await page(company, "/desk/knowledge/proposals")


async def test_gaps_are_told_of_ones_own_houses_only(tmp_path: Path) -> None:
    async with knowledge(tmp_path) as (address, _):
        async with visitor(address, "sever") as company:
            html = await page(company, "/desk/knowledge/checklist")
            assert "ул. Ленина, д. 5, к. 2" in html
            assert "Садовая" not in html
        async with visitor(address, "supervisor") as supervisor:
            assert "Садовая" in await page(supervisor, "/desk/knowledge/checklist")


async def test_nothing_that_is_written_runs_in_a_readers_browser(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script> [x](javascript:alert(1)) ![p](https://evil.example/p.gif) <img src=x onerror=y>"
    async with knowledge(tmp_path) as (address, _), visitor(address, "editor") as editor:
        await posted(editor, "/desk/knowledge/new", **(WATER | {"body": evil}))
        for html in (
            await page(editor, "/desk/knowledge/1"),
            (await posted(editor, "/desk/knowledge/preview", body=evil))[1],
        ):
            assert "<script>alert" not in html
            assert "evil.example" not in html
            assert 'href="javascript' not in html
            assert "<img src=x" not in html
