"""A centre's live state that stands still, as the desk's stream asks for it."""

from __future__ import annotations

from queues.live_state import (
    AgentView,
    CallView,
    CentreView,
    MessageView,
    ObligationView,
    OutgoingView,
)
from queues.terms.identifiers import AgentId, AttemptId, CallId, MessageId, ObligationId


class Looking:
    """What `view` holds, a thing at a time."""

    def __init__(self, view: CentreView) -> None:
        self._view = view

    def view(self) -> CentreView:
        return self._view

    def call(self, call: CallId) -> CallView | None:
        return next((one for one in self._view.calls if one.call == call), None)

    def agent(self, agent: AgentId) -> AgentView | None:
        return next((one for one in self._view.agents if one.agent == agent), None)

    def obligation(self, obligation: ObligationId) -> ObligationView | None:
        return next((one for one in self._view.obligations if one.obligation == obligation), None)

    def outgoing(self, attempt: AttemptId) -> OutgoingView | None:
        return next((one for one in self._view.outgoing if one.attempt == attempt), None)

    def message(self, message: MessageId) -> MessageView | None:
        return next((one for one in self._view.messages if one.message == message), None)
