"""Agents' pauses with their reasons: from the changes of state, for the sums by quarter know no reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from queues.messages.journal import AgentState
from storage.schema.tables import agent_states, runs

_LONGEST_PAUSE = timedelta(hours=24)
"""One that began earlier than this before the interval is looked for no more."""


@dataclass(frozen=True, slots=True)
class Pause:
    """From `start` until `end`, as far as it lies in the interval and an engine ran that could see it."""

    agent: str
    reason: str
    start: datetime
    end: datetime


async def pauses_within(
    connection: AsyncConnection, node: str, start: datetime, end: datetime, agents: Sequence[str] | None
) -> list[Pause]:
    """Those of these agents, or of all. A pause ends with the run of the engine that told of it."""
    states = agent_states.c
    following = func.lead(states.at, type_=states.at.type).over(
        partition_by=(states.agent, states.epoch), order_by=(states.seq, states.n)
    )
    changes = select(
        states.epoch, states.agent, states.state, states.reason, states.at, following.label("until")
    )
    changes = changes.where(states.node == node, states.at >= start - _LONGEST_PAUSE, states.at < end)
    if agents is not None:
        changes = changes.where(states.agent.in_(agents))
    changed = changes.subquery()
    over = await _ends_of_runs(connection, node)
    found = []
    for row in await connection.execute(
        select(changed).where(changed.c.state == AgentState.PAUSED.value).order_by(changed.c.at)
    ):
        until = min(row.until or over.get(row.epoch, end), end)
        if until > max(row.at, start):
            found.append(Pause(row.agent, row.reason, max(row.at, start), until))
    return found


async def _ends_of_runs(connection: AsyncConnection, node: str) -> dict[int, datetime]:
    """Until when each run but the last certainly saw anything."""
    rows = list(await connection.execute(select(runs).where(runs.c.node == node).order_by(runs.c.epoch)))
    return {
        row.epoch: min(row.seen_at or row.started_at, following.started_at)
        for row, following in pairwise(rows)
    }
