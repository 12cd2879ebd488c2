"""The access trail in words: what was done with what, by fields; a word that no text names is shown as it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from sqlalchemy import RowMapping

from callengine.desk.people.account_rules import Roster
from callengine.platform.language import Language, texts_of

Choices = Sequence[tuple[str, str]]
_PAGES: Mapping[str, str] = {
    "account": "/desk/accounts/",
    "article": "/desk/knowledge/",
    "call": "/desk/calls/",
    "card": "/desk/work/cards/",
    "house": "/desk/directory/houses/",
    "resident": "/desk/directory/residents/",
}
"""Of what a row is about, where there is one."""


_OF_DIRECTORY: Mapping[str, Sequence[str]] = {
    "homes": ("role_",),
    "kind": ("premises_", "house_", "device_"),
    "trade": ("trade_",),
    "purpose": ("purpose_",),
}
"""Fields whose words the directory has."""
_WITHOUT_A_PERSON: Mapping[str, str] = {
    "a call came": "call",
    "calls while the desk was away": "missed",
    "the engine is asked": "engine",
    "a load after a new start": "load",
    "retention": "retention",
    "demo": "demo",
}
"""What works by itself, as its scope is called, and how its text is."""


class TrailWords:
    """In one language."""

    def __init__(self, language: Language, roster: Roster) -> None:
        self._texts = texts_of("desk.trail")[language]
        self._roles = texts_of("desk.accounts")[language]
        self._things = texts_of("desk.directory")[language]
        self._roster = roster

    def actions(self) -> Choices:
        """What can have been done, by its word."""
        return self._choices("action_", _with_spaces)

    def kinds(self) -> Choices:
        """With what."""
        return self._choices("kind_", str)

    def action(self, action: str) -> str:
        """One of them."""
        return self._texts.get(f"action_{action.replace(' ', '_')}", action)

    def kind(self, kind: str) -> str:
        """Likewise."""
        return self._texts.get(f"kind_{kind}", kind)

    def who(self, row: RowMapping) -> str:
        """A person's name; what works without one says what it is."""
        name = str(row["account_name"])
        if row["account_id"] is not None:
            return name
        return self._texts.get(f"by_{_WITHOUT_A_PERSON.get(name, name)}", name)

    def page(self, row: RowMapping) -> str:
        """Where it can be looked at; empty: nowhere."""
        page = _PAGES.get(row["subject_kind"])
        return "" if page is None else page + quote(row["subject_id"], safe="")

    def changes(self, row: RowMapping) -> list[tuple[str, str, str]]:
        """Field, what it was, what it is; fields that say nothing are left out."""
        before = json.loads(row["before"]) if row["before"] else {}
        after = json.loads(row["after"]) if row["after"] else {}
        found = []
        for name in sorted({*before, *after}):
            was, now = self._value(name, before.get(name)), self._value(name, after.get(name))
            if (was or now) and not name.endswith("_key"):
                found.append((self._texts.get(f"field_{name}", name), was, now))
        return found

    def _value(self, name: str, value: Any) -> str:
        if value is None or value in ("", []):
            return ""
        if isinstance(value, bool):
            return "✓" if value else "✗"
        if isinstance(value, list | tuple):
            return ", ".join(self._value(name, one) for one in value)
        if isinstance(value, dict):
            return ", ".join(f"{self._texts.get(f'field_{key}', key)}: {one}" for key, one in value.items())
        text = str(value)
        for start in _OF_DIRECTORY.get(name, ()):
            if f"{start}{text}" in self._things:
                return self._things[f"{start}{text}"]
        if name == "role":
            return self._roles.get(f"role_{text}", text)
        if name == "agent":
            return self._roster.agents.get(text, text)
        if name in {"company", "companies"}:
            return ", ".join(self._roster.companies.get(one.strip(), one.strip()) for one in text.split(","))
        return text

    def _choices(self, start: str, name: Callable[[str], str]) -> Choices:
        found = [
            (name(key.removeprefix(start)), text)
            for key, text in self._texts.items()
            if key.startswith(start)
        ]
        return sorted(found, key=lambda one: one[1].casefold())


_TWO_WORDS = frozenset(
    {
        "link_made",
        "password_set",
        "second_factor_dropped",
        "second_factor_set",
        "session_ended",
        "sessions_ended",
        "signed_in",
        "taken_over",
    }
)
"""Actions that the trail writes with spaces."""


def _with_spaces(key: str) -> str:
    return key.replace("_", " ") if key in _TWO_WORDS else key
