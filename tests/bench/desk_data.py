"""A directory as big as a large centre's, by a few statements: 5,000 houses, 200,000 residents, ten companies."""

from __future__ import annotations

import itertools

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.data.database import DeskDatabase
from callengine.desk.directory.commands.bookkeeping import learn
from callengine.desk.directory.commands.houses import house_values
from callengine.desk.directory.records import House
from callengine.desk.directory.tables import houses
from callengine.desk.directory.typed.names import name_keys
from tests.support.desk_directory import FATHERS, MEN, NUMBERS, SURNAMES, WOMEN, number_of, streets

COMPANIES = 10
_ROOTS = [
    "Бел",
    "Чёрн",
    "Красн",
    "Сер",
    "Рыж",
    "Син",
    "Мал",
    "Больш",
    "Нов",
    "Стар",
    "Верхн",
    "Нижн",
    "Добр",
    "Зл",
    "Тих",
    "Громк",
    "Быстр",
    "Медл",
    "Лук",
    "Марк",
    "Фом",
    "Том",
]
_MIDDLES = ["ен", "ов", "ар", "ик", "ул", "ыш", "ан", "ит", "об", "ев", "ол", "ум", "ак", "ец", "ий"]
_ENDS = ["ов", "ев", "ин", "ский", "енко", "ых", "юк", "ян"]
_NAMES = 40_000

_NUMBERED = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :count) "
_PREMISES = _NUMBERED + (
    "INSERT INTO premises (id, company, house_id, number, number_key) "
    "SELECT n.i + 1, h.company, h.id, CAST(n.i / :houses + 1 AS VARCHAR(20)), CAST(n.i / :houses + 1 AS VARCHAR(20)) "
    "FROM n JOIN houses h ON h.id = n.i % :houses + 1"
)
_RESIDENTS = _NUMBERED + (
    "INSERT INTO residents (id, company, external_id, full_name, surname_key, given_key, patronymic_key) "
    "SELECT n.i + 1, p.company, CAST(n.i + 1 AS VARCHAR(20)), b.full_name, b.surname, b.given, b.patronymic "
    "FROM n JOIN bench_names b ON b.i = (n.i * 7919) % :names JOIN premises p ON p.id = n.i + 1"
)
_HOMES = (
    "INSERT INTO residencies (company, resident_id, premises_id, role) "
    "SELECT company, id, id, 'owner' FROM residents"
)
_PHONES = (
    "INSERT INTO resident_phones (company, resident_id, phone, tail) SELECT r.company, r.id, "
    "'+79' || t.digits, t.tail || '97' FROM residents r JOIN bench_digits t ON t.i = r.id"
)


def company(n: int) -> str:
    """The n-th company's id."""
    return f"company{n}"


async def fill(database: DeskDatabase, houses_wanted: int, residents: int) -> None:
    """Into an empty desk's database."""
    async with database.writing() as connection:
        plan = _houses(houses_wanted)
        for start in range(0, len(plan), 1000):
            await connection.execute(
                houses.insert(), [house_values(one) for one in plan[start : start + 1000]]
            )
        names = town_names()
        await _helpers(connection, names, residents)
        await connection.execute(text(_PREMISES), {"count": residents, "houses": len(plan)})
        await connection.execute(text(_RESIDENTS), {"count": residents, "names": len(names)})
        await connection.execute(text(_HOMES))
        await connection.execute(text(_PHONES))
        words = {word for name in names for word in name_keys(name).words}
        for number in range(COMPANIES):
            await learn(connection, company(number), words, new_street=True)
        for name in ("premises", "residents"):
            values = {"name": name, "next": residents + 1}
            await connection.execute(text("INSERT INTO directory_counters VALUES (:name, :next)"), values)
        await connection.execute(text("DROP TABLE bench_names"))
        await connection.execute(text("DROP TABLE bench_digits"))
        if not database.is_sqlite:
            # As PostgreSQL does by itself within a minute; nobody does it for SQLite.
            await connection.execute(text("ANALYZE"))


def _houses(wanted: int) -> list[House]:
    known = streets()
    more = [
        ("ул.", f"{root}{middle}{end}а") for root in _ROOTS for middle in _MIDDLES[:2] for end in _ENDS[:5]
    ]
    found = (
        House(company(index % COMPANIES), name, number_of(number), kind)
        for index, ((kind, name), number) in enumerate(
            (street, str(base) if base else number)
            for street in known + more
            for number, base in [*((one, 0) for one in NUMBERS.split()), ("", 77), ("", 79)]
        )
    )
    return list(itertools.islice(found, wanted))


def town_names() -> list[str]:
    """So many that none is rare."""
    surnames = SURNAMES + [a + b + c for a in _ROOTS for b in _MIDDLES for c in _ENDS]
    found = []
    for n in range(_NAMES):
        surname, woman = surnames[n % len(surnames)], n % 2
        given = (WOMEN if woman else MEN)[n * 5 % 12]
        found.append(f"{surname} {given} {FATHERS[n * 3 % 8]}")
    return found


async def _helpers(connection: AsyncConnection, names: list[str], residents: int) -> None:
    await connection.execute(
        text(
            "CREATE TABLE bench_names (i BIGINT PRIMARY KEY, full_name VARCHAR(200), surname VARCHAR(60), "
            "given VARCHAR(60), patronymic VARCHAR(60))"
        )
    )
    await connection.execute(
        text("CREATE TABLE bench_digits (i BIGINT PRIMARY KEY, digits VARCHAR(9), tail VARCHAR(9))")
    )
    rows = [(n, name, name_keys(name)) for n, name in enumerate(names)]
    await connection.execute(
        text("INSERT INTO bench_names VALUES (:i, :name, :surname, :given, :patronymic)"),
        [
            {"i": n, "name": name, "surname": k.surname, "given": k.given, "patronymic": k.patronymic}
            for n, name, k in rows
        ],
    )
    digits = [(n, f"{n * 104_729 % 1_000_000_000:09d}") for n in range(1, residents + 1)]
    await connection.execute(
        text("INSERT INTO bench_digits VALUES (:i, :digits, :tail)"),
        [{"i": n, "digits": one, "tail": one[::-1]} for n, one in digits],
    )
