"""What the way of one call may cost: the figures of the day it was measured, which must not grow.

The issue's goal for an answered call is 45 files, 1,300 moves, and 9, 10 and 11 deciding modules; who shortens the way
lowers the figure here and in docs/architecture.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tests.walk.decision import longest_path, shortest_path
from tests.walk.recorder import Recorder

BY_THE_CLOCK: Final = ("AMI CallengineBeat", "TRANSACTION")
"""How many of these a call meets is the machine's speed, so they are in no budget."""


@dataclass(frozen=True, slots=True)
class Budget:
    """At most so much for one call."""

    files: int
    """In all, without what comes by the clock."""
    decisions: dict[str, tuple[int, int]]
    """By the event's name: how many modules decide on it, how many moves its longest step takes."""
    idle_message: int
    """How many modules an AMI message enters that means nothing to us."""


ANSWERED: Final = Budget(
    files=86,
    decisions={
        "EVENT CallHolding": (24, 315),
        "EVENT CallAnswered": (23, 305),
        "EVENT CallEnded": (25, 330),
    },
    idle_message=2,
)
"""The longest seen: whether the agent's or the resident's hang-up is told first makes a difference of one module."""


def excess(recorder: Recorder, budget: Budget) -> list[str]:
    """What is above the budget, in words; empty when nothing is."""
    steps = [step for step in recorder.steps if step.name not in BY_THE_CLOCK]
    files: set[str] = set().union(*(step.distinct for step in steps))
    idle = shortest_path(steps, "AMI ")
    found = [
        (f"files {sorted(files)}", len(files), budget.files),
        (f"an AMI message that means nothing {idle}", len(idle), budget.idle_message),
    ]
    for event, (modules, moves) in budget.decisions.items():
        path = longest_path(recorder, event)
        longest = max((step.moves for step in steps if step.name == event), default=0)
        if not path:
            return [f"{event} did not happen"]
        found.append((f"{event} {path}", len(path), modules))
        found.append((f"moves of {event}", longest, moves))
    return [f"{what}: {measured} > {limit}" for what, measured, limit in found if measured > limit]
