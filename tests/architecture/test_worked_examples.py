"""CONTRIBUTING.md's worked examples: what they point at is there, and how many files they touch is what they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path("CONTRIBUTING.md")
PACKAGES = ("queues/", "sla/", "config/", "storage/", "ami_adapters/", "callengine/")
NEW_FACT, SMALL_FEATURE = 5, 12
"""So many source files at most. docs/architecture.md: one fact, one place."""

_LINK = re.compile(r"\]\((?P<path>[a-z_]+/[\w/.]+)\)")
_ANCHOR = re.compile(
    r"`(?P<anchor>(?:class|def) \w+|\w+ = Table\(|[A-Z][A-Z_]+)`[^`]*?\]\((?P<path>[\w/]+\.py)\)", re.DOTALL
)


def examples() -> dict[str, str]:
    """Each example's text by its name."""
    parts = PAGE.read_text(encoding="utf-8").split("\n## ")
    return {
        part.partition("\n")[0].removeprefix("Worked example: "): part
        for part in parts
        if part.startswith("Worked example: ")
    }


def sources(text: str) -> set[str]:
    """The source files that somebody who does it changes: those of its numbered steps."""
    steps = "\n".join(re.findall(r"(?ms)^\d\. .*?(?=^\d\. |\Z)", text))
    told = re.sub(r"\(A fact that .*?sixth file\.\)", "", steps, flags=re.DOTALL)
    return {path for path in _LINK.findall(told) if path.startswith(PACKAGES)}


@pytest.mark.parametrize(
    ("example", "most"),
    [
        ("a new fact about a call", NEW_FACT),
        ("a pause reason", SMALL_FEATURE),
        ("a routing strategy", SMALL_FEATURE),
    ],
)
def test_an_example_touches_no_more_source_files_than_it_may(example: str, most: int) -> None:
    touched = sources(examples()[example])
    assert touched
    assert len(touched) <= most, touched


@pytest.mark.parametrize("example", examples())
def test_what_an_example_points_at_is_there(example: str) -> None:
    text = examples()[example]
    paths = set(_LINK.findall(text))
    assert {path for path in paths if not Path(path).exists()} == set()
    for anchor, path in _ANCHOR.findall(text):
        assert anchor in Path(path).read_text(encoding="utf-8"), f"{path} has no {anchor}"


def test_the_new_fact_is_anchored_in_each_of_its_files() -> None:
    told = {path for _, path in _ANCHOR.findall(examples()["a new fact about a call"])}
    assert len(told) >= NEW_FACT - 1  # The migration is a file that is not there yet.
