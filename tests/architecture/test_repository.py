"""What a reader and a stranger's machine may rely on in this repository."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

PACKAGES = ("callengine", "ami_adapters", "queues", "sla", "storage", "config")
LONGEST_MODULE = 400


def committed() -> list[Path]:
    """Every file that a clone gets."""
    listed = subprocess.run(["git", "ls-files", "-z"], check=True, capture_output=True, text=True).stdout
    return [Path(name) for name in listed.split("\0") if name and Path(name).is_file()]


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def test_the_top_level_is_the_one_that_was_asked_for() -> None:
    asked = {*PACKAGES, "tests", "asterisk-sample", "pyproject.toml"}
    beside = {
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "Makefile",
        "docs",
        "packaging",
        "requirements",
    }
    found = {path.parts[0] for path in committed() if not path.parts[0].startswith(".")}
    assert found == asked | beside


def test_modules_are_short_enough_to_be_seen_whole() -> None:
    lengths = {path: text_of(path).count("\n") for path in committed() if path.suffix == ".py"}
    assert {path: length for path, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_no_file_names_a_machine_or_a_registry() -> None:
    # Put together here, so that this file does not name them either.
    forbidden = re.compile(
        "|".join(
            ["(?<![a-z])/" + "work/", "/" + "root/", "pypi" + r"\.org", "python" + "hosted", "npm" + "js"]
        )
    )
    assert [str(path) for path in committed() if forbidden.search(text_of(path))] == []


def test_locks_carry_hashes_and_no_index() -> None:
    for name in ("run", "dev"):
        lock = Path(f"requirements/{name}.txt").read_text(encoding="utf-8")
        pinned = re.findall(r"^[a-z0-9A-Z_.\[\]-]+==\S+", lock, re.MULTILINE)
        assert len(pinned) > 10
        assert len(re.findall(r"(?<=\\\n)    --hash=sha256:[0-9a-f]{64}", lock)) >= len(pinned)
        assert "://" not in re.sub(r"#.*", "", lock)


@pytest.mark.parametrize("page", [path for path in committed() if path.suffix == ".md"], ids=str)
def test_links_in_the_documentation_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", text_of(page))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_decision_is_in_the_index() -> None:
    folder = Path("docs/decisions")
    index = text_of(folder / "README.md")
    pages = {page.name for page in folder.glob("0*.md")}
    assert pages
    assert {name for name in pages if f"({name})" not in index} == set()


def test_the_program_runs_without_the_parts_that_are_for_the_demo_only() -> None:
    """`callengine run` in production must not load simulated phones or the tests."""
    code = (
        "import sys, callengine.run.application; "
        "print([name for name in sys.modules if name.split('.')[0] in {'tests', 'pytest', 'hypothesis'} "
        "or name.startswith('callengine.demo')])"
    )
    found = subprocess.run([".venv/bin/python", "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"


def test_who_only_reads_the_ledger_takes_no_write_lock() -> None:
    """The writer's engine begins with SQLite's write lock, which a reader would not wait for as long as a writer."""
    taken = [
        f"{path}:{number}"
        for path in committed()
        if path.parts[0] == "tests" and path.suffix == ".py"
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if re.search(r"(?:ledger|spool|again|application|centre)\w*\.engine\.connect\(\)", line)
    ]
    assert taken == []


@pytest.mark.parametrize("page", [path for path in committed() if path.suffix == ".md"], ids=str)
def test_modules_that_the_documentation_names_exist(page: Path) -> None:
    if page.name == "CHANGELOG.md":
        return  # It tells what was.
    named = re.findall(rf"`((?:{'|'.join(PACKAGES)})/[\w/.]+\.py)`", text_of(page))
    assert [name for name in named if not Path(name).exists()] == []
