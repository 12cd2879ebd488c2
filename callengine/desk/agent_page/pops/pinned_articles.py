"""The knowledge base as a pop wants it: the few articles of a house, a company, everybody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.agent_page.pops.pop import Pinned
from callengine.desk.knowledge.attachments import Attachments
from callengine.desk.knowledge.queries import pinned_for
from callengine.desk.knowledge.text import addressed
from callengine.desk.people.scope import Scope


class PinnedArticles:
    """Those that hold now."""

    def __init__(self, attachments: Attachments | None = None) -> None:
        self._attachments = attachments

    async def pinned(
        self, connection: AsyncConnection, scope: Scope, company: str, house_id: int | None, at: datetime
    ) -> Sequence[Pinned]:
        """The house's own first, then the company's, then everybody's."""
        found = await pinned_for(connection, scope, company, house_id, None, at)
        if self._attachments is not None:
            found = await self._attachments.shown(connection, scope, found)
        return tuple(Pinned(one.title, addressed(one.html, {}), f"/desk/knowledge/{one.id}") for one in found)
