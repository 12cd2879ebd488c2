"""Three companies' houses and who lives there: made up, the same for a seed, numbers of a range nobody has."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from callengine.desk.directory.records import Contractor, ContractorPhone, Device, House
from callengine.desk.directory.typed.house_numbers import HouseNumber

COMPANIES: Final = (("zarya", "УК Заря"), ("sever", "УК Север"), ("yug", "УК Южный берег"))
HOUSES, FLATS = 40, 50
"""2,000 premises together."""
_STREETS: Final = (
    ("ул.", "Ленина"),
    ("ул.", "Советская"),
    ("пр-т", "Мира"),
    ("ул.", "40 лет Октября"),
    ("пер.", "Солнечный"),
    ("ул.", "Карла Маркса"),
    ("б-р", "Строителей"),
    ("ул.", "Академика Королёва"),
    ("ул.", "Садовая"),
    ("наб.", "Речная"),
)
_MEN: Final = (
    "Иванов",
    "Петров",
    "Сидоров",
    "Кузнецов",
    "Смирнов",
    "Попов",
    "Васильев",
    "Соколов",
    "Фёдоров",
)
_HIS: Final = ("Алексей", "Дмитрий", "Сергей", "Николай", "Пётр", "Андрей", "Михаил")
_HER: Final = ("Анна", "Мария", "Ольга", "Елена", "Татьяна", "Наталья", "Светлана")
_FATHERS: Final = ("Алексеев", "Петров", "Николаев", "Иванов", "Михайлов", "Андреев")
_NOTES: Final = (
    "Домофон 1 подъезда не работает с 20.11, мастер вызван. Ключ от подвала — у старшей по дому, кв. 12.",
    "Перекрытие воды: подвал, 2-й подъезд, вентили за щитом, синий — ХВС. Доступ круглосуточно.",
    "Тепловой пункт общий с соседним корпусом. Старшая по дому — кв. 7, вечером после 18.",
)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Somebody who lives in one flat of a house; `phone` empty: unknown."""

    name: str
    phone: str
    flat: str
    role: str
    language: str


@dataclass(frozen=True, slots=True)
class PlannedHouse:
    """A house with all that is in it."""

    house: House
    neighbours: Sequence[Neighbour]
    devices: Sequence[Device]


def town(seed: int) -> Iterator[PlannedHouse]:
    """The houses, companies in turn."""
    chance = random.Random(seed)  # noqa: S311  # made up, not secret
    for n in range(HOUSES):
        company = COMPANIES[n % len(COMPANIES)][0]
        kind, street = _STREETS[n % len(_STREETS)]
        number = HouseNumber(str(1 + n * 2), korpus="2" if n % 7 == 3 else "")
        note = _NOTES[n % len(_NOTES)]
        house = House(
            company,
            street,
            number,
            kind,
            entrances=2,
            floors=7,
            lifts=2,
            notes=note,
            external_id=f"d{n + 1:03}",
        )
        yield PlannedHouse(house, _neighbours(n, chance), _devices(n))


def contractors() -> Iterator[Contractor]:
    """Who is called when it is not ours to mend."""
    day = ContractorPhone("+74951111201", "диспетчер", days="12345", from_minute=8 * 60, until_minute=20 * 60)
    night = ContractorPhone("+74951111202", "дежурный")
    yield Contractor(
        None, "Горгаз, аварийная служба", "gas", emergency=True, phones=(ContractorPhone("+74951111104"),)
    )
    yield Contractor(None, "Водоканал", "water", phones=(ContractorPhone("+74951111105", "круглосуточно"),))
    yield Contractor(None, "ЛифтСервис", "lift", emergency=True, phones=(day, night))


def _flats() -> range:
    return range(1, FLATS + 1)


def _neighbours(house: int, chance: random.Random) -> list[Neighbour]:
    """Somebody in each flat; of two of three the number is known."""
    found = []
    for flat in _flats():
        number = "" if flat % 3 == 0 else f"+7916{7_000_000 + house * 1_000 + flat:07}"
        role = chance.choices(("собственник", "наниматель", "член семьи"), weights=(6, 2, 2))[0]
        language = "узбекский" if chance.random() < 0.02 else ""
        found.append(Neighbour(_name(chance), number, str(flat), role, language))
    return found


def _name(chance: random.Random) -> str:
    surname, father = chance.choice(_MEN), chance.choice(_FATHERS)
    if chance.random() < 0.5:
        return f"{surname} {chance.choice(_HIS)} {father}ич"
    return f"{surname}а {chance.choice(_HER)} {father}на"


def _devices(house: int) -> list[Device]:
    if house % 4:
        return []
    return [Device("lift", "кабина лифта, подъезд 1", f"+7495222{house:04}")]
