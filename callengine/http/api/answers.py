"""What the API answers, as pydantic sees it: made from the rows themselves, so that a new column is told by itself."""

from __future__ import annotations

from typing import Annotated, Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model

from queues.terms.phone import Phone
from storage.queries.messages import WaitingMessageRow
from storage.queries.obligations import AttemptStory, MissedCall, ObligationStory, OpenObligation

_Masked = Annotated[str, Field(description="masked but for its last digits")]
_SLACK: dict[str, Any] = {
    "slack_seconds": (Annotated[int, Field(description="until due_at; negative: past it")], ...)
}


def _told(kind: type) -> dict[str, Any]:
    """A row's columns; a number is told masked."""
    hints = get_type_hints(kind)
    return {name: (_Masked if hint is Phone else hint, ...) for name, hint in hints.items()}


def _model(name: str, columns: dict[str, Any], doc: str) -> type[BaseModel]:
    model: type[BaseModel] = create_model(name, __config__=ConfigDict(frozen=True), __doc__=doc, **columns)
    return model


Obligation = _model("OpenObligation", _told(OpenObligation) | _SLACK, "One resident who is owed a contact.")
Message = _model(
    "WaitingMessage", _told(WaitingMessageRow) | _SLACK, "One voice message that waits for its review."
)
_Call = _model("MissedCall", _told(MissedCall), "A call of the episode.")
_Dial = _model("AttemptStory", _told(AttemptStory) | {"ring_seconds": (float | None, ...)}, "One dial.")
_OWN = {
    name: column
    for name, column in _told(ObligationStory).items()
    if name not in {"summary", "calls", "attempts"}
}
Story = _model(
    "ObligationStory",
    _told(OpenObligation) | _SLACK | _OWN | {"episode": (list[_Call], ...), "dials": (list[_Dial], ...)},  # type: ignore[valid-type]
    "Everything about one obligation, in the order it happened.",
)
CallbackList = _model(
    "CallbackList",
    {"stopped": (bool, ...), "callbacks": (list[Obligation], ...)},  # type: ignore[valid-type]
    "What is owed; `stopped`: a supervisor stopped all callbacks.",
)
MessageList = _model("MessageList", {"messages": (list[Message], ...)}, "Messages that wait.")  # type: ignore[valid-type]


class Switch(BaseModel):
    """Whether a supervisor stopped all callbacks."""

    stopped: bool


class Error(BaseModel):
    """Why it was not done."""

    error: str
