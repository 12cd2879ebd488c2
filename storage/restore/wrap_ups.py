"""Agents who were in wrap-up when the last run of the engine ended."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from queues.messages.journal import AgentState
from queues.messages.snapshot import KnownRest
from queues.terms.identifiers import AgentId, Did
from storage.schema.desk_tables import outgoing_calls
from storage.schema.tables import agent_states, attempts, calls, obligations

LONGEST_REST = timedelta(hours=1)
LONGEST_CALL = timedelta(hours=4)


async def left_resting(connection: AsyncConnection, node: str, at: datetime) -> tuple[KnownRest, ...]:
    """Each agent whose last state is wrap-up, since when, and the line of his latest conversation."""
    states = await connection.execute(
        select(agent_states.c.agent, agent_states.c.state, agent_states.c.at)
        .where(agent_states.c.node == node, agent_states.c.at > at - LONGEST_REST)
        .order_by(agent_states.c.epoch, agent_states.c.seq, agent_states.c.n)
    )
    last = {row.agent: row for row in states}
    began = {agent: row.at for agent, row in last.items() if row.state == AgentState.WRAP_UP}
    if not began:
        return ()
    answered = await connection.execute(
        select(calls.c.agent, calls.c.did, calls.c.answered_at.label("spoke_at")).where(
            calls.c.node == node,
            calls.c.agent.in_(began),
            calls.c.arrived_at > at - LONGEST_CALL,
            calls.c.answered_at.is_not(None),
        )
    )
    called_back = await connection.execute(
        select(attempts.c.agent, obligations.c.did, attempts.c.contacted_at.label("spoke_at"))
        .join(obligations, obligations.c.obligation == attempts.c.obligation)
        .where(
            obligations.c.node == node,
            attempts.c.agent.in_(began),
            attempts.c.made_at > at - LONGEST_CALL,
            attempts.c.contacted_at.is_not(None),
        )
    )
    called = await connection.execute(
        select(
            outgoing_calls.c.agent, outgoing_calls.c.did, outgoing_calls.c.contacted_at.label("spoke_at")
        ).where(
            outgoing_calls.c.node == node,
            outgoing_calls.c.agent.in_(began),
            outgoing_calls.c.made_at > at - LONGEST_CALL,
            outgoing_calls.c.contacted_at.is_not(None),
        )
    )
    conversations = sorted((*answered, *called_back, *called), key=lambda row: row.spoke_at)
    lines = {row.agent: Did(row.did) for row in conversations}
    return tuple(KnownRest(AgentId(agent), since, lines.get(agent)) for agent, since in began.items())
