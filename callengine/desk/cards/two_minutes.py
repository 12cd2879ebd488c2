"""How fast cards are closed and how much is settled at once: pure (P36)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Literal

By = Literal["company", "topic", "agent", "kind"]


@dataclass(frozen=True, slots=True)
class Contact:
    """One card, as it counts."""

    company: str
    topic: str
    agent: str
    kind: str
    answered_at: datetime | None
    closed_at: datetime | None
    settled: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """Of some contacts. Times are from the human's answer to the closed card; None: no card was closed."""

    contacts: int
    settled: int
    closed: int
    """Those whose time is known: answered by a human, and closed."""
    never_closed: int
    mean: timedelta | None
    median: timedelta | None
    p95: timedelta | None

    @property
    def settled_ratio(self) -> float | None:
        """settled_at_first_contact ÷ contacts."""
        return self.settled / self.contacts if self.contacts else None

    @property
    def never_closed_ratio(self) -> float | None:
        """Of all contacts."""
        return self.never_closed / self.contacts if self.contacts else None


def figures(contacts: Iterable[Contact]) -> Figures:
    """All of them together."""
    told = list(contacts)
    times = sorted(
        one.closed_at - one.answered_at
        for one in told
        if one.closed_at is not None and one.answered_at is not None
    )
    return Figures(
        contacts=len(told),
        settled=sum(one.settled and one.closed_at is not None for one in told),
        closed=len(times),
        never_closed=sum(one.closed_at is None for one in told),
        mean=sum(times, timedelta()) / len(times) if times else None,
        median=_rank(times, 0.5),
        p95=_rank(times, 0.95),
    )


def figures_by(contacts: Iterable[Contact], by: By) -> Mapping[str, Figures]:
    """Apart by company, topic, agent or kind of contact."""
    apart: dict[str, list[Contact]] = {}
    for one in contacts:
        apart.setdefault(getattr(one, by), []).append(one)
    return {name: figures(group) for name, group in sorted(apart.items())}


def _rank(times: list[timedelta], share: float) -> timedelta | None:
    """The smallest time that so large a share does not exceed (nearest rank, as in the reports)."""
    return times[ceil(share * len(times)) - 1] if times else None
