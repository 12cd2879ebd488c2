"""Every name that the glossary gives exists: in the code, among metrics, tables, settings, on screens."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from callengine.platform.language import texts_of
from callengine.wallboard import texts
from storage.schema.tables import metadata
from tests.reference.metrics import metrics
from tests.reference.tables import columns

PAGE = Path("docs/glossary.md")
MUST_HAVE = {
    *(
        "offered",
        "answered",
        "abandoned",
        "wrap-up",
        "service level",
        "ASA",
        "AHT",
        "occupancy",
        "DID",
        "trunk",
    ),
    *("whisper", "obligation", "attempt", "offer", "callback", "fallback queue", "resident"),
}
_ROW = re.compile(r"^\| (?!term \|)(.*) \|$", re.MULTILINE)


def rows() -> list[tuple[str, str, str, str]]:
    """Term, in Russian, meaning, where."""
    found = [
        tuple(cell.strip() for cell in row.split("|"))
        for row in _ROW.findall(PAGE.read_text(encoding="utf-8"))
    ]
    return [(term, russian, meaning, where) for term, russian, meaning, where in found]


def is_in_code(name: str) -> bool:
    """A module, or something in one."""
    module, _, last = name.rpartition(".")
    try:
        importlib.import_module(name)
    except ImportError:
        try:
            return hasattr(importlib.import_module(module), last)
        except ImportError:
            return False
    return True


def is_setting(name: str) -> bool:
    section, _, key = name.rpartition(" ")
    page = Path("docs/configuration.md").read_text(encoding="utf-8")
    heading = f"### `{section}`\n"
    return heading in page and f"| `{key}` |" in page.split(heading)[1].split("\n### ")[0]


def shown() -> Iterator[str]:
    for language in texts.TEXTS.values():
        for field in fields(language):
            yield repr(getattr(language, field.name))
    for words in texts_of("period").values():
        yield from words.values()


@pytest.mark.parametrize(("term", "russian", "meaning", "where"), rows(), ids=[row[0] for row in rows()])
async def test_each_name_it_gives_exists(term: str, russian: str, meaning: str, where: str) -> None:
    assert term
    assert russian
    assert meaning
    names = re.findall(r"`([^`]+)`", where)
    words = re.findall(r"“([^”]+)”", where)
    left = re.sub(r"`[^`]+`|“[^”]+”|[\s,]", "", where)
    assert left in {"", "–"}, f"{left!r} is neither a name nor words of a screen"
    known = {name for name, *_ in await metrics()}
    in_ledger = {f"{table}.{column}" for table, column in columns()} | set(metadata.tables)
    assert [
        name
        for name in names
        if not (name in known or name in in_ledger or is_setting(name) or is_in_code(name))
    ] == []
    on_screen = list(shown())
    assert [word for word in words if not any(word in text for text in on_screen)] == []


def test_the_words_of_the_field_are_told() -> None:
    assert {term for term, *_ in rows()} >= MUST_HAVE


def test_no_term_stands_twice() -> None:
    terms = [term for term, *_ in rows()]
    assert len(terms) == len(set(terms))


def test_what_does_not_exist_is_not_taken_for_a_name() -> None:
    assert not is_in_code("queues.state.call.Nobody")
    assert not is_in_code("queues.nothing")
    assert not is_setting("[[queues]] nothing")
    assert not is_setting("[nothing] name")
