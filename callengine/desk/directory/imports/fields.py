"""What a column of a file may be, and how its head is usually written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from callengine.desk.directory.typed.letters import folded

HEADS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "external_id": ("id", "ид", "код", "внешний код", "код жителя", "ид жителя", "external id", "guid"),
        "address": ("адрес", "адрес помещения", "address"),
        "locality": ("город", "населенный пункт", "locality", "city"),
        "street": ("улица", "street"),
        "house": ("дом", "номер дома", "№ дома", "house", "building no"),
        "korpus": ("корпус", "корп", "block"),
        "building": ("строение", "стр", "литер"),
        "flat": ("квартира", "кв", "номер квартиры", "№ квартиры", "помещение", "flat", "apartment"),
        "name": ("фио", "ф и о", "имя", "житель", "собственник", "наниматель", "name", "full name"),
        "phone": ("телефон", "номер телефона", "мобильный", "мобильный телефон", "тел", "phone", "телефоны"),
        "phone2": ("телефон 2", "второй телефон", "домашний телефон", "доп телефон", "phone 2"),
        "role": ("роль", "статус", "тип жителя", "кем приходится", "role"),
        "account": ("лицевой счет", "лс", "л/с", "№ лс", "номер лс", "account"),
        "entrance": ("подъезд", "entrance"),
        "floor": ("этаж", "floor"),
        "language": ("язык", "language"),
        "note": ("примечание", "комментарий", "заметка", "note", "comment"),
    }
)
"""Field -> heads, folded; the first is what an export writes."""

ROLE_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("", "owner", "собственник", "владелец", "хозяин", "долевой собственник"), "owner"),
        **dict.fromkeys(("tenant", "наниматель", "арендатор", "съемщик", "квартиросъемщик"), "tenant"),
        **dict.fromkeys(
            ("family", "член семьи", "семья", "родственник", "прописан", "зарегистрирован"), "family"
        ),
        **dict.fromkeys(("representative", "представитель", "доверенное лицо"), "representative"),
        **dict.fromkeys(
            ("council", "старший по дому", "совет дома", "председатель", "старшая по дому"), "council"
        ),
        **dict.fromkeys(("staff", "сотрудник", "работник", "консьерж"), "staff"),
        **dict.fromkeys(("other", "другое", "прочее"), "other"),
    }
)
LANGUAGE_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "": "",
        **dict.fromkeys(("ru", "русский"), "ru"),
        **dict.fromkeys(("en", "английский"), "en"),
        **dict.fromkeys(("tt", "татарский"), "tt"),
        **dict.fromkeys(("ba", "башкирский"), "ba"),
        **dict.fromkeys(("uz", "узбекский"), "uz"),
        **dict.fromkeys(("tg", "таджикский"), "tg"),
        **dict.fromkeys(("ky", "киргизский", "кыргызский"), "ky"),
        **dict.fromkeys(("hy", "армянский"), "hy"),
        **dict.fromkeys(("az", "азербайджанский"), "az"),
        **dict.fromkeys(("zh", "китайский"), "zh"),
    }
)
_NOISE = re.compile(r"[^\w/№]+")


def head_key(head: str) -> str:
    """A column's head as it is compared."""
    return _NOISE.sub(" ", folded(head)).strip()[:120]


def guess(heads: Sequence[str], remembered: Mapping[str, str]) -> dict[str, int]:
    """Field -> column: as the company's files had it before, else by the usual heads. Each column is one field."""
    usual = {head: field for field, words in HEADS.items() for head in words}
    found: dict[str, int] = {}
    for known in (remembered, usual):
        for column, head in enumerate(heads):
            field = known.get(head_key(head), "")
            if field and field not in found and column not in found.values():
                found[field] = column
    return found


def missing(mapping: Mapping[str, int]) -> list[str]:
    """The fields without which no row can be placed."""
    if "address" in mapping:
        return []
    return [field for field in ("street", "house") if field not in mapping]
