"""The knowledge base on both databases: written, published, found in any form of a word, read, doubted, proposed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.data.database import DeskDatabase
from callengine.desk.knowledge import commands, queries
from callengine.desk.knowledge.records import Stale, State, Verdict, Writing
from callengine.desk.knowledge.search import find
from callengine.desk.knowledge.topics.queries import checklist
from callengine.desk.knowledge.topics.records import missing
from callengine.desk.people.scope import NotSeen, Scope
from tests.support.desk_pages import ADMINISTRATOR, AGENT, EDITOR, SEVER, SUPERVISOR, YUG, desk_database
from tests.support.manual_clock import NOON

WATER = Writing(
    "Отключение холодной воды",
    "Вентили в подвале, 2-й подъезд. ХВС отключают аварийно.",
    "shut_off_water",
    "sever",
)
LIFT = Writing(
    "Застрял человек в лифте", "Звоните в ЛифтСервис, назовите подъезд. Не открывайте двери.", "lift"
)
SECRET = Writing("Код домофона Южного", "Канарейка 7788: код подъезда.", "access", "yug")


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[DeskDatabase]:
    url = (
        f"sqlite:///{tmp_path}/desk.db"
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_url")
    )
    async with desk_database(url) as opened:
        yield opened


async def published(connection: AsyncConnection, one: Writing) -> int:
    article_id = await commands.save(connection, EDITOR, NOON, one)
    await commands.publish(connection, EDITOR, NOON, article_id)
    return article_id


async def titles(connection: AsyncConnection, scope: Scope, query: str) -> list[str]:
    return [hit.article.title for hit in (await find(connection, scope, query, NOON)).hits]


async def test_an_article_is_found_by_every_form_and_by_other_names_and_with_a_typing_error(
    database: DeskDatabase,
) -> None:
    async with database.writing() as connection:
        await published(connection, WATER)
        await published(connection, LIFT)
    async with database.reading() as connection:
        for query in ("подвал", "вентиль", "отключили воду", "ХВС", "холодная вода", "Подвалы", "вентилт"):
            assert await titles(connection, AGENT, query) == [WATER.title], query
        for query in ("застряла в лифте", "лифты", "люди застряли лифт", "двери"):
            assert (await titles(connection, AGENT, query))[0] == LIFT.title, query
        assert await titles(connection, AGENT, "квартплата") == []
        assert await titles(connection, AGENT, "и в на") == []
        (hit,) = (await find(connection, AGENT, "подвале", NOON)).hits
        assert ("подвале", True) in hit.piece


async def test_a_company_finds_and_opens_nothing_of_another(database: DeskDatabase) -> None:
    async with database.writing() as connection:
        await published(connection, WATER)
        article_id = await published(connection, SECRET)
        draft = await commands.save(connection, EDITOR, NOON, Writing("Черновик", "вода", "other", "sever"))
    async with database.reading() as connection:
        assert await titles(connection, YUG, "канарейка") == [SECRET.title]
        for query in ("канарейка", "канарейкк", "7788", "код домофона"):
            found = await find(connection, SEVER, query, NOON)
            assert (list(found.hits), found.guessed) == ([], False)
        for reading in (queries.article, queries.versions, queries.houses_of, queries.who_has_read):
            with pytest.raises(NotSeen):
                await reading(connection, SEVER, article_id)
        with pytest.raises(NotSeen):
            await queries.article(connection, SEVER, draft)
        assert {one.title for one in await queries.latest(connection, SEVER)} == {WATER.title}
        with pytest.raises(NotSeen):
            await queries.pinned_for(connection, SEVER, "yug", None, None, NOON)
    async with database.writing() as connection:
        for change in (commands.publish, commands.withdraw, commands.mark_read):
            with pytest.raises(NotSeen):
                await change(connection, SEVER, NOON, article_id)
        with pytest.raises(NotSeen):
            await commands.save(connection, SEVER, NOON, LIFT)


async def test_readers_see_the_published_version_and_editors_the_newer_draft(database: DeskDatabase) -> None:
    async with database.writing() as connection:
        article_id = await published(connection, WATER)
        newer = Writing("Отключение воды", "Вентили перенесли на чердак.", "shut_off_water", "sever")
        await commands.save(connection, EDITOR, NOON, newer, article_id=article_id, version=1)
        assert (await queries.article(connection, AGENT, article_id)).title == WATER.title
        assert await titles(connection, AGENT, "чердак") == []
        assert [one.version for one in await queries.versions(connection, AGENT, article_id)] == [1]
        assert [one.version for one in await queries.versions(connection, EDITOR, article_id)] == [2, 1]
        await commands.publish(connection, EDITOR, NOON, article_id)
        assert await titles(connection, AGENT, "чердак") == [newer.title]
        assert await titles(connection, AGENT, "подвал") == []
        await commands.withdraw(connection, EDITOR, NOON, article_id)
        assert await titles(connection, AGENT, "чердак") == []
        with pytest.raises(NotSeen):
            await queries.article(connection, AGENT, article_id)
        assert (await queries.article(connection, EDITOR, article_id)).state is State.WITHDRAWN


async def test_of_two_who_write_the_later_one_is_told_what_changed(database: DeskDatabase) -> None:
    async with database.writing() as connection:
        article_id = await published(connection, WATER)
        await commands.save(connection, EDITOR, NOON, WATER, article_id=article_id, version=1)
        with pytest.raises(Stale) as told:
            await commands.save(connection, ADMINISTRATOR, NOON, LIFT, article_id=article_id, version=1)
    assert (told.value.version, told.value.by, told.value.body) == (2, EDITOR.name, WATER.body)


async def test_a_form_that_is_sent_twice_is_one_article(database: DeskDatabase) -> None:
    async with database.writing() as connection:
        made = [await commands.save(connection, EDITOR, NOON, LIFT, client_id="c1") for _ in range(2)]
        assert made[0] == made[1]
        asked = [
            await commands.propose(connection, SEVER, NOON, WATER, article_id=None, client_id="p1")
            for _ in range(2)
        ]
        assert asked[0] == asked[1]


async def test_what_is_new_or_importantly_changed_is_listed_until_it_is_read(database: DeskDatabase) -> None:
    async with database.writing() as connection:
        article_id = await published(connection, WATER)
        await published(connection, SECRET)

        async def unread() -> list[str]:
            return [one.title for one in await queries.unread(connection, AGENT, {"sever"}, NOON)]

        assert await unread() == [WATER.title]
        assert AGENT.account_id not in await queries.who_has_read(connection, SUPERVISOR, article_id)
        await commands.mark_read(connection, AGENT, NOON, article_id)
        assert await unread() == []
        assert AGENT.account_id in await queries.who_has_read(connection, SUPERVISOR, article_id)
        for important, wanted in ((False, []), (True, [WATER.title])):
            changed = Writing(WATER.title, WATER.body + "!", WATER.topic, "sever", important=important)
            await commands.save(connection, EDITOR, NOON, changed, article_id=article_id)
            assert await unread() == []  # Not published yet.
            await commands.publish(connection, EDITOR, NOON, article_id)
            assert await unread() == wanted
        later = NOON + timedelta(days=1)
        over = Writing("Было", "вода", "other", "sever", valid_until=later)
        await published(connection, over)
        assert over.title in await unread()
        assert over.title not in [
            one.title for one in await queries.unread(connection, AGENT, {"sever"}, later)
        ]


async def test_the_pop_shows_the_houses_own_before_the_companys_before_everybodys(
    database: DeskDatabase,
) -> None:
    async with database.writing() as connection:
        for one in (
            Writing("Всем", "а", "other", pinned=1),
            Writing("Компании", "а", "other", "sever", pinned=1),
            Writing("Дому", "а", "access", "sever", houses=(7,)),
            Writing("Другому дому", "а", "access", "sever", houses=(8,)),
            Writing("Не закреплено", "а", "other", "sever"),
        ):
            await published(connection, one)
        for house, wanted in ((7, ["Дому", "Компании", "Всем"]), (None, ["Компании", "Всем"])):
            found = await queries.pinned_for(connection, AGENT, "sever", house, None, NOON)
            assert [one.title for one in found] == wanted
        found = await queries.pinned_for(connection, AGENT, "sever", 8, "access", NOON)
        assert [one.title for one in found] == ["Другому дому", "Компании", "Всем"]


async def test_houses_that_answer_calls_without_knowledge_are_told(database: DeskDatabase) -> None:
    async with database.writing() as connection:
        houses = {7: "sever", 9: "yug"}
        covered = await queries.covered(connection, SUPERVISOR, houses, NOON)
        wanted = await checklist(connection, SUPERVISOR)
        assert len(wanted) == 9
        assert missing(covered[7], wanted, "sever") == wanted
        await published(connection, Writing("Вентили", "а", "shut_off_water", "sever", houses=(7,)))
        await published(connection, Writing("Вентили вообще", "а", "shut_off_water", "yug"))
        await published(connection, LIFT)
        covered = await queries.covered(connection, SUPERVISOR, houses, NOON)
        assert {one.key for one in wanted} - {one.key for one in missing(covered[7], wanted, "sever")} == {
            "shut_off_water",
            "lift",
        }
        # Where this house's valves are, an article of the company does not tell.
        assert "shut_off_water" in {one.key for one in missing(covered[9], wanted, "yug")}
        assert set(await queries.covered(connection, SEVER, houses, NOON)) == {7}


async def test_what_agents_say_is_out_of_date_is_listed_until_a_newer_version(database: DeskDatabase) -> None:
    async with database.writing() as connection:
        article_id = await published(connection, WATER)
        await commands.vote(connection, SUPERVISOR, NOON, article_id, Verdict.HELPED)
        await commands.vote(connection, AGENT, NOON, article_id, Verdict.HELPED)
        assert await queries.doubted(connection, EDITOR) == ()
        await commands.vote(connection, AGENT, NOON, article_id, Verdict.OUTDATED, "вентили на чердаке")
        (one,) = await queries.doubted(connection, EDITOR)
        assert (one.outdated, one.helped, one.notes) == (1, 1, ["вентили на чердаке"])
        await commands.save(connection, EDITOR, NOON, WATER, article_id=article_id)
        await commands.publish(connection, EDITOR, NOON, article_id)
        assert await queries.doubted(connection, EDITOR) == ()


async def test_a_company_proposes_and_an_editor_decides_once(database: DeskDatabase) -> None:
    async with database.writing() as connection:
        article_id = await published(connection, WATER)
        better = Writing(WATER.title, "Вентили на чердаке.", WATER.topic, "sever")
        first = await commands.propose(connection, SEVER, NOON, better, article_id=article_id, client_id="a")
        second = await commands.propose(
            connection, SEVER, NOON, LIFT_OF_SEVER, article_id=None, client_id="b"
        )
        with pytest.raises(NotSeen):
            await queries.proposal(connection, YUG, first)
        assert await queries.proposals(connection, YUG) == ()
        assert [one.id for one in await queries.proposals(connection, EDITOR)] == [first, second]
        assert (
            await commands.decide(connection, EDITOR, NOON, first, accept=True, answer="спасибо")
            == article_id
        )
        newest = (await queries.versions(connection, EDITOR, article_id))[0]
        assert (newest.body, newest.note) == (better.body, SEVER.name)
        assert (await queries.article(connection, AGENT, article_id)).plain.startswith("Вентили в подвале")
        assert (
            await commands.decide(connection, EDITOR, NOON, second, accept=False, answer="уже есть") is None
        )
        with pytest.raises(Stale):
            await commands.decide(connection, EDITOR, NOON, second, accept=True, answer="")
        (declined,) = await queries.proposals(connection, SEVER, state="declined")
        assert declined.answer == "уже есть"


LIFT_OF_SEVER = Writing("Лифт", "Стоит.", "lift", "sever")


async def test_a_guess_knows_what_was_just_published_and_nothing_of_another_company(
    database: DeskDatabase,
) -> None:
    async with database.writing() as connection:
        await published(connection, WATER)
    async with database.reading() as connection:
        assert await titles(connection, SEVER, "вентели") == [WATER.title]
        assert await titles(connection, SEVER, "шлагбаом") == []
    async with database.writing() as connection:
        await published(connection, Writing("Шлагбаум", "Пульт у консьержа.", "access", "sever"))
        await published(connection, Writing("Квитанции Южного", "Шлакбаум.", "other", "yug"))
    async with database.reading() as connection:
        assert await titles(connection, SEVER, "шлагбаом") == ["Шлагбаум"]
        assert await titles(connection, YUG, "шлагбаом") == ["Квитанции Южного"]
        assert not (await find(connection, YUG, "вентели", NOON)).guessed
