"""The directory on both databases: who may be calling, what is found, what may be changed by whom."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from callengine.desk.data.database import DeskDatabase
from callengine.desk.directory.callers import contacted, device_calling, house_label, who_may_be
from callengine.desk.directory.commands.contractors import save_contractor
from callengine.desk.directory.commands.houses import (
    add_device,
    leave_house,
    remove_device,
    save_house,
    save_premises,
)
from callengine.desk.directory.commands.residents import (
    add_consent,
    remove_residents,
    save_resident,
    withdraw_consent,
)
from callengine.desk.directory.finding.search import DirectorySearch
from callengine.desk.directory.queries import (
    contractors_of_house,
    count_all,
    house_card,
    list_contractors,
    list_houses,
    premises_of,
    resident_card,
)
from callengine.desk.directory.records import (
    Consent,
    Contractor,
    ContractorPhone,
    Device,
    House,
    Premises,
    Resident,
    Stale,
    Taken,
)
from callengine.desk.directory.tables import houses
from callengine.desk.directory.typed.house_numbers import HouseNumber
from callengine.desk.people.scope import NotSeen
from callengine.desk.people.tables import trail
from tests.support.desk_directory import one_home
from tests.support.desk_pages import AGENT, SEVER, SUPERVISOR, YUG, desk_database
from tests.support.manual_clock import NOON

NUMBER = "+79161234567"


@pytest.fixture(params=["sqlite", "postgresql"])
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[DeskDatabase]:
    url = f"sqlite:///{tmp_path}/desk.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    async with desk_database(url) as database:
        yield database


async def test_all_whom_a_number_may_be_come_last_contact_first(desk: DeskDatabase) -> None:
    async with desk.writing() as connection:
        house, home, maria = await one_home(connection, "sever")
        other = await save_premises(connection, AGENT, NOON, house, Premises("13"))
        son = await save_resident(
            connection,
            AGENT,
            NOON,
            Resident("sever", "Иванов Пётр", phones=[NUMBER], homes=[(other, "tenant")]),
        )
        await one_home(connection, "yug", name="Чужой Человек")
        before = await who_may_be(connection, AGENT, "sever", NUMBER)
        await contacted(connection, AGENT, "sever", NUMBER, maria, home, NOON)
        await contacted(connection, AGENT, "sever", NUMBER, son, other, NOON + timedelta(minutes=1))
        after = await who_may_be(connection, AGENT, "sever", NUMBER)
        label = await house_label(connection, AGENT, NUMBER, "sever")
        engines = await connection.execute(
            text(
                "SELECT house, flat FROM house_numbers WHERE company = 'sever' AND phone = :n ORDER BY flat"
            ),
            {"n": NUMBER},
        )
        rows = [tuple(row) for row in engines.all()]
        unseen = await who_may_be(connection, YUG, "sever", NUMBER)
    assert [one.name for one in before] == ["Иванова Мария Петровна", "Иванов Пётр"]
    assert [(one.name, one.flat, one.role) for one in after] == [
        ("Иванов Пётр", "13", "tenant"),
        ("Иванова Мария Петровна", "12", "owner"),
    ]
    assert after[0].last_contact_at == NOON + timedelta(minutes=1)
    assert label is not None
    assert (label.house, label.flat, label.premises) == ("ул. Ленина, д. 5", "", 2)
    assert rows == [("ул. Ленина, д. 5", "12"), ("ул. Ленина, д. 5", "13")]
    assert unseen == []


async def test_a_number_of_two_houses_has_no_label(desk: DeskDatabase) -> None:
    async with desk.writing() as connection:
        await one_home(connection, "sever")
        one = await house_label(connection, AGENT, NUMBER, "sever")
        await one_home(connection, "sever", street="Мира")
        none = await house_label(connection, AGENT, NUMBER, "sever")
    assert one is not None
    assert one.flat == "12"
    assert none is None


async def test_a_device_is_no_person(desk: DeskDatabase) -> None:
    async with desk.writing() as connection:
        house, _, _ = await one_home(connection, "sever")
        device = Device("lift", "подъезд 2, лифт 1", "+79260000001")
        identity = await add_device(connection, AGENT, NOON, house, device)
        calling = await device_calling(connection, AGENT, "sever", device.phone)
        with pytest.raises(Taken):
            await add_device(connection, AGENT, NOON, house, device)
        assert await device_calling(connection, YUG, "sever", device.phone) is None
        found = await DirectorySearch().find(connection, AGENT, "8 926 000-00-01")
        await remove_device(connection, AGENT, NOON, identity)
        assert await device_calling(connection, AGENT, "sever", device.phone) is None
    assert calling is not None
    assert (calling.kind, calling.place, calling.house) == ("lift", "подъезд 2, лифт 1", "ул. Ленина, д. 5")
    assert [(hit.kind, hit.name) for hit in found] == [("device", "подъезд 2, лифт 1")]


async def test_search_finds_what_the_scope_sees_and_nothing_else(desk: DeskDatabase) -> None:
    search = DirectorySearch()
    async with desk.writing() as connection:
        await one_home(connection, "sever")
        await one_home(connection, "yug", name="Чужая Анна Сергеевна", phones=["+79169999999"])
    async with desk.reading() as connection:
        for typed in ("ул. Ленена, д. 5 кв. 12", "ktybyf 5 12", "иванова ленина 5", "мария иванова", "45-67"):
            (first, *_) = await search.find(connection, SEVER, typed)
            assert (first.company, first.house, first.flat) == ("sever", "ул. Ленина, д. 5", "12"), typed
        for typed in ("чужая", "чужая анна", "999-99-99", "+7 916 999 99 99"):
            assert await search.find(connection, SEVER, typed) == [], typed
        assert {hit.company for hit in await search.find(connection, AGENT, "ленина 5")} == {"sever", "yug"}


async def test_a_new_street_and_name_are_found_at_once(desk: DeskDatabase) -> None:
    search = DirectorySearch()
    async with desk.writing() as connection:
        await one_home(connection, "sever")
        assert await search.find(connection, AGENT, "циолковского") == []
        await one_home(connection, "sever", street="Циолковского", name="Мухаметшин Ринат", phones=[])
        assert [hit.house for hit in await search.find(connection, AGENT, "циалковского 5")] == [
            "ул. Циолковского, д. 5"
        ]
        assert [hit.name for hit in await search.find(connection, AGENT, "мухамедшин")] == [
            "Мухаметшин Ринат"
        ]


async def test_of_another_company_nothing_is_there(desk: DeskDatabase) -> None:
    async with desk.writing() as connection:
        house, home, who = await one_home(connection, "yug")
    async with desk.writing() as connection:
        for question in (
            house_card(connection, SEVER, house),
            premises_of(connection, SEVER, home),
            resident_card(connection, SEVER, who),
            contractors_of_house(connection, SEVER, house),
            leave_house(connection, SEVER, NOON, house, left=True),
            save_premises(connection, SEVER, NOON, house, Premises("99")),
            save_house(connection, SEVER, NOON, House("yug", "Мира", HouseNumber("1"))),
            save_resident(connection, SEVER, NOON, Resident("yug", "Кто-то")),
            save_resident(connection, SEVER, NOON, Resident("sever", "Кто-то", homes=[(home, "owner")])),
            save_resident(connection, SEVER, NOON, Resident("sever", "Кто-то"), resident_id=who),
            remove_residents(connection, SEVER, NOON, [who]),
            add_consent(connection, SEVER, NOON, who, Consent("sms", "x", date(2026, 1, 1))),
            contacted(connection, SEVER, "yug", NUMBER, who, home, NOON),
        ):
            with pytest.raises(NotSeen):
                await question
        assert list(await list_houses(connection, SEVER)) == []
        assert (await count_all(connection, SEVER)).residents == 0


async def test_a_house_is_there_once_and_a_stale_form_is_refused(desk: DeskDatabase) -> None:
    house = House("sever", "Ленина", HouseNumber("5", korpus="2"), "ул.", floors=9)
    async with desk.writing() as connection:
        identity = await save_house(connection, AGENT, NOON, house, client_id="a")
        assert await save_house(connection, AGENT, NOON, house, client_id="a") == identity
        with pytest.raises(Taken) as taken:
            await save_house(connection, AGENT, NOON, house)
        assert (taken.value.field, taken.value.by) == ("number", identity)
        await save_house(connection, AGENT, NOON, replace(house, floors=10), house_id=identity, version=1)
        with pytest.raises(Stale) as stale:
            await save_house(connection, AGENT, NOON, replace(house, floors=12), house_id=identity, version=1)
        assert stale.value.now["floors"] == 10
        row = (await connection.execute(select(houses))).one()
        assert (row.label, row.house_key, row.floors, row.version) == ("ул. Ленина, д. 5, к. 2", "5к2", 10, 2)
        told = (await connection.execute(select(trail.c.action, trail.c.before, trail.c.after))).all()
        assert [one.action for one in told] == ["added", "changed"]
        assert (told[1].before, told[1].after) == ('{"floors": 9}', '{"floors": 10}')
        await leave_house(connection, AGENT, NOON, identity, left=True)
        assert list(await list_houses(connection, AGENT)) == []


async def test_a_resident_keeps_what_was_written(desk: DeskDatabase) -> None:
    async with desk.writing() as connection:
        _, home, who = await one_home(connection, "sever")
        more = Resident(
            "sever",
            "Иванова Мария",
            language="tt",
            note="плохо слышит",
            phones=[NUMBER, "+74951234567"],
            homes=[(home, "tenant")],
        )
        await save_resident(connection, AGENT, NOON, more, resident_id=who, version=1)
        with pytest.raises(Stale):
            await save_resident(connection, AGENT, NOON, more, resident_id=who, version=1)
        consent = await add_consent(
            connection, AGENT, NOON, who, Consent("recording", "заявление №5", date(2026, 3, 1))
        )
        await withdraw_consent(connection, AGENT, NOON, consent, date(2026, 4, 1))
        card = await resident_card(connection, AGENT, who)
        assert list(card.phones) == [NUMBER, "+74951234567"]
        assert [(row["role"], row["number"]) for row in card.homes] == [("tenant", "12")]
        assert [(row["purpose"], row["withdrawn_on"]) for row in card.consents] == [
            ("recording", date(2026, 4, 1))
        ]
        await remove_residents(connection, AGENT, NOON, [who])
        assert await who_may_be(connection, AGENT, "sever", NUMBER) == []


async def test_contractors_stand_at_their_houses(desk: DeskDatabase) -> None:
    always = ContractorPhone("112")
    async with desk.writing() as connection:
        house, _, _ = await one_home(connection, "sever")
        other, _, _ = await one_home(connection, "sever", street="Мира")
        await save_contractor(
            connection, SUPERVISOR, NOON, Contractor(None, "112", "city", True, phones=[always])
        )
        lift = Contractor("sever", "Лифт-Сервис", "lift", phones=[ContractorPhone(NUMBER)], houses=[house])
        identity = await save_contractor(connection, SEVER, NOON, lift)
        await save_contractor(connection, YUG, NOON, Contractor("yug", "Южлифт", "lift"))
        with pytest.raises(NotSeen):
            await save_contractor(connection, SEVER, NOON, Contractor(None, "Всем", "gas"))
        with pytest.raises(NotSeen):
            await save_contractor(connection, YUG, NOON, Contractor("yug", "X", "gas", houses=[house]))
        with pytest.raises(Stale):
            await save_contractor(connection, SEVER, NOON, lift, contractor_id=identity, version=7)
        here = await contractors_of_house(connection, SEVER, house)
        there = await contractors_of_house(connection, SEVER, other)
        listed = await list_contractors(connection, SEVER)
    assert [one.contractor["name"] for one in here] == ["112", "Лифт-Сервис"]
    assert [one.contractor["name"] for one in there] == ["112"]
    assert [one.contractor["name"] for one in listed] == ["112", "Лифт-Сервис"]
    assert [row["phone"] for row in here[1].phones] == [NUMBER]


async def test_a_houses_card_has_its_people(desk: DeskDatabase) -> None:
    async with desk.writing() as connection:
        house, home, who = await one_home(connection, "sever")
        await save_premises(connection, AGENT, NOON, house, Premises("2", account="0001234567"))
        card = await house_card(connection, AGENT, house)
        (hit,) = await DirectorySearch().find(connection, AGENT, "0001234567")
    assert [row["number"] for row in card.premises] == ["2", "12"]
    assert [row["id"] for row in card.residents[home]] == [who]
    assert card.premises_count == 2
    assert (hit.kind, hit.flat) == ("premises", "2")
