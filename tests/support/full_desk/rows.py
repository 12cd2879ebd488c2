"""Fills a desk's database and the ledger beside it: forty houses, articles, a fortnight of calls and their cards."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

from sqlalchemy import insert, select

from callengine.demo.desk.library import fill_library
from callengine.demo.desk.town_plan import contractors, town
from callengine.desk.cards.marks import write_note
from callengine.desk.cards.tables import cards
from callengine.desk.data.database import DeskDatabase
from callengine.desk.directory.commands.contractors import save_contractor
from callengine.desk.directory.commands.houses import add_device, save_house, save_premises
from callengine.desk.directory.commands.residents import add_consent, save_resident
from callengine.desk.directory.records import Consent, House, Premises, Resident
from callengine.desk.directory.typed.house_numbers import HouseNumber
from callengine.desk.history.saved import save as save_filter
from callengine.desk.knowledge.commands import propose, vote
from callengine.desk.knowledge.records import Verdict, Writing
from callengine.desk.knowledge.topics.tables import topics as known
from callengine.desk.people.scope import Scope, system_scope
from storage.rows.interval_rebuild import rebuild
from storage.schema import tables
from storage.schema.database import create_ledger_engine, ledger_url
from storage.schema.desk_tables import outgoing_calls
from tests.support.full_desk.live import TALKING, ago
from tests.support.full_desk.settings import AGENTS, COMPANIES
from tests.support.manual_clock import NOON
from tests.support.told_calls import NODE, a_call, missed

_SCOPE = system_scope("demo")
LONG_STREET = "Героев-панфиловцев и защитников Заполярья"
LONG_RESIDENT = "Константинопольский-Воскресенский Абдурахман Магомедшарипович"
_NOTE = "Домофон 1 подъезда не работает с 20.11, мастер вызван. Ключ от подвала — у старшей по дому, кв. 12."
DAYS, CALLS_A_DAY = 14, 12


async def fill_directory(database: DeskDatabase) -> int:
    """Forty houses, the first one with people in it; its id."""
    houses: dict[str, int] = {}
    async with database.writing() as connection:
        first = House(
            "zarya",
            LONG_STREET,
            HouseNumber("115", korpus="12"),
            "проезд",
            entrances=12,
            floors=25,
            lifts=24,
            notes=_NOTE * 3,
        )
        house = await save_house(connection, _SCOPE, NOON, first)
        for one in town(1):
            houses[one.house.external_id or ""] = await save_house(connection, _SCOPE, NOON, one.house)
            for device in one.devices:
                await add_device(connection, _SCOPE, NOON, house, device) if len(houses) == 1 else None
        for contractor in contractors():
            await save_contractor(connection, _SCOPE, NOON, contractor)
        await fill_library(connection, _SCOPE, ago(3600), houses)
        for n, neighbour in enumerate(next(iter(town(1))).neighbours):
            flat = Premises(neighbour.flat, entrance="1", floor=str(n // 4 + 1), account=f"77{n:08}")
            home = await save_premises(connection, _SCOPE, NOON, house, flat)
            name, note = (
                (LONG_RESIDENT, "Плохо слышит, говорить громко и медленно")
                if n == 0
                else (neighbour.name, "")
            )
            phones = [neighbour.phone] if neighbour.phone else []
            person = Resident("zarya", name, note=note, phones=phones, homes=[(home, "owner")])
            resident = await save_resident(connection, _SCOPE, NOON, person)
            if n == 0:
                consent = Consent("calls", "заявление № 115/12-2026, бумажный экземпляр", date(2026, 9, 1))
                await add_consent(connection, _SCOPE, NOON, resident, consent)
    return house


async def fill_work(database: DeskDatabase, people: dict[str, Scope]) -> None:
    """What people have done: cards of a fortnight, notes, votes, a proposal, a saved filter."""
    chance = random.Random(3)  # made up, not secret
    async with database.writing() as connection:
        topics = list(
            (
                await connection.execute(select(known.c.id).where(known.c.on_cards).order_by(known.c.id))
            ).scalars()
        )
        made = [_card(n, chance, topics) for n in range(90)]
        await connection.execute(insert(cards), made)
        await write_note(
            connection, people["supervisor"], ago(5000), "note-1", "Ключ от подвала у сантехника. " * 6
        )
        agent, editor, company = people["agent"], people["editor"], people["company"]
        await vote(connection, agent, NOON, 1, Verdict.OUTDATED, "Телефон сменился, отвечает другой дом")
        await vote(connection, agent, NOON, 2, Verdict.HELPED)
        proposal = Writing(
            "Новый порядок доступа в подвал", "Ключ теперь **в диспетчерской**.", "access", "zarya"
        )
        await propose(connection, company, NOON, proposal, article_id=None, client_id="proposal-1")
        name = "Пропущенные аварийные за месяц, не перезвонили вовремя"
        await save_filter(
            connection, people["supervisor"], NOON, name, "span=month&callback=late&queue=emergency"
        )
        await save_filter(connection, people["supervisor"], NOON, "Сегодня", "span=today")
        del editor


def _card(n: int, chance: random.Random, topics: list[int]) -> dict[str, Any]:
    """Most of the first agent's, some of today, two not finished."""
    opened = ago(n * 700 if n < 30 else n * 13_000)
    agent = "1001" if n < 30 else str(1001 + n % len(AGENTS))
    company = tuple(COMPANIES)[n % len(COMPANIES)]
    answered, minutes = opened + timedelta(seconds=4), chance.uniform(0.5, 6)
    is_open = n in {3, 7, 44}
    call = TALKING["1001"] if n == 0 else f"card-{n}"
    company = "zarya" if n == 0 else company
    return {
        "company": company,
        "kind": ("incoming", "incoming", "callback")[n % 3] if n else "incoming",
        "call": call,
        "agent": agent,
        "number": f"+7916711{n:02}55",
        "line": f"{COMPANIES[company]}: общая"[:200],
        "opened_at": opened,
        "answered_at": answered,
        "ended_at": None if n == 0 else answered + timedelta(minutes=minutes),
        "place": f"проезд {LONG_STREET}, д. 115, к. 12, кв. {n + 1}" if n % 4 == 0 else f"ул. Ленина, д. {n + 1}",
        "topic_id": None if n == 0 else topics[n % len(topics)],
        "note": "Нет горячей воды со вчерашнего вечера" if n else "",
        "settled": n % 3 != 0,
        "changed_at": opened,
        "closed_at": None if is_open or n == 0 else answered + timedelta(minutes=minutes, seconds=20),
        "closed_by": None if is_open or n == 0 else AGENTS[0],
    }  # fmt: skip


