"""Pictures and files of articles: put into the text by an editor, seen by its readers, by nobody else for long."""

from __future__ import annotations

import io
import re
from pathlib import Path

import aiohttp
import pytest
from PIL import Image
from yarl import URL

from callengine.desk.files.shelf import FileLimits
from callengine.desk.knowledge.text import addressed, named_files, shown
from tests.support.desk_knowledge import knowledge
from tests.support.desk_pages import visitor

FORM = "f" * 32
ARTICLE = {"title": "Вода", "topic": "shut_off_water", "company": "sever", "publish": "1", "client_id": FORM}
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (30, 20), "red").save(made, "PNG")
    return made.getvalue()


async def upload(
    client: aiohttp.ClientSession, content: bytes, name: str, status: int = 200, **owner: str
) -> dict[str, str]:
    headers = {"Content-Type": "application/octet-stream"}
    asked = {"name": name, **owner}
    async with client.post("/desk/knowledge/files", params=asked, data=content, headers=headers) as answer:
        assert answer.status == status
        told: dict[str, str] = await answer.json()
        return told


async def save(client: aiohttp.ClientSession, path: str, body: str, status: int = 303, **more: str) -> str:
    async with client.post(path, data={**ARTICLE, "body": body, **more}, allow_redirects=False) as answer:
        assert answer.status == status
        return await answer.text()


async def page(client: aiohttp.ClientSession, path: str) -> str:
    async with client.get(path) as answer:
        return await answer.text() if answer.status == 200 else ""


def addresses(html: str) -> list[str]:
    return re.findall(r'(?:src|href)="(/desk/files/[^"]*)"', html)


async def test_a_picture_of_a_new_article_is_seen_by_its_readers_and_kept_by_its_versions(
    tmp_path: Path,
) -> None:
    async with knowledge(tmp_path) as (address, _), visitor(address, "editor") as editor:
        plan = await upload(editor, picture(), "План.exe", form=FORM, company="sever")
        assert plan["markdown"] == f"![План.png](/desk/files/{plan['id']})"
        tariffs = await upload(editor, PDF, "Тарифы.pdf", form=FORM, company="sever")
        body = f"Вентили:\n\n{plan['markdown']}\n\n{tariffs['markdown']}"
        await save(editor, "/desk/knowledge/new", body)
        assert "План.png" in await page(editor, "/desk/knowledge/1/edit")
        async with visitor(address, "agent") as agent, visitor(address, None) as nobody:
            for path in ("/desk/knowledge/1", "/desk/knowledge/unread"):
                found = addresses(await page(agent, path))
                assert len(found) == 2
            async with nobody.get(
                URL(found[0], encoded=True), headers={"Cookie": "callengine_desk=x"}
            ) as answer:
                assert (answer.status, answer.content_type) == (200, "image/png")
                assert answer.headers["Content-Disposition"].startswith("inline;")
                assert answer.headers["Content-Security-Policy"].startswith("sandbox;")
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert "Set-Cookie" not in answer.headers
            async with nobody.get(URL(found[1], encoded=True)) as answer:
                assert answer.headers["Content-Disposition"].startswith("attachment;")
                assert await answer.read() == PDF
        # A draft that leaves the picture out takes it from no reader, and no version loses it.
        await save(editor, "/desk/knowledge/1/edit", "Пусто.", publish="", client_id="")
        async with visitor(address, "sever") as company:
            assert len(addresses(await page(company, "/desk/knowledge/1"))) == 2
        async with editor.post(f"/desk/knowledge/files/{plan['id']}/remove") as answer:
            assert answer.status == 409
            assert "ссылается" in (await answer.json())["wrong"]
        spare = await upload(editor, PDF, "Лишнее.pdf", article="1")
        async with editor.post(f"/desk/knowledge/files/{spare['id']}/remove") as answer:
            assert answer.status == 200
        assert "Лишнее" not in await page(editor, "/desk/knowledge/1/edit")


async def test_what_is_refused_names_the_limit_and_leaves_the_form_as_it_was(tmp_path: Path) -> None:
    limits = FileLimits(one_mb=1, free_mb=0)
    async with knowledge(tmp_path, limits=limits) as (address, _), visitor(address, "editor") as editor:
        plan = await upload(editor, picture(), "План.png", form=FORM, company="sever")
        told = await upload(editor, b"MZ\x90\0\3", "План.png", 422, form=FORM, company="sever")
        assert "не PNG" in told["wrong"]
        assert "повреждён" in (await upload(editor, picture()[:50], "x.png", 422, form=FORM))["wrong"]
        big = {"name": "big.txt", "form": FORM}
        async with editor.post(
            "/desk/knowledge/files",
            params=big,
            data=io.BytesIO(b"a" * 1_048_577),
            headers={"Content-Type": "text/plain"},
        ) as answer:
            assert answer.status == 413
            assert "1048576" in await answer.text()
        form = await page(editor, "/desk/knowledge/new")
        assert "Файл больше 1 МБ" in form
        wrong = await save(editor, "/desk/knowledge/new", plan["markdown"], 422, topic="")
        assert plan["markdown"] in wrong
        assert "План.png" in wrong
        assert len(addresses(wrong)) == 2  # In the list and in the preview.


async def test_nothing_of_another_article_or_company_is_opened_by_its_number(tmp_path: Path) -> None:
    async with knowledge(tmp_path) as (address, _), visitor(address, "editor") as editor:
        theirs = await upload(editor, picture(), "Юг.png", form=FORM, company="yug")
        await save(editor, "/desk/knowledge/new", theirs["markdown"], company="yug")
        stolen = f"![x](/desk/files/{theirs['id']}) [y](/desk/files/{theirs['id']}) ![z]({theirs['address']})"
        await save(editor, "/desk/knowledge/new", stolen, client_id="g" * 32)
        async with visitor(address, "sever") as company:
            assert await page(company, "/desk/knowledge/1") == ""
            html = await page(company, "/desk/knowledge/2")
            assert html
            assert addresses(html) == []
            preview = {"body": stolen, "article": "2"}
            async with company.post("/desk/knowledge/preview", data=preview) as answer:
                assert addresses(await answer.text()) == []
            async with company.post("/desk/knowledge/preview", data={"body": "", "article": "1"}) as answer:
                assert answer.status == 404
            owner = {"name": "x.png", "article": "2"}
            async with company.post("/desk/knowledge/files", params=owner, data=picture()) as answer:
                assert answer.status == 404


@pytest.mark.parametrize(
    ("markdown", "led_to"),
    [
        ("![x](/desk/files/7)", ['src="/f/7?a&amp;b"']),
        ("[x](/desk/files/7)", ['href="/f/7?a&amp;b"']),
        ("![x](/desk/files/8)", []),
        ('![a > b](/desk/files/7 "c > d")', ['src="/f/7?a&amp;b"']),
        ("![x](/desk/files/7-1-abc/x.png)", []),
        ("[x](https://desk.example.ru/desk/files/7-1-abc/x.png)", []),
        ("![x](https://evil.example/7)", []),
        ('` src="/desk/files/7"`', []),
    ],
)
def test_a_text_shows_its_own_files_and_no_other_address(markdown: str, led_to: list[str]) -> None:
    html = addressed(shown(markdown), {7: "/f/7?a&b"})
    assert re.findall(r'<\w+ ((?:src|href)="[^"]*")', html) == led_to


def test_a_number_is_not_the_beginning_of_another() -> None:
    assert named_files("![](/desk/files/12) /desk/files/123") == {12, 123}
