"""Conversations that the desk did not see get their cards of the ledger, once; none of before there was a desk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from callengine.desk.agent_page.catching_up import MissedCards
from callengine.desk.agent_page.centre import Centre
from callengine.desk.agent_page.pops.pinned_articles import PinnedArticles
from callengine.desk.cards.commands import open_card
from callengine.desk.cards.tables import cards
from callengine.desk.cards.values import Opening
from callengine.desk.data.database import DeskDatabase
from callengine.desk.ledger.reader import LedgerReader
from callengine.desk.people.scope import system_scope
from config.schema.pauses import PauseNames
from storage.schema.database import create_ledger_engine, ledger_url
from storage.schema.desk_tables import outgoing_calls
from tests.support.centre import moment
from tests.support.desk_pages import desk_database
from tests.support.told_calls import NODE, told_ledger

CENTRE = Centre({"sever": "УК Север"}, (), PauseNames(), {}, {}, {}, {}, {"74951234501": "Север: общая"})


BY_HAND = {
    "attempt": "out-1.1",
    "node": NODE,
    "command": "w",
    "company": "sever",
    "did": "74951234501",
    "agent": "1002",
    "account": "1",
    "by": "Петрова",
    "purpose": "обещали перезвонить",
    "e164": "+79160000777",
    "made_at": moment(300),
    "contacted_at": moment(310),
    "ended_at": moment(330),
    "result": "contacted",
}


class Rig:
    def __init__(self, reader: LedgerReader, database: DeskDatabase) -> None:
        self.database = database
        self.now = moment(3600)
        self.told: list[str] = []
        self.missed = MissedCards(reader, database, PinnedArticles(), CENTRE, lambda: self.now)
        self.missed.on_card = self.told.append

    async def card(self, call: str, agent: str, at: datetime) -> None:
        opening = Opening("incoming", call, "sever", agent, "+79161234567", "Север: общая", at)
        async with self.database.writing() as connection:
            await open_card(connection, system_scope("test"), at, opening)

    async def cards(self) -> list[Any]:
        of = cards.c
        async with self.database.reading() as connection:
            return list((await connection.execute(select(of.call, of.agent, of.kind).order_by(of.id))).all())


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    await told_ledger(f"sqlite:///{tmp_path}/ledger.db")
    engine = create_ledger_engine(ledger_url(f"sqlite:///{tmp_path}/ledger.db"))
    async with engine.begin() as connection:
        await connection.execute(outgoing_calls.insert().values(BY_HAND))
    await engine.dispose()
    reader = LedgerReader(ledger_url(f"sqlite:///{tmp_path}/ledger.db"), NODE)
    async with desk_database(f"sqlite:///{tmp_path}/desk.db") as database:
        try:
            yield Rig(reader, database)
        finally:
            await reader.close()


async def test_who_was_answered_while_the_desk_was_away_has_his_card_once(rig: Rig) -> None:
    await rig.card("answered", "1001", moment(10))
    await rig.missed.begin()
    # The first conversation after the desk is back has a card before the ledger was read.
    await rig.card("new", "1002", moment(3600))
    await rig.missed.catch_up()
    found = {tuple(row) for row in await rig.cards()}
    assert {("passed-on", "1001", "incoming"), ("passed-on", "1002", "incoming")} <= found
    assert ("a2", "1001", "callback") in found
    assert ("out-1.1", "1002", "dialled") in found
    assert not any(call in {"late", "owed", "waiting"} for call, _, _ in found)
    assert set(rig.told) == {"1001", "1002"}
    of = cards.c
    async with rig.database.reading() as connection:
        asked = select(of.line, of.number, of.answered_at, of.ended_at, of.closed_at, of.opened_at)
        row = (await connection.execute(asked.where(of.call == "passed-on", of.agent == "1001"))).one()
    assert tuple(row) == (
        "Север: общая",
        "+79160000002",
        moment(190),
        moment(500),
        None,
        moment(190),
    )
    async with rig.database.reading() as connection:
        made = await connection.execute(select(of.purpose, of.number).where(of.call == "out-1.1"))
        assert tuple(made.one()) == ("обещали перезвонить", "+79160000777")
    assert await rig.missed.catch_up() == 0


async def test_a_desk_that_is_new_beside_an_old_ledger_begins_with_none(rig: Rig) -> None:
    await rig.missed.begin()
    assert await rig.missed.catch_up() == 0
    assert await rig.cards() == []
