"""Who has waited longest goes to who has been idle longest, the moment both exist."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from queues.routing.gates import GATES
from queues.routing.work import WORK
from queues.state.agent import Agent
from queues.state.call import Place
from queues.state.core_state import Centre, Waiter

Give = Callable[[Centre, Any, Agent, datetime, datetime], None]
"""Gives an agent one thing that waited: `at` by the PBX's clock, `now` by the engine's."""


def match_all(centre: Centre, at: datetime, now: datetime, work: Mapping[type[Any], Give] = WORK) -> None:
    """Make every offer that can be made, the earliest place of the highest priority first (law 6).

    Only queues in which something changed are looked at; each offer costs O(log n). `work`: what is given how.
    """
    if not all(is_open(centre, now) for is_open in GATES):
        return
    while (pair := _next_pair(centre)) is not None:
        waiter, agent = pair
        work[type(waiter)](centre, waiter, agent, at, now)
        centre.settle_agents(at)


def _next_pair(centre: Centre) -> tuple[Waiter, Agent] | None:
    best: tuple[Waiter, Agent] | None = None
    best_place: Place | None = None
    for queue in sorted(centre.unmatched):
        line = centre.waiting[queue]
        waiter, agent_id, place = line.first(), centre.idle[queue].first(), line.first_key()
        if waiter is None or agent_id is None or place is None:
            centre.unmatched.discard(queue)
        elif best_place is None or place < best_place:
            best, best_place = (centre.waiters[waiter], centre.agents[agent_id]), place
    return best
