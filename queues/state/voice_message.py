"""A resident's voice message as the core keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from queues.terms.identifiers import MessageId, ObligationId, QueueName


@dataclass(frozen=True, slots=True)
class WaitingMessage:
    """A message that nobody has reviewed. `obligation`: the contact that its call is owed besides."""

    id: MessageId
    queue: QueueName
    left_at: datetime
    path: str
    opened_at: datetime | None = None
    obligation: ObligationId | None = None
