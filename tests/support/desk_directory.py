"""A town for the directory's tests: streets that are easily mistaken for each other, houses, flats and residents."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.data.database import DeskDatabase
from callengine.desk.directory.commands.bookkeeping import learn, next_ids
from callengine.desk.directory.commands.houses import house_values, save_house, save_premises
from callengine.desk.directory.commands.residents import resident_values, save_resident
from callengine.desk.directory.records import House, Premises, Resident
from callengine.desk.directory.tables import (
    houses,
    premises,
    residencies,
    resident_phones,
    residents,
)
from callengine.desk.directory.typed.house_numbers import HouseNumber
from callengine.desk.directory.typed.names import name_keys
from callengine.desk.directory.typed.phones import tail_of
from callengine.desk.people.scope import system_scope
from tests.support.manual_clock import NOON

STREETS = (
    "ул.|Ленина; ул.|Советская; ул.|Мира; пр-т|Мира; ул.|8 Марта; ул.|1-я Парковая; ул.|2-я Парковая; "
    "ул.|Карла Маркса; ул.|40 лет Октября; ул.|Академика Королёва; ул.|Большая Садовая; ул.|Садовая; "
    "ул.|Набережная; ул.|60-летия СССР; ул.|Пушкина; ул.|Гоголя; ул.|Лермонтова; пер.|Зелёный; ул.|Зелёная; "
    "ул.|Лесная; ул.|Ленинградская; пр-т|Победы; ул.|Победы; б-р|Строителей; ул.|Строителей; ш.|Московское; "
    "ул.|Московская; ул.|Космонавтов; ул.|Гагарина; ул.|Комсомольская; ул.|Кооперативная; ул.|Молодёжная; "
    "ул.|Октябрьская; ул.|Первомайская; ул.|Полевая; ул.|Школьная; ул.|Заводская; ул.|Железнодорожная; "
    "ул.|Чехова; ул.|Чкалова; ул.|Щорса; ул.|Щербакова; ул.|Юбилейная; ул.|Южная; ул.|Северная; "
    "наб.|Университетская; ул.|Маршала Жукова; ул.|Розы Люксембург; ул.|Циолковского; мкр.|Солнечный; "
    "ул.|9 Января; ул.|Дзержинского; ул.|Фрунзе; ул.|Кирова; ул.|Куйбышева; ул.|Калинина; ул.|Свердлова; "
    "пр-д|Мирный; ул.|Вишнёвая; ул.|Ёлочная"
)
NUMBERS = "1 3 5 5а 5к2 7 9/2 10 12 12к1 12к2 14 15с1 21 33 55 101"
FLATS = 40
SURNAMES = [
    "Иванов",
    "Петров",
    "Сидоров",
    "Кузнецов",
    "Смирнов",
    "Попов",
    "Васильев",
    "Соколов",
    "Михайлов",
    "Новиков",
    "Фёдоров",
    "Морозов",
    "Волков",
    "Алексеев",
    "Лебедев",
    "Семёнов",
    "Егоров",
    "Павлов",
    "Козлов",
    "Степанов",
    "Николаев",
    "Орлов",
    "Андреев",
    "Макаров",
    "Никитин",
    "Захаров",
    "Зайцев",
    "Соловьёв",
    "Борисов",
    "Яковлев",
    "Григорьев",
    "Романов",
    "Воробьёв",
    "Сергеев",
    "Кузьмин",
    "Фролов",
    "Александров",
    "Дмитриев",
    "Королёв",
    "Гусев",
    "Киселёв",
    "Ильин",
    "Максимов",
    "Поляков",
    "Сорокин",
    "Виноградов",
    "Ковалёв",
    "Белов",
    "Медведев",
    "Антонов",
    "Тарасов",
    "Жуков",
    "Баранов",
    "Филиппов",
    "Комаров",
    "Давыдов",
    "Беляев",
    "Герасимов",
    "Богданов",
    "Осипов",
    "Сидоренко",
    "Шевченко",
    "Мухаметшин",
    "Хабибуллин",
    "Щукин",
    "Цветков",
    "Юдин",
    "Чернышёв",
]
MEN = [
    "Александр",
    "Сергей",
    "Дмитрий",
    "Андрей",
    "Алексей",
    "Михаил",
    "Евгений",
    "Пётр",
    "Николай",
    "Виктор",
    "Игорь",
    "Юрий",
]
WOMEN = [
    "Мария",
    "Елена",
    "Ольга",
    "Наталья",
    "Светлана",
    "Татьяна",
    "Анна",
    "Ирина",
    "Галина",
    "Людмила",
    "Екатерина",
    "Юлия",
]
FATHERS = [
    "Иванович",
    "Сергеевич",
    "Петрович",
    "Николаевич",
    "Андреевич",
    "Викторович",
    "Михайлович",
    "Юрьевич",
]


def streets() -> list[tuple[str, str]]:
    """Kind and name."""
    found = []
    for one in STREETS.split("; "):
        kind, _, name = one.strip().partition("|")
        found.append((kind, name))
    return found


def number_of(text: str) -> HouseNumber:
    """`5а`, `5к2`, `9/2`, `15с1`."""
    number, _, building = text.partition("с")
    number, _, korpus = number.partition("к")
    letter = number[-1] if number[-1].isalpha() else ""
    return HouseNumber(number.removesuffix(letter), letter, korpus, building)


def person(n: int) -> str:
    """The n-th resident's name: neighbours differ in all its parts."""
    surname = SURNAMES[n * 7 % len(SURNAMES)]
    woman = n % 2 == 1
    given = (WOMEN if woman else MEN)[n * 5 % 12]
    father = FATHERS[n * 3 % 8]
    if not woman:
        return f"{surname} {given} {father}"
    own = surname if surname.endswith("о") or surname.endswith("шин") else f"{surname}а"
    return f"{own} {given} {father.removesuffix('ич')}на"


