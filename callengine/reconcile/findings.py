"""What was compared, and what was found told differently."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the ledger and another source tell differently. `subject`: a call's id, or a sum's name."""

    source: str
    subject: str
    what: str
    ledger: str
    other: str


@dataclass(slots=True)
class Findings:
    """Of one interval. `compared`: how many calls, or sums, each source was asked about."""

    calls: int = 0
    compared: dict[str, int] = field(default_factory=dict)
    not_compared: dict[str, str] = field(default_factory=dict)
    """Sources that could not be read, and why."""
    differences: list[Difference] = field(default_factory=list)

    @property
    def subjects(self) -> int:
        """How many calls, or sums, are told differently."""
        return len({(one.source, one.subject) for one in self.differences})

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "calls": self.calls,
            "compared": self.compared,
            "not_compared": self.not_compared,
            "differences": [
                {
                    "source": one.source,
                    "subject": one.subject,
                    "what": one.what,
                    "ledger": one.ledger,
                    "other": one.other,
                }
                for one in self.differences
            ],
        }
