"""Events, commands and journal entries as JSON, exactly there and back.

Under which names: `storage.rows.wire_names`. Each union is read by its own table, since an event and a journal
entry may have one name.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from queues.messages.commands import Command
from queues.messages.decision import Decision
from queues.messages.events import Event
from queues.messages.journal import JournalEntry
from storage.rows.wire_fields import Renaming
from storage.rows.wire_names import COMMANDS, ENTRIES, EVENTS, FIELDS, Names

_renaming = Renaming(FIELDS)


class _Union:
    """One union's values as JSON objects: `{"type": "CallArrived", …its fields}`."""

    def __init__(self, names: Names) -> None:
        self._kinds = names
        self._names: Mapping[type[Any], str] = {kind: name for name, kind in names.items()}

    def encode(self, value: object) -> dict[str, Any]:
        kind = type(value)
        fields = msgspec.to_builtins(value, enc_hook=_zone_name)
        return {"type": self._names[kind], **_renaming.to_disk(kind, fields)}

    def decode(self, data: Mapping[str, Any]) -> Any:
        """The value again. Raises KeyError for an unknown type, msgspec.ValidationError for wrong fields."""
        fields = dict(data)
        kind = self._kinds[fields.pop("type")]
        return msgspec.convert(_renaming.from_disk(kind, fields), type=kind, dec_hook=_zone_of)


_events, _commands, _entries = _Union(EVENTS), _Union(COMMANDS), _Union(ENTRIES)


def _zone_name(value: object) -> str:
    """A time zone, the only value of ours that JSON does not know."""
    if isinstance(value, tzinfo):
        return str(value)
    # Not unfinished: what msgspec asks an enc_hook to raise for a type that it does not know.
    raise NotImplementedError(f"{type(value).__name__} has no form in JSON")


def _zone_of(kind: type, value: object) -> object:
    if kind is tzinfo:
        return UTC if value == str(UTC) else ZoneInfo(str(value))
    # Not unfinished: what msgspec asks a dec_hook to raise for a type that it does not know.
    raise NotImplementedError(f"{kind.__name__} is not read from JSON")


def event_to_json(event: Event) -> str:
    """One event as a line of JSON."""
    return msgspec.json.encode(_events.encode(event)).decode()


def event_from_json(text: str) -> Event:
    """The event again. Raises KeyError for an unknown type, msgspec.ValidationError for wrong fields."""
    event: Event = _events.decode(msgspec.json.decode(text))
    return event


def command_to_json(command: Command) -> str:
    """One command as a line of JSON."""
    return msgspec.json.encode(_commands.encode(command)).decode()


def command_from_json(text: str) -> Command:
    """The command again. Raises as `event_from_json`."""
    command: Command = _commands.decode(msgspec.json.decode(text))
    return command


def entry_to_json(entry: JournalEntry) -> str:
    """One journal entry as a line of JSON."""
    return msgspec.json.encode(_entries.encode(entry)).decode()


def entry_from_json(text: str) -> JournalEntry:
    """The entry again. Raises as `event_from_json`."""
    entry: JournalEntry = _entries.decode(msgspec.json.decode(text))
    return entry


def decision_to_json(decision: Decision) -> str:
    """One decision as a line of JSON."""
    content = {
        "commands": [_commands.encode(command) for command in decision.commands],
        "journal": [_entries.encode(entry) for entry in decision.journal],
        "companies": decision.companies,
    }
    return msgspec.json.encode(content).decode()


def decision_from_json(text: str) -> Decision:
    """The decision again. Raises as `event_from_json`."""
    content = msgspec.json.decode(text)
    return Decision(
        tuple(map(_commands.decode, content["commands"])),
        tuple(map(_entries.decode, content["journal"])),
        tuple(content.get("companies", ())),
    )
