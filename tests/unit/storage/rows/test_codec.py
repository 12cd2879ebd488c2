"""What stands on the disk is read back as it was, by this version and by every later one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queues.messages import callback_events, callback_journal, events
from queues.messages.commands import Command
from queues.messages.journal import JournalEntry
from queues.terms.identifiers import AgentId, AttemptId, ChannelName
from storage.rows import codec
from storage.rows.wire_fields import Renaming
from storage.rows.wire_names import COMMANDS, ENTRIES, EVENTS, _names
from tests.support.arbitrary_events import EVENTS as ARBITRARY_EVENTS
from tests.support.centre import Desk, moment, small_centre
from tests.support.every_event import every_event
from tests.support.wire_values import KINDS, fixed

WRITTEN = Path(__file__).parent / "wire"
EVERY_KIND = [
    pytest.param(file, name, id=f"{file}-{name}") for file, (table, _) in KINDS.items() for name in table
]


def coders(file: str) -> tuple[Callable[[Any], str], Callable[[str], Any]]:
    word = KINDS[file][1]
    return getattr(codec, f"{word}_to_json"), getattr(codec, f"{word}_from_json")


@pytest.mark.parametrize(("file", "name"), EVERY_KIND)
def test_every_type_comes_back_as_it_was(file: str, name: str) -> None:
    to_json, from_json = coders(file)
    kind = KINDS[file][0][name]

    @settings(max_examples=8, deadline=None)
    @given(st.from_type(kind))
    def comes_back(value: object) -> None:
        again = from_json(to_json(value))
        assert type(again) is kind
        assert again == value

    comes_back()


@pytest.mark.parametrize("file", KINDS)
def test_what_was_once_written_is_still_read(file: str) -> None:
    _, from_json = coders(file)
    lines = (WRITTEN / f"{file}.jsonl").read_text().splitlines()
    for line in lines:
        content = msgspec.json.decode(line)
        value = from_json(line)
        assert type(value) is KINDS[file][0][content["type"]]
        again = msgspec.json.decode(coders(file)[0](value))
        assert is_within(content, again), f"{content['type']}: something written is not read any more"


LET_GO = {"default_line"}
"""Fields that nothing reads any more, on purpose: what an unlisted number is served by is made of the other lines."""


def is_within(old: Any, new: Any) -> bool:
    """Whether all that stood in the old line is in the new one; a later version may know more."""
    if isinstance(old, dict):
        return all(
            name in LET_GO or (name in new and is_within(value, new[name])) for name, value in old.items()
        )
    if isinstance(old, list):
        return len(old) == len(new) and all(map(is_within, old, new))
    return bool(old == new)


@pytest.mark.parametrize(("file", "name"), EVERY_KIND)
def test_each_field_stands_under_the_name_it_was_first_written_by(file: str, name: str) -> None:
    to_json, _ = coders(file)
    written = [msgspec.json.decode(line) for line in (WRITTEN / f"{file}.jsonl").read_text().splitlines()]
    now = msgspec.json.decode(to_json(fixed(KINDS[file][0][name])))
    assert now in written, f"{name} is written otherwise: `python -m tests.support.wire_lines` adds its line"


def test_an_event_and_an_entry_of_one_name_are_told_apart() -> None:
    passed = events.AttemptPassedOn(moment(1), AttemptId("a"), AgentId("1001"), ChannelName("PJSIP/1001-1"))
    again = codec.event_from_json(codec.event_to_json(passed))
    assert isinstance(again, callback_events.AttemptPassedOn)
    assert again == passed
    entry = callback_journal.AttemptPassedOn(
        **{field: fixed(hint) for field, hint in fields_of(callback_journal.AttemptPassedOn)}
    )
    assert isinstance(codec.entry_from_json(codec.entry_to_json(entry)), callback_journal.AttemptPassedOn)


def fields_of(kind: type) -> list[tuple[str, Any]]:
    return list(get_type_hints(kind).items())


def test_a_type_without_a_name_is_told_at_start() -> None:
    with pytest.raises(TypeError, match="LinkLost"):
        _names(
            callback_journal.AttemptHeard | events.PbxLost,
            {"AttemptHeard": callback_journal.AttemptHeard, "LinkLost": LinkLost},
        )


class LinkLost:
    """Of no union."""


def test_each_union_names_every_one_of_its_types_once() -> None:
    for table, union in ((EVENTS, events.Event), (COMMANDS, Command), (ENTRIES, JournalEntry)):
        assert sorted(kind.__name__ for kind in table.values()) == sorted(
            kind.__name__ for kind in get_args(union)
        )
        assert len(set(table.values())) == len(table)


@dataclass(frozen=True)
class Inner:
    new: int


@dataclass(frozen=True)
class Outer:
    at: int
    first: Inner
    many: tuple[Inner, ...] = ()
    by_name: dict[str, Inner] | None = None
    none: Inner | None = None


def test_a_renamed_field_keeps_its_name_on_the_disk_also_deep_inside() -> None:
    renaming = Renaming({Inner: {"new": "old"}, Outer: {"at": "moment"}})
    value = Outer(1, Inner(2), (Inner(3), Inner(4)), {"x": Inner(5)})
    on_disk = renaming.to_disk(Outer, msgspec.to_builtins(value))
    assert on_disk == {
        "moment": 1,
        "first": {"old": 2},
        "many": [{"old": 3}, {"old": 4}],
        "by_name": {"x": {"old": 5}},
        "none": None,
    }
    assert msgspec.convert(renaming.from_disk(Outer, on_disk), type=Outer) == value
    assert Renaming({}).to_disk(Outer, {"at": 1}) == {"at": 1}


@settings(deadline=None, max_examples=60)
@given(st.lists(ARBITRARY_EVENTS, max_size=25))
def test_any_journal_replays_to_the_same_decisions(stream: list[events.Event]) -> None:
    replays_alike(stream)


def test_a_journal_with_every_type_of_event_replays_to_the_same_decisions() -> None:
    stream = every_event()
    assert {type(event) for event in stream} == set(EVENTS.values())
    replays_alike(stream)


def replays_alike(stream: list[events.Event]) -> None:
    """One desk decides, all goes to the disk and back, another desk decides the same."""
    desk, replayed = Desk(small_centre(2)), Desk(small_centre(2))
    for event in stream:
        decision = desk.tell(event)
        again = codec.event_from_json(codec.event_to_json(event))
        assert replayed.tell(again) == decision
        assert codec.decision_from_json(codec.decision_to_json(decision)) == decision
