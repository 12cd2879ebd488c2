"""`python -m tests.walk [answered|missed]`: prints files, moves and decision paths of one real call each."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable

from tests.walk.decision import longest_path, shortest_path
from tests.walk.recorder import Recorder
from tests.walk.scenarios import answered, missed

SCENARIOS: dict[str, tuple[Callable[[], Awaitable[Recorder]], tuple[str, ...]]] = {
    "answered": (answered, ("EVENT CallHolding", "EVENT CallAnswered", "EVENT CallEnded")),
    "missed": (missed, ("EVENT CallEnded", "EVENT ObligationDue", "EVENT AttemptContacted")),
}


def show(name: str, recorder: Recorder, decisions: tuple[str, ...]) -> None:
    print(f"\n{name}: one real call")
    print(f"  {'step':34} {'files':>5} {'moves':>6} {'of them back':>13}")
    for step in recorder.steps:
        print(f"  {step.name:34} {len(step.distinct):5} {step.moves:6} {step.moves_back:13}")
    files = set().union(*(step.distinct for step in recorder.steps))
    moves, back = (sum(getattr(step, what) for step in recorder.steps) for what in ("moves", "moves_back"))
    print(f"  {'in all':34} {len(files):5} {moves:6} {back:13}")
    for decision in decisions:
        path = longest_path(recorder, decision)
        print(f"  who decides in {decision}: {len(path)}\n    {' → '.join(path)}")
    nothing = shortest_path(recorder.steps, "AMI ")
    print(f"  an AMI message that means nothing: {len(nothing)}\n    {' → '.join(nothing)}")


def main() -> None:
    for name in sys.argv[1:] or list(SCENARIOS):
        follow, decisions = SCENARIOS[name]
        show(name, asyncio.run(follow()), decisions)


if __name__ == "__main__":
    main()
