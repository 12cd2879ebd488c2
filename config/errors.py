"""What is wrong with a settings file, all of it at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it is (`lines[2].did`, and its line of the file), what is wrong, what would be right."""

    place: str
    what: str
    right: str = ""
    line: int | None = None
    """Counted from 1; None where the file has no such line or it could not be found."""

    def __str__(self) -> str:
        where = self.place if self.line is None else f"{self.place} (line {self.line})"
        return f"{where}: {self.what}" + (f" — {self.right}" if self.right else "")


class ConfigError(Exception):
    """The settings cannot be used; `problems` holds every mistake found."""

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        listed = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(f"{source}: {len(self.problems)} mistake(s)\n{listed}")