def phone(n: int) -> str:
    """The n-th resident's number."""
    return f"+79{n * 7_919 % 1_000_000_000:09d}"


async def build_town(database: DeskDatabase, company: str = "sever") -> None:
    """60 streets of 17 houses; every house of number 5 and 12 has 40 flats with one resident each."""
    async with database.writing() as connection:
        await _build(connection, company)


async def _build(connection: AsyncConnection, company: str) -> None:
    plan = [
        House(company, name, number_of(number), street_kind=kind)
        for kind, name in streets()
        for number in NUMBERS.split()
    ]
    await connection.execute(houses.insert(), [house_values(one) for one in plan])
    rows = (await connection.execute(houses.select().order_by(houses.c.id))).mappings().all()
    lived_in = [row for row in rows if row["house_key"] in {"5", "5к2", "12"}]
    count = len(lived_in) * FLATS
    premises_id = await next_ids(connection, "premises", count)
    resident_id = await next_ids(connection, "residents", count)
    await _insert_people(connection, company, [row["id"] for row in lived_in], premises_id, resident_id)
    words = {word for n in range(count) for word in name_keys(person(n)).words}
    await learn(connection, company, words, new_street=True)


async def _insert_people(
    connection: AsyncConnection, company: str, house_ids: Sequence[int], premises_id: int, resident_id: int
) -> None:
    flats, people, homes, numbers = [], [], [], []
    for n in range(len(house_ids) * FLATS):
        home, who = premises_id + n, resident_id + n
        flat = str(n % FLATS + 1)
        flats.append(
            {
                "id": home,
                "company": company,
                "house_id": house_ids[n // FLATS],
                "number": flat,
                "number_key": flat,
            }
        )
        people.append({"id": who, "company": company, **resident_values(Resident(company, person(n)))})
        homes.append({"company": company, "resident_id": who, "premises_id": home, "role": "owner"})
        numbers.append({"company": company, "resident_id": who, "phone": phone(n), "tail": tail_of(phone(n))})
    for table, rows in (
        (premises, flats),
        (residents, people),
        (residencies, homes),
        (resident_phones, numbers),
    ):
        await connection.execute(table.insert(), rows)


async def one_home(
    connection: AsyncConnection,
    company: str,
    *,
    street: str = "Ленина",
    number: str = "5",
    flat: str = "12",
    name: str = "Иванова Мария Петровна",
    phones: Sequence[str] = ("+79161234567",),
) -> tuple[int, int, int]:
    """A house, a flat, a resident: their ids."""
    scope = system_scope("test")
    house = await save_house(connection, scope, NOON, House(company, street, number_of(number), "ул."))
    home = await save_premises(connection, scope, NOON, house, Premises(flat))
    who = await save_resident(
        connection, scope, NOON, Resident(company, name, phones=phones, homes=[(home, "owner")])
    )
    return house, home, who
