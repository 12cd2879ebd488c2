"""What is typed, kept without one browser tab overwriting another: pure.

A tab sends what it changed and the version it had seen. Every field knows in which version, by which tab and as which
of its messages it was last written: so a message that comes twice, or late, changes nothing, two tabs that write
different fields both keep theirs, and only the same field written by two is a conflict that a person decides.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

FIELDS = ("place", "topic", "note", "settled")
"""Besides the topic's typed fields, which are named `form.<name>`."""
FORM = "form."


@dataclass(frozen=True, slots=True)
class Written:
    """Who wrote a field last."""

    version: int
    tab: str
    turn: int
    """Which of the tab's messages it was."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What a tab says it has changed since the version it saw."""

    version: int
    tab: str
    turn: int
    changes: Mapping[str, str]
    after: Mapping[str, int] = field(default_factory=dict)
    """Up to which of its messages a page that is gone is contained in this one, which goes on with its text."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A card's fields as text, and who wrote each."""

    version: int
    values: Mapping[str, str]
    written: Mapping[str, Written]


@dataclass(frozen=True, slots=True)
class Kept:
    """The draft after a message; `conflicts`: fields of it that another tab has written meanwhile, not kept."""

    draft: Draft
    conflicts: tuple[str, ...]


def keep(draft: Draft, sent: Sent) -> Kept:
    """What of it is kept. A message that changes nothing makes no new version."""
    values, written = dict(draft.values), dict(draft.written)
    conflicts = []
    version = draft.version + 1
    for name, value in sent.changes.items():
        last = draft.written.get(name)
        if last is not None and last.tab == sent.tab and last.turn >= sent.turn:
            continue
        if values.get(name, "") == value:
            continue
        if last is not None and last.version > sent.version and not _contains(sent, last):
            conflicts.append(name)
            continue
        values[name] = value
        written[name] = Written(version, sent.tab, sent.turn)
    if values == dict(draft.values):
        return Kept(draft, tuple(conflicts))
    return Kept(Draft(version, values, written), tuple(conflicts))


def _contains(sent: Sent, last: Written) -> bool:
    """Whether who sent it had seen what was written last."""
    return last.tab == sent.tab or sent.after.get(last.tab, 0) >= last.turn


def written_as_text(written: Mapping[str, Written]) -> str:
    """For the column."""
    return json.dumps({name: [one.version, one.tab, one.turn] for name, one in written.items()})


def written_of_text(text: str) -> dict[str, Written]:
    """From the column."""
    return {name: Written(*one) for name, one in json.loads(text).items()}
