"""Typed fields of topics: what a definition may be, and what is said of each wrong answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from callengine.desk.knowledge.topics.forms import Fault, NoForm, faults, form_of

LABEL = {"ru": "Поле", "en": "Field"}


def form(**one: Any) -> Any:
    return form_of(json.dumps([{"name": "x", "label": LABEL, **one}]))


@pytest.mark.parametrize(
    ("field", "answer", "before", "fault"),
    [
        ({"kind": "text"}, "", "", None),
        ({"kind": "text", "required": True}, " ", "", Fault("required")),
        ({"kind": "text"}, "я" * 501, "", Fault("long", "500")),
        ({"kind": "number"}, "12,5", "", None),
        ({"kind": "number"}, "1 200", "", None),
        ({"kind": "number"}, "двенадцать", "", Fault("number")),
        ({"kind": "number"}, "-1", "", Fault("number")),
        ({"kind": "number"}, "NaN", "", Fault("number")),
        ({"kind": "number"}, "1e400", "", Fault("number")),
        ({"kind": "number", "most": 10}, "11", "", Fault("too_much", "10")),
        ({"kind": "reading", "most": 200}, "950", "", None),
        ({"kind": "reading", "most": 200}, "950", "900", None),
        ({"kind": "reading", "most": 200}, "899", "900", Fault("less", "900")),
        ({"kind": "reading", "most": 200}, "1101", "900", Fault("jump", "900")),
        ({"kind": "reading"}, "5000", "900", None),
        ({"kind": "date"}, "2026-11-27", "", None),
        ({"kind": "date"}, "27.11", "", Fault("date")),
        ({"kind": "choice", "choices": [["a", "А", "A"]]}, "a", "", None),
        ({"kind": "choice", "choices": [["a", "А", "A"]]}, "b", "", Fault("choice")),
        ({"kind": "tick"}, "1", "", None),
    ],
)
def test_what_is_wrong_is_told_with_what_it_is_measured_against(
    field: dict[str, Any], answer: str, before: str, fault: Fault | None
) -> None:
    assert faults(form(**field), {"x": answer}, {"x": before}) == ({} if fault is None else {"x": fault})


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[",
        "[1]",
        json.dumps([{"name": "Имя", "kind": "text", "label": LABEL}]),
        json.dumps([{"name": "x", "kind": "colour", "label": LABEL}]),
        json.dumps([{"name": "x", "kind": "text", "label": {"ru": "Поле"}}]),
        json.dumps([{"name": "x", "kind": "choice", "label": LABEL}]),
        json.dumps([{"name": "x", "kind": "choice", "label": LABEL, "choices": [["a"]]}]),
        json.dumps([{"name": "x", "kind": "number", "label": LABEL, "most": "many"}]),
        json.dumps([{"name": "x", "kind": "text", "label": LABEL}] * 2),
        json.dumps([{"name": f"x{n}", "kind": "text", "label": LABEL} for n in range(21)]),
    ],
)
def test_a_wrong_definition_is_refused(text: str) -> None:
    with pytest.raises(NoForm):
        form_of(text)
