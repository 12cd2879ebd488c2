"""A series of waits and how it is told."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """Waits of one kind, in seconds."""

    name: str
    seconds: tuple[float, ...]

    def percentile(self, share: float) -> float:
        """The smallest wait that at least this share (0 to 1) of the waits does not exceed; seconds."""
        ordered = sorted(self.seconds)
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)]

    def as_row(self) -> str:
        """Milliseconds: count, p50, p95, max."""
        if not self.seconds:
            return f"{self.name:<52} {0:>5}"
        p50, p95, most = (1000 * self.percentile(share) for share in (0.5, 0.95, 1.0))
        return f"{self.name:<52} {len(self.seconds):>5} {p50:>9.1f} {p95:>9.1f} {most:>9.1f}"

    def as_json(self) -> dict[str, object]:
        """The same for a program, milliseconds."""
        if not self.seconds:
            return {"name": self.name, "count": 0}
        return {
            "name": self.name,
            "count": len(self.seconds),
            "p50_ms": round(1000 * self.percentile(0.5), 2),
            "p95_ms": round(1000 * self.percentile(0.95), 2),
            "max_ms": round(1000 * self.percentile(1.0), 2),
        }


HEADER = f"{'milliseconds':<52} {'n':>5} {'p50':>9} {'p95':>9} {'max':>9}"


def merged(name: str, parts: Sequence[Sequence[float]]) -> Figure:
    """The waits of several rounds as one series."""
    return Figure(name, tuple(wait for part in parts for wait in part))
