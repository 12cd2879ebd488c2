"""A topic's typed fields, defined as data, and what is wrong with what was typed into them: pure.

The definition is JSON, a list of objects: `name`, `kind`, `label` {ru, en}; `required`, `most` and `choices`
([value, ru, en]) where they apply. `most`: the largest number; for a meter reading the most it plausibly grows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal, get_args

from callengine.platform.language import LANGUAGES

Kind = Literal["text", "number", "reading", "date", "choice", "tick"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
MOST_FIELDS = 20
LONGEST_ANSWER = 500
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


class NoForm(Exception):
    """The definition is none; the text says what is wrong and what would be right."""


@dataclass(frozen=True, slots=True)
class FormField:
    """One typed field."""

    name: str
    kind: Kind
    label: Mapping[str, str]
    required: bool = False
    most: Decimal | None = None
    choices: tuple[tuple[str, str, str], ...] = ()
    """Value, Russian, English."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with an answer: `required`, `number`, `too_much`, `less`, `jump`, `date`, `choice`, `long`."""

    code: str
    value: str = ""
    """What it is measured against."""


def form_of(text: str) -> tuple[FormField, ...]:
    """The fields of a definition. Raises NoForm."""
    try:
        told = json.loads(text or "[]")
    except ValueError as problem:
        raise NoForm(f"no JSON: {problem}") from None
    if not isinstance(told, list) or len(told) > MOST_FIELDS:
        raise NoForm(f"a list of at most {MOST_FIELDS} fields is right")
    fields = tuple(_field(one) for one in told)
    if len({one.name for one in fields}) != len(fields):
        raise NoForm("two fields have one name")
    return fields


def _field(told: Any) -> FormField:
    if not isinstance(told, dict) or not _NAME.fullmatch(str(told.get("name", ""))):
        raise NoForm('each field is {"name": small Latin letters, "kind", "label"}')
    name, kind, label = told["name"], told.get("kind"), told.get("label")
    if kind not in KINDS:
        raise NoForm(f"{name}: kind is one of {', '.join(KINDS)}")
    if not isinstance(label, dict) or not all(isinstance(label.get(one), str) for one in LANGUAGES):
        raise NoForm(f'{name}: label is {{"ru": …, "en": …}}')
    choices = told.get("choices", [])
    if kind == "choice" and not choices:
        raise NoForm(f"{name}: a choice needs choices")
    if not all(
        isinstance(one, list) and len(one) == 3 and all(isinstance(part, str) for part in one)
        for one in choices
    ):
        raise NoForm(f"{name}: choices are [value, Russian, English]")
    most = _number(str(told["most"])) if "most" in told else None
    if "most" in told and most is None:
        raise NoForm(f"{name}: most is a number")
    pairs = tuple((one[0], one[1], one[2]) for one in choices)
    return FormField(name, kind, label, bool(told.get("required")), most, pairs)


def faults(
    fields: tuple[FormField, ...], answers: Mapping[str, str], before: Mapping[str, str] | None = None
) -> dict[str, Fault]:
    """By field. `before`: the answers of the same premises the last time, which readings are measured against."""
    found = {}
    for field in fields:
        fault = _fault(field, answers.get(field.name, "").strip(), (before or {}).get(field.name, ""))
        if fault is not None:
            found[field.name] = fault
    return found


def _fault(field: FormField, answer: str, before: str) -> Fault | None:
    if not answer:
        return Fault("required") if field.required else None
    if len(answer) > LONGEST_ANSWER:
        return Fault("long", str(LONGEST_ANSWER))
    match field.kind:
        case "number" | "reading":
            return _fault_of_number(field, answer, before)
        case "date":
            try:
                date.fromisoformat(answer)
            except ValueError:
                return Fault("date")
            return None
        case "choice":
            return None if answer in {one[0] for one in field.choices} else Fault("choice")
        case "text" | "tick":
            return None


def _fault_of_number(field: FormField, answer: str, before: str) -> Fault | None:
    number = _number(answer)
    if number is None or number < 0:
        return Fault("number")
    if field.kind == "number":
        return Fault("too_much", str(field.most)) if field.most is not None and number > field.most else None
    last = _number(before)
    if last is None:
        return None
    if number < last:
        return Fault("less", str(last))
    if field.most is not None and number - last > field.most:
        return Fault("jump", str(last))
    return None


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip().replace(",", ".").replace(" ", "").replace("\u00a0", ""))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < 10**12 else None
