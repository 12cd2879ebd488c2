"""`callengine desk resident`: found by number, told all that is kept, erased; figures, consents and evidence stay."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import insert, select

from callengine.cli.main import main
from callengine.desk.cards.commands import mark_checked, open_card
from callengine.desk.cards.tables import cards
from callengine.desk.cards.values import Opening
from callengine.desk.data.database import DeskDatabase
from callengine.desk.people.scope import system_scope
from callengine.desk.people.tables import trail
from config.example import example_toml
from storage.ledger import open_ledger
from storage.schema.database import ledger_url
from storage.schema.desk_tables import outgoing_calls
from storage.schema.tables import calls
from tests.support.desk_directory import one_home
from tests.support.desk_pages import AGENT
from tests.support.manual_clock import NOON

NUMBER, UNKNOWN = "+79161234567", "+79169999999"
PROGRAM = system_scope("a call was answered")
CALL = Opening("incoming", "c1", "sever", "1001", NUMBER, "УК Север", NOON)


@pytest.fixture
def centre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, a resident with a card and a call, and a card of a number that is nobody's."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "callengine.toml").write_text(example_toml())
    (tmp_path / "callengine.toml").chmod(0o600)
    asyncio.run(fill(tmp_path))
    return tmp_path


async def fill(folder: Path) -> None:
    ledger = await open_ledger(f"sqlite:///{folder}/callengine.db", "pbx1", NOON)
    row = {
        "node": "pbx1",
        "call": "c1",
        "arrived_at": NOON,
        "offered_at": NOON,
        "did": "74950000001",
        "company": "sever",
        "line_kind": "general",
        "queue": "general",
        "number": NUMBER,
        "caller_name": "",
    }
    async with ledger.engine.begin() as connection:
        await connection.execute(insert(calls).values(row))
        by_hand = {
            "did": "74950000001",
            "company": "sever",
            "e164": NUMBER,
            "made_at": NOON,
            "purpose": "течь",
        }
        whose = {"attempt": "out-1.1", "node": "pbx1", "command": "w", "agent": "1001", "account": "1"}
        await connection.execute(insert(outgoing_calls).values({**by_hand, **whose, "by": "Иванова"}))
    await ledger.close()
    database = DeskDatabase(ledger_url(f"sqlite:///{folder}/callengine-desk.db"))
    await database.prepare()
    async with database.writing() as connection:
        _, _, who = await one_home(connection, "sever")
        card = await open_card(connection, PROGRAM, NOON, CALL)
        await mark_checked(connection, AGENT, NOON, card, who)
        await open_card(connection, PROGRAM, NOON, replace(CALL, call="another", number=UNKNOWN))
    await database.close()


def command(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["desk", "--config", "callengine.toml", "resident", *words])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


async def rows_of(folder: Path, *columns: object) -> list[tuple[object, ...]]:
    database = DeskDatabase(ledger_url(f"sqlite:///{folder}/callengine-desk.db"))
    try:
        async with database.reading() as connection:
            return [tuple(row) for row in await connection.execute(select(*columns))]  # type: ignore[call-overload]
    finally:
        await database.close()


def test_a_resident_is_found_told_everything_and_erased(centre: Path) -> None:
    code, told = command("find", "8 (916) 123-45-67")
    assert (code, told.split()[1:]) == (0, ["sever", "Иванова", "Мария", "Петровна"]), told
    who = told.split()[0]
    code, told = command("tell", who, "--output", "told.json")
    assert (code, told) == (0, "")
    assert (centre / "told.json").stat().st_mode & 0o777 == 0o600
    everything = json.loads((centre / "told.json").read_text())
    (person,), (card,), (call_, made) = (everything[one] for one in ("directory", "cards", "calls"))
    assert (made["number"], made["purpose"]) == (NUMBER, "течь")
    assert (person["full_name"], person["phones"]) == ("Иванова Мария Петровна", [NUMBER])
    assert (card["number"], call_["company"], call_["number"]) == (NUMBER, "sever", NUMBER)
    assert command("tell", who, "--output", "told.json")[0] == 1

    code, told = command("erase", who, "--reason", "заявление от 27.11", "--yes")
    assert code == 0, told
    assert "cards: 1 records erased" in told
    assert "stays: the ledger's calls" in told
    code, told = command("tell", who)
    assert (code, "there is no such resident" in told) == (1, True)
    assert command("find", NUMBER)[0] == 1
    numbers = [number for (number,) in asyncio.run(rows_of(centre, cards.c.number))]
    assert sorted(map(str, numbers)) == ["", UNKNOWN], "figures count both cards, one without its number"
    actions = asyncio.run(rows_of(centre, trail.c.action, trail.c.subject_kind, trail.c.account_name))
    mine = [(action, kind) for action, kind, name in actions if "(callengine desk resident)" in str(name)]
    assert ("exported", "resident") in mine
    assert ("erased", "resident") in mine


def test_a_number_that_is_nobodys_is_told_and_erased_and_the_trail_does_not_keep_it(centre: Path) -> None:
    code, told = command("tell", UNKNOWN)
    assert code == 0, told
    (card,) = json.loads(told)["cards"]
    assert card["number"] == UNKNOWN
    assert command("erase", UNKNOWN, "--reason", "просил по телефону", "--yes")[0] == 0
    assert json.loads(command("tell", UNKNOWN)[1])["cards"] == []
    told_of = asyncio.run(rows_of(centre, trail.c.subject_kind, trail.c.subject_id, trail.c.after))
    assert not [row for row in told_of if UNKNOWN in f"{row[1]} {row[2]}" and row[0] == "number"]
    assert [row for row in told_of if row[0] == "number"]


def test_what_is_wrong_is_said(centre: Path) -> None:
    del centre
    for words, said in (
        (("tell", "nobody"), "neither the id of a resident nor a telephone number"),
        (("tell", "999"), "there is no such resident"),
        (("erase", "1", "--reason", " ", "--yes"), "--reason is empty"),
        (("find", "123"), "neither the id of a resident"),
    ):
        code, told = command(*words)
        assert (code, said in told) == (1, True), (words, told)
