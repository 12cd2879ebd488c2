"""Accounts of agents, for subjects that ask who has done what."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.people.rights import Right
from callengine.desk.people.scope import NotSeen, Scope
from callengine.desk.people.tables import accounts


class AgentAccounts:
    """Those that are open."""

    async def agents(self, connection: AsyncConnection, scope: Scope) -> Mapping[int, tuple[str, str]]:
        """By id: what others see of the name, and the agent. Raises NotSeen for who may not see agents."""
        if not scope.may(Right.FLOOR_SEE):
            raise NotSeen
        rows = await connection.execute(
            select(accounts.c.id, accounts.c.name, accounts.c.full_name, accounts.c.agent).where(
                accounts.c.agent.is_not(None), accounts.c.disabled_at.is_(None)
            )
        )
        return {account: (full_name or name, agent) for account, name, full_name, agent in rows.all()}
