"""docs/reference/metrics.md read back: which series there are (test_reference.py holds it)."""

from __future__ import annotations

import re
from pathlib import Path

_SUFFIXES = {
    "counter": ("_total",),
    "histogram": ("_bucket", "_sum", "_count"),
    "gauge": ("",),
}
_SELECTOR = re.compile(r"(?<![\w:])((?:callengine|queue:callengine|asterisk)_\w+(?::\w+)*)\s*(\{[^}]*\})?")


def documented_series() -> dict[str, frozenset[str]]:
    """Each series' name as scraped, and its labels."""
    series = {}
    for line in Path("docs/reference/metrics.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("| `callengine_"):
            name, kind, labels, _ = (cell.strip().strip("`") for cell in line.split("|")[1:-1])
            known = {label.strip() for label in labels.split(",")} - {"–"}
            for suffix in _SUFFIXES[kind]:
                series[f"{name}{suffix}"] = frozenset(known | ({"le"} if suffix == "_bucket" else set()))
    return series


def selectors_in(expression: str) -> list[tuple[str, frozenset[str]]]:
    """The series an expression reads, and the labels it asks for by name."""
    return [
        (name, frozenset(re.findall(r"(\w+)\s*(?:=~|!=|!~|=)", labels or "")))
        for name, labels in _SELECTOR.findall(expression)
    ]


def unknown_in(expression: str, recorded: set[str]) -> list[str]:
    """What an expression reads and nobody exposes: a misspelt series or label is no error to Prometheus."""
    series = documented_series()
    problems = []
    for name, labels in selectors_in(expression):
        if name in recorded:
            continue
        if name not in series:
            problems.append(name)
        problems += [f"{name}: {label}" for label in labels - series.get(name, labels) - {"job", "instance"}]
    return problems
