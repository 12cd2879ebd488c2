"""The directory's pages: what each person may, forms that keep what was typed, loads from upload to the end."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from callengine.desk.directory.callers import contacted
from callengine.desk.directory.commands.houses import save_premises
from callengine.desk.directory.commands.residents import add_consent
from callengine.desk.directory.pages import loads as load_pages
from callengine.desk.directory.pages.desk import HOME
from callengine.desk.directory.privacy import SHARE
from callengine.desk.directory.records import Consent, Premises
from callengine.desk.people.scope import NotSeen
from callengine.desk.people.tables import trail
from tests.support.desk_directory import one_home
from tests.support.desk_pages import AGENT, SUPERVISOR, YUG, visitor
from tests.support.manual_clock import NOON
from tests.support.opened_directory import opened_directory


async def text_of(client: aiohttp.ClientSession, path: str, status: int = 200) -> str:
    async with client.get(path) as answer:
        assert answer.status == status, (path, await answer.text())
        return await answer.text()


async def sent(client: aiohttp.ClientSession, path: str, **fields: Any) -> tuple[int, str, str]:
    async with client.post(path, data=fields, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location", ""), await answer.text()


async def test_a_house_its_flat_and_its_resident_by_forms(tmp_path: Path) -> None:
    async with opened_directory(tmp_path) as desk, visitor(desk.address, "sever") as client:
        assert "Домов ещё нет" in await text_of(client, HOME)
        form = await text_of(client, f"{HOME}/houses/new")
        client_id = re.findall(r'name="client_id" value="([^"]+)"', form)[0]
        status, _, page = await sent(
            client, f"{HOME}/houses/new", company="sever", street="", number="дом пять", floors="x"
        )
        assert status == 422
        assert page.count('class="wrong"') == 3
        assert 'value="дом пять"' in page
        house = {"company": "sever", "street": "ул. Ленина", "number": "5к2", "client_id": client_id}
        status, where, _ = await sent(client, f"{HOME}/houses/new", **house)
        assert status == 303
        assert (await sent(client, f"{HOME}/houses/new", **house))[1] == where
        status, _, page = await sent(client, f"{HOME}/houses/new", **{**house, "client_id": "other"})
        assert status == 422
        assert "уже есть у другой записи" in page
        assert "ул. Ленина, д. 5, к. 2" in await text_of(client, where)
        status, _, _ = await sent(client, f"{where}/premises/new", number="12", kind="flat", client_id="p")
        assert status == 303
        form = await text_of(client, f"{HOME}/premises/1/residents/new")
        assert "ул. Ленина, д. 5, к. 2, 12" in form
        person = {"full_name": "Иванова Мария", "phones": "123-45-67", "role_1": "owner", "client_id": "r"}
        status, _, page = await sent(client, f"{HOME}/premises/1/residents/new", **person)
        assert (status, "кода города" in page) == (422, True)
        person["phones"] = "8 916 123-45-67\n84951234567"
        status, who, _ = await sent(client, f"{HOME}/premises/1/residents/new", **person)
        assert status == 303
        card = await text_of(client, who)
        assert "+7 916 123-45-67" in card
        assert "+7 495 123-45-67" in card
        assert "Иванова Мария" in await text_of(client, where)
        status, back, _ = await sent(
            client, f"{who}/consents", purpose="recording", source="звонок", given_on="2026-03-01"
        )
        assert (status, back) == (303, f"{who}#consents")
        assert (await sent(client, f"{who}/consents", purpose="recording", source="", given_on="вчера"))[
            0
        ] == 422
        assert (await sent(client, f"{HOME}/consents/1/withdraw"))[0] == 303
        assert "отозвано" in await text_of(client, who)


async def test_a_form_that_somebody_overtook_says_what_changed(tmp_path: Path) -> None:
    async with opened_directory(tmp_path) as desk, visitor(desk.address, "agent") as client:
        async with desk.database.writing() as connection:
            house, home, who = await one_home(connection, "sever")
        for path, fields, changed in (
            (
                f"houses/{house}",
                {"street": "Ленина", "street_kind": "ул.", "number": "5", "floors": "9"},
                "floors",
            ),
            (f"premises/{home}", {"number": "12", "account": "770"}, "account"),
            (f"residents/{who}", {"full_name": "Иванова М П", f"role_{home}": "owner"}, "full_name"),
        ):
            assert (await sent(client, f"{HOME}/{path}/edit", version="1", **fields))[0] == 303, path
            status, _, page = await sent(
                client, f"{HOME}/{path}/edit", version="1", **{**fields, changed: "178"}
            )
            assert status == (422 if changed == "full_name" else 409), path
            name = {**fields, changed: "Петрова" if changed == "full_name" else "178"}
            status, _, page = await sent(client, f"{HOME}/{path}/edit", version="1", **name)
            assert status == 409, path
            assert f"<td>{name[changed]}</td>" in page


async def test_contractors_have_hours_and_houses(tmp_path: Path) -> None:
    async with opened_directory(tmp_path) as desk, visitor(desk.address, "supervisor") as client:
        async with desk.database.writing() as connection:
            house, _, _ = await one_home(connection, "sever")
        wrong = {"company": "sever", "name": "Лифт", "trade": "lift", "phone_0": "x", "from_0": "25:99"}
        status, _, page = await sent(client, f"{HOME}/contractors/new", **wrong)
        assert status == 422
        assert "Время от 00:00" in page
        good = {
            "company": "all",
            "name": "Служба спасения",
            "trade": "city",
            "emergency": "1",
            "phone_0": "112",
        }
        assert (await sent(client, f"{HOME}/contractors/new", **good, client_id="c1"))[0] == 303
        lift = {
            "company": "sever",
            "name": "Лифт-Сервис",
            "trade": "lift",
            "phone_0": "84951234567",
            "from_0": "20:00",
            "until_0": "08:00",
        }
        assert (await sent(client, f"{HOME}/contractors/new", **lift, houses=str(house), client_id="c2"))[
            0
        ] == 303
        card = await text_of(client, f"{HOME}/houses/{house}")
        assert "Служба спасения" in card
        assert "20:00–08:00" in card
        assert "круглосуточно" in card
        async with visitor(desk.address, "sever") as company:
            listed = await text_of(company, f"{HOME}/contractors")
            assert f"{HOME}/contractors/2/edit" in listed
            assert f"{HOME}/contractors/1/edit" not in listed
            assert (await sent(company, f"{HOME}/contractors/1/remove"))[0] == 404
            assert (await sent(company, f"{HOME}/contractors/2/remove"))[0] == 303


async def test_of_company_b_company_a_gets_nothing_by_any_route(tmp_path: Path) -> None:
    async with opened_directory(tmp_path) as desk, visitor(desk.address, "sever") as client:
        async with desk.database.writing() as connection:
            house, home, who = await one_home(connection, "yug", street="Тайная", name="Скрытов Пётр")
        before = [
            await text_of(client, f"{HOME}/suggest?q={typed}") for typed in ("тайная", "скрытов", "1234567")
        ]
        assert all('"found": []' in one for one in before)
        for path in (
            f"houses/{house}",
            f"houses/{house}/edit",
            f"premises/{home}/edit",
            f"residents/{who}",
            f"residents/{who}/edit",
        ):
            page = await text_of(client, f"{HOME}/{path}", 404)
            assert "Тайная" not in page
            assert page == await text_of(client, f"{HOME}/{path.replace(str(house), '999')}", 404)
        for path in (f"houses/{house}/leave", f"houses/{house}/devices/new", f"residents/{who}/remove"):
            assert (await sent(client, f"{HOME}/{path}", place="x", phone="84951234567", device_kind="lift"))[
                0
            ] == 404
        assert (await sent(client, f"{HOME}/export", company="yug", format="csv"))[0] == 404
        async with client.post(f"{HOME}/loads?company=yug&name=x.csv", data=b"x") as answer:
            assert answer.status == 422


@pytest.mark.parametrize("person", ["agent", "editor"])
async def test_who_may_not_load_finds_no_such_page(tmp_path: Path, person: str) -> None:
    async with opened_directory(tmp_path) as desk, visitor(desk.address, person) as client:
        await text_of(client, f"{HOME}/loads", 404)
        assert "Загрузка и выгрузка" not in await text_of(client, HOME)
        assert (await sent(client, f"{HOME}/export", company="sever"))[0] == 404


async def test_a_file_goes_from_upload_to_the_directory_and_back_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = (
        "Код;Улица;Дом;Кв;ФИО;Телефон;Примечание\r\n"
        "1;ул. Ленина;5;12;Иванова Мария;89161234567;=СУММ(1)\r\n"
        "2;ул. Мира;5;1;Петров;12345;\r\n"
    )
    async with opened_directory(tmp_path) as desk, visitor(desk.address, "sever") as client:
        async with client.post(
            f"{HOME}/loads?company=sever&name=a.csv&client_id=x", data=rows.encode("cp1251")
        ) as answer:
            path = (await answer.json())["path"]
        await desk.loads.settled()
        page = await text_of(client, path)
        assert page.count(" selected") == 7
        assert (await sent(client, f"{path}/apply"))[0] == 409
        status, _, page = await sent(client, f"{path}/columns", column_0="name", column_1="name")
        assert status == 422
        assert "уже выбрано" in page
        chosen = ["external_id", "street", "house", "flat", "name", "phone", "note"]
        fields = {f"column_{at}": field for at, field in enumerate(chosen)}
        assert (await sent(client, f"{path}/columns", **fields))[0] == 303
        await desk.loads.settled()
        page = await text_of(client, path)
        assert "кода города" in page
        faults = list(
            csv.reader(
                io.StringIO((await text_of(client, f"{path}/faults.csv")).lstrip("\ufeff")), delimiter=";"
            )
        )
        assert faults[1][:3] == ["3", "Телефон", "12345"]
        assert (await sent(client, f"{path}/apply"))[0] == 303
        await desk.loads.settled()
        assert "Загружен" in await text_of(client, path)
        async with client.post(f"{HOME}/export", data={"company": "sever", "format": "csv"}) as answer:
            body = await answer.read()
        assert body.startswith(b"\xef\xbb\xbf")
        (heads, only) = list(csv.reader(io.StringIO(body.decode("utf-8-sig")), delimiter=";"))
        line = dict(zip(heads, only, strict=True))
        assert (line["Улица"], line["Дом"], line["Квартира"], line["Примечание"]) == (
            "ул. Ленина",
            "5",
            "12",
            "'=СУММ(1)",
        )
        assert b"\r\n" in body
        async with client.post(f"{HOME}/export", data={"company": "sever", "format": "xlsx"}) as answer:
            (tmp_path / "out.xlsx").write_bytes(await answer.read())
        sheet = CalamineWorkbook.from_path(str(tmp_path / "out.xlsx")).get_sheet_by_index(0).to_python()
        assert sheet[1][-1] == "=СУММ(1)"
        async with desk.database.reading() as connection:
            told = (await connection.execute(select(trail.c.action).order_by(trail.c.id))).scalars().all()
        assert [one for one in told if one in {"imported", "exported"}] == [
            "imported",
            "exported",
            "exported",
        ]
        monkeypatch.setattr(load_pages, "MOST_BYTES", 100)
        async with client.post(f"{HOME}/loads?company=sever&name=b.csv", data=b"x" * 200) as answer:
            assert answer.status == 413
            assert "Файл больше" in (await answer.json())["wrong"]

        assert list(desk.loads.folder.iterdir()) == []


async def test_a_broken_file_is_refused_in_words(tmp_path: Path) -> None:
    async with opened_directory(tmp_path) as desk, visitor(desk.address, "sever") as client:
        async with client.post(f"{HOME}/loads?company=sever&name=a.xlsx", data=b"PK\x03\x04junk") as answer:
            path = (await answer.json())["path"]
        await desk.loads.settled()
        assert "Файл испорчен или это не таблица" in await text_of(client, path)
        assert (await sent(client, f"{path}/discard"))[0] == 303
        assert list(desk.loads.folder.iterdir()) == []


async def test_a_residents_data_are_told_and_erased(tmp_path: Path) -> None:
    async with opened_directory(tmp_path) as desk, desk.database.writing() as connection:
        _, home, who = await one_home(connection, "sever")
        await contacted(connection, AGENT, "sever", "+79161234567", who, home, NOON)
        await add_consent(connection, AGENT, NOON, who, Consent("recording", "звонок", date(2026, 3, 1)))
        (told,) = await SHARE.tell(connection, SUPERVISOR, who)
        assert (told["full_name"], told["phones"]) == ("Иванова Мария Петровна", ["+79161234567"])
        assert told["last_contacts"][0]["phone"] == "+79161234567"
        assert told["consents"][0]["given_on"] == "2026-03-01"
        with pytest.raises(NotSeen):
            await SHARE.erase(connection, YUG, NOON, who)
        erased = await SHARE.erase(connection, SUPERVISOR, NOON, who)
        assert len(erased.stays) == 1
        with pytest.raises(NotSeen):
            await SHARE.tell(connection, SUPERVISOR, who)
        kept = (await connection.execute(select(trail.c.before, trail.c.after))).all()
        assert not any("Иванова" in f"{row.before}{row.after}" for row in kept)


async def test_a_flat_far_down_is_on_the_page_that_opens(tmp_path: Path) -> None:
    async with opened_directory(tmp_path) as desk, visitor(desk.address, "agent") as client:
        async with desk.database.writing() as connection:
            house, _, _ = await one_home(connection, "sever", flat="1000")
            for flat in range(1, 120):
                await save_premises(connection, AGENT, NOON, house, Premises(str(flat)))
        page = await text_of(client, f"{HOME}/houses/{house}?flat=1000")
        assert 'id="found"' in page
        assert 'id="found"' not in await text_of(client, f"{HOME}/houses/{house}?flat=1000&from=0")


async def test_who_looked_at_whom_stands_in_the_trail(tmp_path: Path) -> None:
    async with opened_directory(tmp_path) as desk, visitor(desk.address, "agent") as client:
        async with desk.database.writing() as connection:
            house, _, who = await one_home(connection, "sever")
        await text_of(client, f"{HOME}/houses/{house}")
        await text_of(client, f"{HOME}/residents/{who}")
        async with desk.database.reading() as connection:
            rows = await connection.execute(
                select(trail).where(trail.c.action == "looked").order_by(trail.c.id)
            )
            assert [(row.subject_kind, row.subject_id, row.company) for row in rows.all()] == [
                ("house", str(house), "sever"),
                ("resident", str(who), "sever"),
            ]
