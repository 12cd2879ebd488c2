"""Cards of calls on both kinds of database: opened once, kept as typed, closed when they say what it was about."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.cards.commands import (
    CardClosed,
    close_card,
    conversation_ended,
    keep_draft,
    mark_checked,
    open_card,
    reopen_card,
    set_place,
    take_over,
)
from callengine.desk.cards.drafts import Sent
from callengine.desk.cards.marks import Nuisance, lift_nuisance, mark_nuisance, write_note
from callengine.desk.cards.privacy import SHARE
from callengine.desk.cards.queries import (
    card_of,
    card_of_call,
    contacts_between,
    contacts_since,
    last_contacts,
    notes_since,
    nuisance_of,
    nuisances,
    topics_of,
    unfinished,
    who_took,
)
from callengine.desk.cards.two_minutes import figures
from callengine.desk.cards.values import Opening, Place
from callengine.desk.data.database import DeskDatabase
from callengine.desk.directory.commands.houses import save_house, save_premises
from callengine.desk.directory.records import House, Premises
from callengine.desk.directory.typed.house_numbers import HouseNumber
from callengine.desk.knowledge.topics.commands import add_topic, retire_topic
from callengine.desk.knowledge.topics.queries import all_topics
from callengine.desk.knowledge.topics.records import TopicWriting
from callengine.desk.people.rights import Role
from callengine.desk.people.scope import NotSeen, Scope, system_scope
from callengine.desk.people.tables import trail
from tests.support.desk_pages import AGENT, SEVER, SUPERVISOR, YUG, desk_database
from tests.support.manual_clock import NOON

OTHER_AGENT = Scope(9, "Сидоров", Role.AGENT, None, agent="1002")
PROGRAM = system_scope("a call was answered")
LATER = NOON + timedelta(seconds=100)


@pytest.fixture(params=["sqlite", "postgresql"])
def desk_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/desk.db"
    postgres: str = request.getfixturevalue("postgres_url")
    return postgres


@pytest.fixture
async def connection(desk_url: str) -> AsyncIterator[AsyncConnection]:
    async with desk_database(desk_url) as database, database.writing() as opened:
        yield opened


def call(name: str = "c1", agent: str = "1001", company: str = "sever", place: str = "") -> Opening:
    return Opening("incoming", name, company, agent, "+79161234567", "УК Север", NOON, place=place)


def typed(version: int, turn: int, tab: str = "a", **changes: str) -> Sent:
    return Sent(version, tab, turn, {name.replace("form_", "form."): one for name, one in changes.items()})


async def topic_named(connection: AsyncConnection, name: str) -> str:
    return next(
        str(row["id"]) for row in await topics_of(connection, AGENT, "sever") if row["name_en"] == name
    )


async def a_flat(connection: AsyncConnection, company: str = "sever", number: str = "12") -> tuple[int, int]:
    house = await save_house(
        connection, SUPERVISOR, NOON, House(company, "Ленина", HouseNumber("5"), street_kind="ул.")
    )
    return house, await save_premises(connection, SUPERVISOR, NOON, house, Premises(number))


async def test_a_conversation_has_one_card_however_often_it_is_told(connection: AsyncConnection) -> None:
    first = await open_card(connection, PROGRAM, NOON, call())
    assert await open_card(connection, PROGRAM, LATER, call()) == first
    other = await open_card(connection, PROGRAM, NOON, call(agent="1002"))
    assert other != first
    row = await card_of(connection, AGENT, first)
    assert (row["number"], row["answered_at"], row["closed_at"]) == ("+79161234567", NOON, None)
    found = await card_of_call(connection, AGENT, "c1", "1001")
    assert found is not None
    assert found["id"] == first
    await conversation_ended(connection, PROGRAM, LATER, "c1")
    assert (await card_of(connection, AGENT, first))["ended_at"] == LATER
    assert (await connection.execute(select(trail.c.action, trail.c.subject_id))).all() == [
        ("opened", str(first)),
        ("opened", str(other)),
    ]


async def test_a_card_is_its_agents_and_of_who_leads_the_shift(connection: AsyncConnection) -> None:
    card = await open_card(connection, PROGRAM, NOON, call())
    for scope in (AGENT, SUPERVISOR):
        assert (await card_of(connection, scope, card))["id"] == card
    narrow = Scope(8, "Старший юга", Role.SUPERVISOR, frozenset({"yug"}))
    for scope in (OTHER_AGENT, SEVER, YUG, narrow):
        with pytest.raises(NotSeen):
            await card_of(connection, scope, card)
        with pytest.raises(NotSeen):
            await keep_draft(connection, scope, NOON, card, typed(1, 1, note="чужое"))
        assert await unfinished(connection, scope, None) == []
    assert [row["id"] for row in await unfinished(connection, AGENT, "1001")] == [card]


async def test_what_two_tabs_type_is_kept_and_what_both_type_is_told(connection: AsyncConnection) -> None:
    card = await open_card(connection, PROGRAM, NOON, call())
    row, kept = await keep_draft(connection, AGENT, NOON, card, typed(1, 1, note="Нет воды"))
    assert (row["note"], row["version"], kept.conflicts) == ("Нет воды", 2, ())
    row, kept = await keep_draft(connection, AGENT, NOON, card, typed(1, 1, tab="b", settled="1"))
    assert (row["note"], row["settled"], kept.conflicts) == ("Нет воды", True, ())
    row, kept = await keep_draft(connection, AGENT, NOON, card, typed(1, 2, tab="b", note="Нет света"))
    assert (row["note"], row["version"], kept.conflicts) == ("Нет воды", 3, ("note",))
    row, kept = await keep_draft(connection, AGENT, NOON, card, typed(3, 3, tab="b", note="Нет света"))
    assert (row["note"], row["version"], kept.conflicts) == ("Нет света", 4, ())


async def test_the_place_is_of_the_calls_company_or_what_was_typed(connection: AsyncConnection) -> None:
    house, flat = await a_flat(connection)
    _, elsewhere = await a_flat(connection, "yug")
    card = await open_card(connection, PROGRAM, NOON, call(place=f"p{flat}"))
    row = await card_of(connection, AGENT, card)
    assert (row["house_id"], row["premises_id"], row["place"]) == (house, flat, "ул. Ленина, д. 5, кв. 12")
    row, _ = await keep_draft(connection, AGENT, NOON, card, typed(1, 1, place="tу рынка"))
    assert (row["house_id"], row["premises_id"], row["place"]) == (None, None, "у рынка")
    with pytest.raises(NotSeen):
        await keep_draft(connection, AGENT, NOON, card, typed(2, 2, place=f"p{elsewhere}"))
    row = await set_place(connection, AGENT, NOON, card, Place(house_id=house))
    assert (row["house_id"], row["premises_id"]) == (house, None)
    await mark_checked(connection, AGENT, LATER, card, 7)
    row = await card_of(connection, AGENT, card)
    assert (row["checked_at"], row["resident_id"]) == (LATER, 7)


async def test_a_closed_card_says_what_it_was_about(connection: AsyncConnection) -> None:
    card = await open_card(connection, PROGRAM, NOON, call())
    _, faults = await close_card(connection, AGENT, NOON, card)
    assert {name: fault.code for name, fault in faults.items()} == {"topic": "required"}
    topic = await topic_named(connection, "Pass")
    await keep_draft(connection, AGENT, NOON, card, typed(1, 1, topic=topic, form_day="вчера"))
    _, faults = await close_card(connection, AGENT, NOON, card)
    assert {name: fault.code for name, fault in faults.items()} == {
        "form.whom": "required",
        "form.day": "date",
    }
    sent = typed(2, 2, form_day="2026-11-27", form_whom="Петров", settled="1")
    await keep_draft(connection, AGENT, NOON, card, sent)
    row, faults = await close_card(connection, AGENT, LATER, card)
    assert (faults, row["closed_at"], row["closed_by"]) == ({}, LATER, "Иванова")
    assert (await close_card(connection, AGENT, LATER, card))[1] == {}
    assert await unfinished(connection, AGENT, "1001") == []
    with pytest.raises(CardClosed):
        await keep_draft(connection, AGENT, LATER, card, typed(9, 3, note="ещё"))
    told = figures(await contacts_between(connection, AGENT, NOON, LATER))
    assert (told.contacts, told.settled, told.mean) == (1, 1, timedelta(seconds=100))
    await reopen_card(connection, AGENT, LATER, card)
    row, _ = await keep_draft(connection, AGENT, LATER, card, typed(9, 4, note="ещё"))
    assert (row["note"], row["closed_at"]) == ("ещё", None)


async def test_a_reading_is_measured_against_the_last_one_of_the_same_premises(
    connection: AsyncConnection,
) -> None:
    _, flat = await a_flat(connection)
    topic = await topic_named(connection, "Meter readings")
    for name, cold, wrong in (
        ("c1", "100", ""),
        ("c2", "90", "less"),
        ("c3", "500", "jump"),
        ("c4", "105,5", ""),
    ):
        card = await open_card(connection, PROGRAM, NOON, call(name, place=f"p{flat}"))
        await keep_draft(connection, AGENT, NOON, card, typed(1, 1, topic=topic, form_cold=cold))
        _, faults = await close_card(connection, AGENT, LATER, card)
        assert {name: fault.code for name, fault in faults.items()} == ({"form.cold": wrong} if wrong else {})


async def test_earlier_contacts_of_the_number_and_of_the_premises_are_found(
    connection: AsyncConnection,
) -> None:
    _, flat = await a_flat(connection)
    first = await open_card(connection, PROGRAM, NOON, call("c1", place=f"p{flat}"))
    second = await open_card(connection, PROGRAM, LATER, call("c2", agent="1002"))
    await open_card(connection, PROGRAM, LATER, call("c3", company="yug"))
    number = "+79161234567"
    for scope, company, expected in (
        (AGENT, "sever", [second, first]),
        (SEVER, "sever", [second, first]),
        (YUG, "sever", []),
    ):
        found = await last_contacts(connection, scope, company, number, [])
        assert [row["id"] for row in found] == expected
    found = await last_contacts(connection, AGENT, "sever", "", [flat])
    assert [row["id"] for row in found] == [first]
    assert await last_contacts(connection, AGENT, "sever", "", []) == []
    today = await contacts_since(connection, AGENT, "1001", NOON)
    assert [row["call"] for row in today] == ["c3", "c1"]


async def test_an_open_card_is_taken_over_once_by_name(connection: AsyncConnection) -> None:
    card = await open_card(connection, PROGRAM, NOON, call())
    thing = f"card:{card}"
    with pytest.raises(NotSeen):
        await take_over(connection, YUG, LATER, thing)
    assert await take_over(connection, OTHER_AGENT, LATER, thing)
    assert not await take_over(connection, SUPERVISOR, LATER, thing)
    assert (await card_of(connection, OTHER_AGENT, card))["agent"] == "1002"
    taken = await who_took(connection, AGENT, [thing, "owed:7"])
    assert {name: row["taken_by"] for name, row in taken.items()} == {thing: "Сидоров"}


async def test_marks_and_notes_are_written_once_and_marks_end(connection: AsyncConnection) -> None:
    mark = Nuisance("sever", "+79160000001", "ругается", NOON + timedelta(days=7))
    for _ in range(2):
        await mark_nuisance(connection, SUPERVISOR, NOON, "browser-1", mark)
        await write_note(connection, AGENT, NOON, "browser-2", "Ключ от подвала у сантехника")
    with pytest.raises(NotSeen):
        await mark_nuisance(connection, YUG, NOON, "browser-3", mark)
    (row,) = await nuisances(connection, SUPERVISOR, NOON)
    found = await nuisance_of(connection, AGENT, "sever", mark.number, NOON)
    assert found is not None
    assert found["reason"] == "ругается"
    assert await nuisance_of(connection, AGENT, "yug", mark.number, NOON) is None
    assert await nuisance_of(connection, AGENT, "sever", "", NOON) is None
    assert await nuisance_of(connection, AGENT, "sever", mark.number, mark.until) is None
    with pytest.raises(NotSeen):
        await lift_nuisance(connection, YUG, NOON, row["id"])
    for _ in range(2):
        await lift_nuisance(connection, SUPERVISOR, NOON, row["id"])
    assert await nuisances(connection, SUPERVISOR, NOON) == []
    assert [row["text"] for row in await notes_since(connection, AGENT, NOON)] == [
        "Ключ от подвала у сантехника"
    ]


async def test_topics_are_data_and_a_company_may_have_its_own(connection: AsyncConnection) -> None:
    form = json.dumps([{"name": "gate", "kind": "text", "label": {"ru": "Ворота", "en": "Gate"}}])
    own = await add_topic(
        connection, SUPERVISOR, NOON, TopicWriting("Шлагбаум", "Barrier", "sever", form=form)
    )
    names = [row["name_ru"] for row in await topics_of(connection, AGENT, "sever")]
    assert names[0] == "Шлагбаум"
    assert "Лифт" in names
    assert "Шлагбаум" not in [row["name_ru"] for row in await topics_of(connection, AGENT, "yug")]
    with pytest.raises(NotSeen):
        await add_topic(connection, YUG, NOON, TopicWriting("а", "b", "sever"))
    await retire_topic(connection, SUPERVISOR, NOON, own, True)
    assert "Шлагбаум" not in [row["name_ru"] for row in await topics_of(connection, AGENT, "sever")]
    assert "Шлагбаум" in [one.name("ru") for one in await all_topics(connection, SUPERVISOR)]
    assert "Шлагбаум" not in [one.name("ru") for one in await all_topics(connection, YUG)]


async def test_a_resident_is_told_what_cards_say_of_him_and_erased_from_them(
    connection: AsyncConnection,
) -> None:
    card = await open_card(connection, PROGRAM, NOON, call())
    await keep_draft(connection, AGENT, NOON, card, typed(1, 1, note="Болеет", form_x="1", place="tу рынка"))
    await mark_checked(connection, AGENT, NOON, card, 7)
    assert await SHARE.tell(connection, YUG, 7) == []
    (told,) = await SHARE.tell(connection, SEVER, 7)
    assert (told["note"], told["number"]) == ("Болеет", "+79161234567")
    assert (await SHARE.erase(connection, YUG, LATER, 7)).rows == 0
    erased = await SHARE.erase(connection, SUPERVISOR, LATER, 7)
    assert erased.rows == 1
    row = await card_of(connection, AGENT, card)
    assert (row["note"], row["number"], row["place"], row["answers"]) == ("", "", "", "{}")
    assert row["opened_at"] == NOON
    assert await SHARE.tell(connection, SUPERVISOR, 7) == []


async def test_cards_written_at_once_are_all_kept(desk_url: str) -> None:
    async with desk_database(desk_url) as database:
        await _write_at_once(database)


async def _write_at_once(database: DeskDatabase) -> None:
    import asyncio

    async def one() -> int:
        async with database.writing() as connection:
            return await open_card(connection, PROGRAM, NOON, call())

    assert len(set(await asyncio.gather(*(one() for _ in range(8))))) == 1
