"""What pages of the knowledge base must know of others: names of companies and houses, who reads for whom."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.data.database import DeskDatabase
from callengine.desk.knowledge.attachments import Attachments
from callengine.desk.people.scope import Scope


class Houses(Protocol):
    """The directory's."""

    async def labels(self, connection: AsyncConnection, scope: Scope) -> Mapping[int, tuple[str, str]]:
        """Every house that he sees: its company and its address."""


class Readers(Protocol):
    """The accounts'."""

    async def agents(self, connection: AsyncConnection, scope: Scope) -> Mapping[int, tuple[str, str]]:
        """Every account of an agent: its name, and the agent of the settings."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """All of it."""

    database: DeskDatabase
    houses: Houses
    readers: Readers
    companies: Mapping[str, str]
    """Id and name, in the settings' order."""
    served_by: Callable[[str], Collection[str]]
    """The companies whose lines lead to this agent's queues."""
    now: Callable[[], datetime]
    zone: ZoneInfo
    attachments: Attachments