def _calls() -> list[dict[str, Any]]:
    made, chance = [], random.Random(5)  # made up, not secret
    for n in range(DAYS * CALLS_A_DAY):
        at = ago(600 + n * 86_400 / CALLS_A_DAY)
        company = tuple(COMPANIES)[n % len(COMPANIES)]
        queue = "emergency" if n % 5 == 0 else "general"
        more: dict[str, Any] = {
            "company": company,
            "queue": queue,
            "line_kind": queue,
            "did": f"7495000{n % len(COMPANIES) + 1}{'2' if queue == 'emergency' else '1'}01",
            "number": "" if n % 17 == 9 else f"+7916700{n % 100:02}11",
            "agent": str(1001 + n % len(AGENTS)),
            "recording": f"/recordings/{n}.wav",
        }
        if n % 4 == 1:
            lost = {key: value for key, value in more.items() if key not in {"agent", "recording"}}
            made.append(missed(f"call-{n}", at, **lost))
        else:
            wait, talk = chance.uniform(2, 50), chance.uniform(30, 400)
            answered = at + timedelta(seconds=wait)
            times = {
                "answered_at": answered,
                "ended_at": answered + timedelta(seconds=talk),
                "judged_at": answered,
            }
            made.append(a_call(f"call-{n}", at, **more, **times))
    return made


def _owed(calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for n, call in enumerate(one for one in calls if one["outcome"] == "abandoned" and one["number"]):
        row: dict[str, Any] = {column.name: None for column in tables.obligations.columns}
        row |= {
            name: call[name] for name in ("node", "call", "company", "did", "queue", "number", "arrived_at")
        }
        row |= {"obligation": f"ob-{call['call']}", "e164": call["number"], "opened_at": call["ended_at"]}
        row |= {"due_at": call["arrived_at"] + timedelta(minutes=10), "state": "planned"}
        if n:
            late = timedelta(minutes=14 if n % 4 == 0 else 5)
            row |= {"contacted_at": call["arrived_at"] + late, "closed_at": call["arrived_at"] + late}
            row |= {"closing": "contacted", "state": "contacted"}
        found.append(row)
    return found


def _made() -> list[dict[str, Any]]:
    """Calls by hand: who spoke, nobody there, a service number."""
    found = []
    for n, (number, result) in enumerate(
        (("+79161234567", "contacted"), ("+79161234568", "no_answer"), ("112", "contacted"))
    ):
        made_at = ago(60 * (n + 1))
        row: dict[str, Any] = {column.name: None for column in outgoing_calls.columns}
        row |= {"attempt": f"out-1.{n}", "node": NODE, "command": f"w{n}", "company": "sever"}
        row |= {"did": "74951234501", "agent": "1001", "account": "1", "by": AGENTS[0], "purpose": "лифт 12"}
        row |= {"e164": number, "made_at": made_at, "dialled_at": made_at + timedelta(seconds=3)}
        row |= {"ended_at": made_at + timedelta(seconds=50), "result": result, "trunk": "trunk"}
        row |= {"contacted_at": made_at + timedelta(seconds=9) if result == "contacted" else None}
        found.append(row | {"is_service": number == "112", "recording": "/recordings/out.wav"})
    return found


async def fill_ledger(url: str) -> None:
    """A fortnight of calls into a migrated ledger."""
    engine = create_ledger_engine(ledger_url(url))
    calls = _calls()
    owed = _owed(calls)
    try:
        async with engine.begin() as connection:
            await connection.execute(insert(tables.calls), calls)
            await connection.execute(insert(tables.obligations), owed)
            joined = [
                {"node": one["node"], "call": one["call"], "obligation": one["obligation"]} for one in owed
            ]
            await connection.execute(insert(tables.obligation_calls), joined)
            dial: dict[str, Any] = {column.name: None for column in tables.attempts.columns} | {
                "trunk": "trunk"
            }
            first = owed[1]
            dial |= {"attempt": "dial-1", "obligation": first["obligation"], "n": 1, "agent": "1002"}
            dial |= {
                "e164": first["number"],
                "made_at": first["opened_at"],
                "ended_at": first["contacted_at"],
            }
            dial |= {"dialled_at": first["opened_at"], "result": "agent_did_not_answer"}
            await connection.execute(insert(tables.attempts), [dial])
            offers = [
                {"node": one["node"], "offer": f"o-{one['call']}", "call": one["call"], "agent": one["agent"]}
                | {"made_at": one["queued_at"], "rang_at": one["queued_at"], "ended_at": one["answered_at"]}
                | {"result": "answered"}
                for one in calls
                if one["agent"]
            ]
            await connection.execute(insert(tables.offers), offers)
            await connection.execute(insert(outgoing_calls), _made())
            await connection.run_sync(rebuild, NODE)
    finally:
        await engine.dispose()
