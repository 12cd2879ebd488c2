"""Courses that calls take, drawn once: a year of the report's bench is made of them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sla.call_facts import CallFacts
from storage.schema.interval_columns import sums_of

START = datetime(2025, 12, 31, 21, tzinfo=UTC)
"""Of the year that is reported, and of every pattern."""
PATTERNS = 400


@dataclass(frozen=True)
class Pattern:
    """One course of a call, in microseconds from the arrival, and what it adds to its quarter of an hour."""

    queued: int
    answered: int | None
    ended: int
    outcome: str
    verdict: str
    sums: dict[str, int]


def patterns(draw: random.Random) -> list[Pattern]:
    """Waits and talks as a centre has them."""
    found = []
    for _ in range(PATTERNS):
        queued = timedelta(seconds=draw.uniform(0.5, 2.5))
        patience = timedelta(seconds=draw.expovariate(1 / 150) + 5)
        wait = queued + timedelta(seconds=draw.lognormvariate(2.2, 1.0))
        answered = wait if wait < patience else None
        ended = patience if answered is None else answered + timedelta(seconds=draw.lognormvariate(4.8, 0.5))
        outcome = "abandoned" if answered is None else "answered"
        verdict = "answered_in_time" if answered else draw.choice(("contacted_in_time",) * 9 + ("broken",))
        at = answered and START + answered
        facts = CallFacts(START, START + queued, at, START + ended, outcome)
        us = timedelta(microseconds=1)
        found.append(
            Pattern(
                queued // us,
                answered and answered // us,
                ended // us,
                outcome,
                verdict,
                sums_of(facts, verdict),
            )
        )
    return found
