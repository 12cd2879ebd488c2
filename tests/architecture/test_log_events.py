"""Events of the log have stable names that can be searched and alerted on; a sentence stands beside each."""

from __future__ import annotations

import re

from tests.reference.log_events import said

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")


def test_each_event_is_named_by_a_literal_of_at_least_two_words_in_snake_case() -> None:
    found = list(said())
    assert len(found) > 50
    assert [
        f"{one.where}:{one.line}" for one in found if one.event is None or not NAME.fullmatch(one.event)
    ] == []


def test_each_has_a_sentence_for_people_and_the_same_one_everywhere() -> None:
    sentences: dict[str | None, set[str | None]] = {}
    for one in said():
        sentences.setdefault(one.event, set()).add(one.msg)
    assert {event: told for event, told in sentences.items() if len(told) > 1 or None in told} == {}


def test_no_field_takes_the_place_of_what_every_line_has() -> None:
    taken = {"event", "level", "logger", "at"}
    assert [f"{one.where}:{one.line}" for one in said() if taken & set(one.fields)] == []
