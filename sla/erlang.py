"""How many agents a load needs: Erlang C, for calls that arrive at random and wait as long as it takes.

It knows no hang-ups, so it asks for a little more than is needed, and no storms, in which calls do not come at random.
Source: A. K. Erlang 1917; the recursion of Erlang B is numerically stable for any number of agents.
"""

from __future__ import annotations

from datetime import timedelta
from math import exp

MOST_AGENTS = 1000


def probability_of_waiting(agents: int, load: float) -> float:
    """The share of calls that must wait; `load` in erlangs (arrivals per second x seconds of handling)."""
    if load <= 0:
        return 0.0
    if agents <= load:
        return 1.0
    blocked = 1.0
    for n in range(1, agents + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked / (1 - load / agents * (1 - blocked))


def answered_within(agents: int, load: float, handling: timedelta, target: timedelta) -> float:
    """The share of calls that are answered within the target."""
    if agents <= load:
        return 0.0
    waits = probability_of_waiting(agents, load)
    return 1 - waits * exp(-(agents - load) * (target / handling)) if waits else 1.0


def agents_needed(
    calls: int, interval: timedelta, handling: timedelta, target: timedelta, goal: float
) -> int:
    """The fewest agents with whom `goal` of the calls of an interval are answered within the target.

    Raises ValueError when even MOST_AGENTS are too few, or the goal is not below 1.
    """
    if not goal < 1:
        raise ValueError(f"a goal of {goal} needs endlessly many agents")
    if calls <= 0 or handling <= timedelta(0):
        return 0
    load = calls * (handling / interval)
    for agents in range(int(load) + 1, MOST_AGENTS + 1):
        if answered_within(agents, load, handling, target) >= goal:
            return agents
    raise ValueError(f"{load:.0f} erlangs need more than {MOST_AGENTS} agents")
