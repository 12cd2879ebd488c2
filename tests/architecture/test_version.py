"""One source of the version: pyproject.toml. The changelog, the guide's commands and the program agree with it."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from importlib.metadata import version
from pathlib import Path

VERSION = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
HEADING = re.compile(r"^## (\d+\.\d+\.\d+) - (\d{4}-\d{2}-\d{2})$", re.MULTILINE)
PACKAGES = ("callengine", "ami_adapters", "queues", "sla", "storage", "config")


def order(name: str) -> tuple[int, ...]:
    return tuple(map(int, name.split(".")))


def test_the_program_tells_the_version_of_the_project() -> None:
    assert version("callengine") == VERSION


def test_the_changelog_has_versions_and_dates_the_newest_first_and_this_one() -> None:
    text = Path("CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## .*$", text, re.MULTILINE)
    assert headings[0] == "## Unreleased"
    found = HEADING.findall(text)
    assert len(found) == len(headings) - 1
    names, dates = [order(name) for name, _ in found], [date.fromisoformat(day) for _, day in found]
    assert names == sorted(names, reverse=True)
    assert dates == sorted(dates, reverse=True)
    assert found[0][0] == VERSION


def test_each_version_has_its_notes_for_the_upgrade() -> None:
    notes = Path("docs/upgrading.md").read_text(encoding="utf-8")
    changelog = Path("CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## After {VERSION}\n" in notes
    assert [name for name, _ in HEADING.findall(changelog) if f"## To {name}" not in notes] == []


def test_the_guide_installs_this_version() -> None:
    guide = Path("docs/install.md").read_text(encoding="utf-8")
    assert re.findall(r"^VERSION=\$\{VERSION:-(.*)\}$", guide, re.MULTILINE) == [VERSION]
    assert set(re.findall(r"callengine_(\d+\.\d+\.\d+)\+", guide)) == {VERSION}


def test_no_module_has_a_version_of_its_own() -> None:
    written = re.compile(r"""__version__|["']""" + re.escape(VERSION) + r"""["']""")
    found = [
        str(path)
        for package in PACKAGES
        for path in Path(package).rglob("*.py")
        if written.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []
