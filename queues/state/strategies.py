"""In which order idle agents are given work: an order, not an algorithm, so matching stays O(log n)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from queues.state.agent import Agent
from queues.terms.identifiers import AgentId, QueueName

Rank = Callable[[Agent, QueueName], tuple[Any, ...]]
"""An agent's rank in a queue, when he becomes idle there: the lowest is given work first. Ends with his id."""


def longest_idle(agent: Agent, _queue: QueueName) -> tuple[datetime, AgentId]:
    """Who has been idle longest. Fair: nobody is rung again before everybody else was."""
    return (agent.idle_since, agent.id)
