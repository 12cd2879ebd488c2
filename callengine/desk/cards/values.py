"""A card between its row and the fields that a browser types into: pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import RowMapping

from callengine.desk.cards.drafts import FORM, Draft, written_of_text
from callengine.desk.knowledge.topics.forms import Fault, FormField, faults

CardKind = Literal["incoming", "callback", "dialled"]
LONGEST_NOTE = 20_000
LONGEST_PLACE = 300
_PLACE = re.compile(r"(?:h(?P<house>\d{1,15})|p(?P<premises>\d{1,15}))(?:r(?P<resident>\d{1,15}))?")


@dataclass(frozen=True, slots=True)
class Opening:
    """A conversation that begins: what its card begins with."""

    kind: CardKind
    call: str
    company: str
    agent: str
    number: str
    line: str
    answered_at: datetime | None
    purpose: str = ""
    place: str = ""
    """As the field `place` has it."""


@dataclass(frozen=True, slots=True)
class Place:
    """About which premises; free text where the directory does not know them."""

    house_id: int | None = None
    premises_id: int | None = None
    resident_id: int | None = None
    text: str = ""


def place_of(value: str) -> Place:
    """Of the field `place`: h5, p12, p12r7, or t and the text as typed."""
    found = _PLACE.fullmatch(value)
    if found is None:
        return Place(text=value.removeprefix("t")[:LONGEST_PLACE])
    house, premises, resident = (
        int(one) if one else None for one in found.group("house", "premises", "resident")
    )
    return Place(house, premises, resident)


def value_of(row: RowMapping) -> str:
    """The field `place` of a row."""
    resident = f"r{row['resident_id']}" if row["resident_id"] is not None else ""
    if row["premises_id"] is not None:
        return f"p{row['premises_id']}{resident}"
    if row["house_id"] is not None:
        return f"h{row['house_id']}{resident}"
    return f"t{row['place']}" if row["place"] else ""


def draft_of(row: RowMapping) -> Draft:
    """What a browser types into, of a row."""
    values = {
        "place": value_of(row),
        "topic": str(row["topic_id"]) if row["topic_id"] is not None else "",
        "note": row["note"],
        "settled": "1" if row["settled"] else "",
    }
    values.update({FORM + name: answer for name, answer in json.loads(row["answers"]).items()})
    return Draft(row["version"], values, written_of_text(row["written"]))


def columns_of(values: Mapping[str, str]) -> dict[str, Any]:
    """The columns of a draft, but for the place, which only the directory can tell."""
    topic = values.get("topic", "")
    answers = {name.removeprefix(FORM): value for name, value in values.items() if name.startswith(FORM)}
    return {
        "topic_id": int(topic) if topic.isdecimal() and len(topic) < 16 else None,
        "note": values.get("note", "")[:LONGEST_NOTE],
        "settled": values.get("settled", "") == "1",
        "answers": json.dumps({name: one for name, one in answers.items() if one}, ensure_ascii=False),
    }


def faults_of_card(
    row: RowMapping, form: Sequence[FormField], before: Mapping[str, str] | None
) -> dict[str, Fault]:
    """What keeps it from being closed, by field: each closed card says what it was about."""
    found = {
        FORM + name: fault for name, fault in faults(tuple(form), json.loads(row["answers"]), before).items()
    }
    if row["topic_id"] is None:
        found["topic"] = Fault("required")
    return found
