"""docs/obligations.md: its table is the program's, and each test it names exists."""

from __future__ import annotations

import re
from pathlib import Path

from sla.obligation import FINAL, TRANSITIONS

PAGE = Path("docs/obligations.md")
START, END = "<!-- transitions -->", "\n\n| | |"


def table() -> str:
    """Each state with what may happen in it, and what it becomes."""
    rows = ["| state | what happens → state |", "|---|---|"]
    for state, steps in TRANSITIONS.items():
        told = "; ".join(f"{what.value} → {after.value}" for what, after in sorted(steps.items()))
        rows.append(f"| {state.value} | {told or 'the end'} |")
        assert bool(told) != (state in FINAL)
    return "\n".join(rows)


def test_its_table_is_the_programs_own() -> None:
    page = PAGE.read_text(encoding="utf-8")
    start = page.index(START) + len(START)
    assert page[start : page.index(END, start)].strip() == table()


def test_every_rule_names_a_test_that_exists() -> None:
    rules = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    named = [re.search(r"\[([\w/.]+)::(\w+)\] \|$", line) for line in rules]
    table_rows = set(table().splitlines())
    for line, found in zip(rules, named, strict=True):
        if found is None:
            assert line in table_rows or re.fullmatch(r"\| (\| |rule|result|point).*", line), line
            continue
        text = (Path("tests") / found[1]).read_text(encoding="utf-8")
        assert re.search(rf"(def {found[2]}\(|^{found[2]} = )", text, re.MULTILINE), line
