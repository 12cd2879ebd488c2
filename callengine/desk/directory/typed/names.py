"""People's names in pieces, and organisations' names without their form."""

from __future__ import annotations

import re
from dataclasses import dataclass

from callengine.desk.directory.typed.letters import cyrillic_of_alike, folded

_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_FORMS = frozenset(
    {"ооо", "оао", "зао", "пао", "ао", "ип", "тсж", "тсн", "жск", "гбоу", "мбоу", "мбдоу", "снт"}
)
_FATHERS = ("вич", "вна", "ична", " оглы", " кызы")


PLACES = ("surname", "given", "patronymic")


@dataclass(frozen=True, slots=True)
class NameKeys:
    """The three columns by which a name is found."""

    surname: str
    given: str
    patronymic: str

    @property
    def words(self) -> tuple[tuple[str, str], ...]:
        """Those that are there, each with its place of PLACES."""
        found = zip(PLACES, (self.surname, self.given, self.patronymic), strict=True)
        return tuple((place, word) for place, word in found if word)


def name_words(text: str) -> tuple[str, ...]:
    """Folded words of a name, at most six."""
    return tuple(_WORD.findall(cyrillic_of_alike(folded(text)))[:6])


def name_keys(full_name: str) -> NameKeys:
    """`Иванов Пётр Сергеевич`, `Пётр Сергеевич Иванов`, `Пётр Сергеевич`, `ООО «Ромашка»`."""
    words = [word for word in name_words(full_name) if word not in _FORMS] or list(name_words(full_name))
    words = _with_sons_of(words)
    father = next((at for at, word in enumerate(words) if at and word.endswith(_FATHERS)), None)
    if father is None:
        surname, given, patronymic = [*words[:3], "", "", ""][:3]
        return NameKeys(surname[:60], given[:60], patronymic[:60])
    given, patronymic = words[father - 1], words[father]
    others = words[: father - 1] + words[father + 1 :]
    return NameKeys((others[0] if others else "")[:60], given[:60], patronymic[:60])


def _with_sons_of(words: list[str]) -> list[str]:
    """`Магомед оглы` is one word: son of Magomed."""
    return [
        f"{word} {words[at + 1]}" if words[at + 1 : at + 2] in (["оглы"], ["кызы"]) else word
        for at, word in enumerate(words)
        if word not in {"оглы", "кызы"}
    ]
