"""Events, commands and journal entries as JSON, exactly there and back."""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import Any, get_args
from zoneinfo import ZoneInfo

import msgspec

from queues.commands import Command
from queues.dispatcher import Decision
from queues.events import Event
from queues.journal import JournalEntry

_TYPES: dict[str, type[Any]] = {
    kind.__name__: kind for union in (Event, Command, JournalEntry) for kind in get_args(union)
}


def encode(value: Event | Command | JournalEntry) -> dict[str, Any]:
    """`{"type": "CallArrived", …its fields}`."""
    return {"type": type(value).__name__, **msgspec.to_builtins(value, enc_hook=_zone_name)}


def decode(data: dict[str, Any]) -> Any:
    """The value again. Raises KeyError for an unknown type, msgspec.ValidationError for wrong fields."""
    fields = dict(data)
    return msgspec.convert(fields, type=_TYPES[fields.pop("type")], dec_hook=_zone_of)


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
    return msgspec.json.encode(encode(event)).decode()


def event_from_json(text: str) -> Event:
    """The event again."""
    event: Event = decode(msgspec.json.decode(text))
    return event


def decision_to_json(decision: Decision) -> str:
    """One decision as a line of JSON."""
    content = {
        "commands": [encode(command) for command in decision.commands],
        "journal": [encode(entry) for entry in decision.journal],
        "companies": decision.companies,
    }
    return msgspec.json.encode(content).decode()


def decision_from_json(text: str) -> Decision:
    """The decision again."""
    content = msgspec.json.decode(text)
    return Decision(
        tuple(map(decode, content["commands"])),
        tuple(map(decode, content["journal"])),
        tuple(content.get("companies", ())),
    )
