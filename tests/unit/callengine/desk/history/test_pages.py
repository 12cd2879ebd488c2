"""The history's pages on a real ledger: what each person sees, hears and takes away, and what is noted of it."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from callengine.desk.history.pages import HistoryPages, place_of
from callengine.desk.people.tables import trail
from tests.support.centre import moment
from tests.support.desk_pages import desk_pages, visitor
from tests.support.told_calls import CANARY, a_call, told_history

FORMULA = a_call("formula", moment(50), agent="=HYPERLINK(1)")


@asynccontextmanager
async def asked(
    folder: Path, person: str | None
) -> AsyncIterator[tuple[aiohttp.ClientSession, HistoryPages]]:
    async with (
        told_history(folder, FORMULA) as pages,
        desk_pages(pages.routes()) as address,
        visitor(address, person) as client,
    ):
        yield client, pages


async def text(client: aiohttp.ClientSession, path: str, status: int = 200) -> str:
    async with client.get(path) as answer:
        assert answer.status == status, await answer.text()
        return await answer.text()


async def told(pages: HistoryPages) -> list[tuple[str, str, str, str | None]]:
    async with pages.database.reading() as connection:
        of = trail.c
        rows = await connection.execute(
            select(of.action, of.subject_kind, of.subject_id, of.company).order_by(of.id)
        )
        return [tuple(row) for row in rows]


def calls_of(page: str) -> list[str]:
    return re.findall(r'class="call" href="/desk/calls/([^"]+)"', page)


async def test_a_supervisor_filters_and_follows_the_pages(tmp_path: Path) -> None:
    async with asked(tmp_path, "supervisor") as (client, pages):
        page = await text(client, "/desk/calls?span=today")
        assert len(calls_of(page)) == 12
        assert "УК Север" in page
        assert "+79161234567" not in page
        assert calls_of(await text(client, "/desk/calls?span=today&number=9161234567&outcome=answered")) == [
            "formula",
            "answered",
        ]
        wrong = await text(client, "/desk/calls?first=26.11.2026&outcome=open", 422)
        assert "2026-11-26" in wrong
        assert 'value="26.11.2026"' in wrong
        assert calls_of(wrong) == ["waiting"]
        assert "звонков нет" in await text(client, "/desk/calls?span=yesterday")
        assert await told(pages) == []


async def test_a_company_sees_nothing_of_another_one_on_any_page(tmp_path: Path) -> None:
    async with asked(tmp_path, "sever") as (client, _):
        for query in (
            "",
            "?company=yug",
            f"?line={CANARY}-did",
            "?queue=yug-queue",
            "?agent=1002",
            "?span=month",
        ):
            page = await text(client, f"/desk/calls{query}")
            assert "yug-" not in page.replace(f"{query[1:]}", "")
            assert f"УК {CANARY}" not in page
            assert "79169999999" not in page
        assert len(calls_of(await text(client, "/desk/calls"))) == 10
        missing = await text(client, "/desk/calls/no-such-call", 404)
        for call in ("yug-1", "yug-2"):
            assert await text(client, f"/desk/calls/{call}", 404) == missing
            assert await text(client, f"/desk/calls/{call}/sounds/call", 404) == missing
        async with client.post("/desk/calls/export", data={"form": "csv", "query": "company=yug"}) as answer:
            assert len((await answer.text()).splitlines()) == 1
        async with client.post("/desk/calls/export", data={"form": "csv"}) as answer:
            assert CANARY not in await answer.text()


async def test_a_company_reads_no_number_and_cannot_search_by_one(tmp_path: Path) -> None:
    async with asked(tmp_path, "sever") as (client, _):
        assert len(calls_of(await text(client, "/desk/calls?number=9160000003"))) == 10
        story = await text(client, "/desk/calls/kept")
        assert "79160000003" not in story
        assert "000-00-03" not in story
        assert "**03" in story


async def test_a_story_is_whole_and_that_it_was_looked_at_is_noted(tmp_path: Path) -> None:
    async with asked(tmp_path, "supervisor") as (client, pages):
        page = await text(client, "/desk/calls/passed-on")
        for word in (
            "Вызов оператору",
            "не ответил",
            "Разговор передан",
            "Петрова",
            "отвечен в срок",
            "+7 916 000-00-02",
        ):
            assert word in page, word
        assert "связались в срок" in await text(client, "/desk/calls/kept")
        assert "номер" in await text(client, "/desk/calls/owed")
        assert await told(pages) == [
            ("looked", "call", call, "sever") for call in ("passed-on", "kept", "owed")
        ]


@pytest.fixture
def sound(tmp_path: Path) -> bytes:
    content = b"RIFF" + bytes(range(256)) * 40
    (tmp_path / "rec").mkdir()
    (tmp_path / "rec" / "answered.wav").write_bytes(content)
    return content


async def with_recording(pages: HistoryPages, folder: Path, path: str) -> None:
    import sqlite3

    with sqlite3.connect(folder / "ledger.db") as connection:
        connection.execute("UPDATE calls SET recording = ? WHERE call = 'answered'", (path,))
    connection.close()


async def test_a_recording_is_played_from_where_one_seeks_to_and_each_listening_is_noted(
    tmp_path: Path, sound: bytes
) -> None:
    async with asked(tmp_path, "sever") as (client, pages):
        await with_recording(pages, tmp_path, f"{tmp_path}/rec/answered.wav")
        page = await text(client, "/desk/calls/answered")
        (address,) = re.findall(r'<audio [^>]*src="([^"]+)"', page)
        async with client.get(address, headers={"Range": "bytes=100-199"}) as answer:
            assert (answer.status, await answer.read()) == (206, sound[100:200])
            assert answer.headers["Content-Range"] == f"bytes 100-199/{len(sound)}"
            assert answer.headers["Content-Type"] == "audio/wav"
            assert answer.headers["Content-Security-Policy"] == "sandbox"
            assert answer.headers["Content-Disposition"] == "attachment"
            key = answer.url.path
        async with aiohttp.ClientSession(client._base_url) as stranger, stranger.get(key) as answer:
            assert await answer.read() == sound
        assert ("heard", "call", "answered", "sever") in await told(pages)
    async with asked_by_agent(tmp_path) as client:
        assert await text(client, address, 404) == await text(client, "/desk/calls/answered/sounds/none", 404)


@asynccontextmanager
async def asked_by_agent(folder: Path) -> AsyncIterator[aiohttp.ClientSession]:
    (folder / "agent").mkdir()
    async with asked(folder / "agent", "agent") as (client, _):
        yield client


@pytest.mark.parametrize(
    "path",
    [
        "{root}/../secret.wav",
        "../secret.wav",
        "{root}/link.wav",
        "/etc/passwd",
        "{root}/answered.wav\0",
        "{root}",
        "",
    ],
)
async def test_nothing_beyond_the_folder_is_ever_opened(tmp_path: Path, sound: bytes, path: str) -> None:
    (tmp_path / "secret.wav").write_bytes(b"secret")
    (tmp_path / "rec" / "link.wav").symlink_to(tmp_path / "secret.wav")
    async with asked(tmp_path, "supervisor") as (client, pages):
        if "\0" not in path:
            await with_recording(pages, tmp_path, path.format(root=tmp_path / "rec"))
            await text(client, "/desk/calls/answered/sounds/call", 404)
        assert pages.sounds.find(path.format(root=tmp_path / "rec")) is None
        await text(client, "/desk/recordings/..%2f..%2fsecret.wav", 404)


async def test_an_address_of_a_recording_dies(tmp_path: Path, sound: bytes) -> None:
    from callengine.desk.history.sounds import LIVES, Sounds

    now = [moment(0)]
    sounds = Sounds(tmp_path / "rec", lambda: now[0])
    file = sounds.find("answered.wav")
    assert file is not None
    key = sounds.hand_out(file)
    assert sounds.opened_by(key) == file
    now[0] += LIVES
    assert sounds.opened_by(key) is None


async def test_an_export_is_a_table_without_formulas_and_is_noted_before_it_is_taken(tmp_path: Path) -> None:
    async with asked(tmp_path, "supervisor") as (client, pages):
        async with client.post("/desk/calls/export", data={"form": "csv", "query": "span=today"}) as answer:
            assert answer.headers["Content-Disposition"] == 'attachment; filename="calls-2026-11-23.csv"'
            csv = (await answer.read()).decode("utf-8-sig")
        assert len(csv.splitlines()) == 13
        assert "'=HYPERLINK(1)" in csv
        assert "'+79161234567" in csv
        async with client.post("/desk/calls/export", data={"form": "xlsx", "query": "span=today"}) as answer:
            book = await answer.read()
        rows: list[list[Any]] = (
            CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()
        )
        assert len(rows) == 13
        assert rows[0][0] == "Поступил"
        assert "=HYPERLINK(1)" in {row[8] for row in rows}
        assert b"<f>" not in zipfile.ZipFile(io.BytesIO(book)).read("xl/worksheets/sheet1.xml")
        assert [one[:3] for one in await told(pages)] == [
            ("exported", "calls", "csv"),
            ("exported", "calls", "xlsx"),
        ]
        async with client.post("/desk/calls/export", data={"form": "exe"}) as answer:
            assert answer.status == 422


async def test_a_filter_is_saved_by_name_used_and_removed(tmp_path: Path) -> None:
    async with asked(tmp_path, "supervisor") as (client, _):
        filled = {"name": "Потерянные", "query": "outcome=abandoned&span=today"}
        async with client.post("/desk/calls/filters", data=filled) as answer:
            page = await answer.text()
        assert ">Потерянные</a>" in page
        (identity,) = re.findall(r"/desk/calls/filters/(\d+)/forget", page)
        async with client.post("/desk/calls/filters", data={"name": " ", "query": ""}) as answer:
            assert answer.status == 422
            assert "Нужно название" in await answer.text()
        async with client.post(f"/desk/calls/filters/{identity}/forget") as answer:
            assert "Потерянные" not in await answer.text()
        async with client.post("/desk/calls/filters/x/forget") as answer:
            assert answer.status == 404


async def test_without_the_ledger_the_page_says_so(tmp_path: Path) -> None:
    async with asked(tmp_path, "supervisor") as (client, _):
        for file in tmp_path.glob("ledger.db*"):
            file.unlink()
        for path in ("/desk/calls", "/desk/calls/answered"):
            assert "недоступен" in await text(client, path, 503)


def test_a_place_in_an_address_that_is_none_is_the_first_page() -> None:
    assert place_of("1766700000000000-12.5-3") is not None
    for wrong in ("", "12", "-12", "x-1", f"{'9' * 18}-1"):
        assert place_of(wrong) is None
