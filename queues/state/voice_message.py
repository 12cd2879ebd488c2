"""A resident's voice message as the core keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from queues.terms.identifiers import CompanyId, MessageId, ObligationId, QueueName
from queues.terms.outcomes import Review


class MessageState(StrEnum):
    """What has become of a message."""

    LEFT = "left"
    """Nobody has heard it."""
    OPENED = "opened"
    """Heard; what is done about it is not said yet."""
    DONE = "done"
    CALL_BACK = "call_back"
    """Heard, and the resident is still to be called."""


_REVIEWED: Mapping[Review, MessageState] = {
    Review.OPENED: MessageState.OPENED,
    Review.DONE: MessageState.DONE,
    Review.CALL_BACK: MessageState.CALL_BACK,
}
MOVES: Mapping[MessageState, Mapping[Review, MessageState]] = {
    MessageState.LEFT: _REVIEWED,
    MessageState.OPENED: _REVIEWED,
    # Over: the core has forgotten it.
    MessageState.DONE: {},
    MessageState.CALL_BACK: {},
}
"""The next state for what an agent says of it."""


@dataclass(frozen=True, slots=True)
class WaitingMessage:
    """A message that nobody has reviewed. `obligation`: the contact that its call is owed besides."""

    id: MessageId
    queue: QueueName
    company: CompanyId
    left_at: datetime
    due_at: datetime
    path: str
    opened_at: datetime | None = None
    obligation: ObligationId | None = None
    state: MessageState = MessageState.LEFT
    """Changes by `reviewed` only."""

    def reviewed(self, review: Review, at: datetime) -> WaitingMessage:
        """The message after that, by the table."""
        state = MOVES[self.state][review]
        return replace(self, state=state, opened_at=at if state is MessageState.OPENED else self.opened_at)
