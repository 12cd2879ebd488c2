"""Actions that wait for their answer: matched by ActionID, each with a deadline, none forgotten."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from ami_adapters.protocol.ami_message import Message
from ami_adapters.protocol.errors import ActionTimeout, AmiError, TooManyActions

MAX_IN_FLIGHT = 4096


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to an action; `events` are the items of a list, in order."""

    answer: Message
    events: tuple[Message, ...] = ()
    is_complete: bool = True
    """False for a list that Asterisk cancelled."""

    @property
    def success(self) -> bool:
        """Whether Asterisk did it."""
        return self.answer.get("Response") in {"Success", "Follows", "Goodbye", "Pong"}

    @property
    def message(self) -> str:
        """Asterisk's own words."""
        return self.answer.text("Message")

    def text(self, name: str) -> str:
        """A header of the answer."""
        return self.answer.text(name)


@dataclass(slots=True)
class _Pending:
    future: asyncio.Future[Response]
    deadline: asyncio.TimerHandle
    answer: Message | None = None
    items: list[Message] = field(default_factory=list)


class PendingActions:
    """The unanswered actions of one connection.

    A late answer finds nobody; a list is complete when Asterisk says so in `EventList`
    (main/manager.c astman_send_list_complete), whatever the event is called.
    """

    def __init__(
        self,
        *,
        deadline_seconds: float,
        max_in_flight: int = MAX_IN_FLIGHT,
        on_foreign: Callable[[], None] = lambda: None,
    ) -> None:
        self._deadline_seconds = deadline_seconds
        self._max_in_flight = max_in_flight
        self._pending: dict[str, _Pending] = {}
        self._serial = 0
        self._token = secrets.token_hex(4)
        """Nobody outside can name an action of ours, though he can make Asterisk write lines of his."""
        self._listing = ""
        """Whose list is being written."""
        self._on_foreign = on_foreign

    def __len__(self) -> int:
        return len(self._pending)

    def open(self, loop: asyncio.AbstractEventLoop) -> tuple[str, asyncio.Future[Response]]:
        """A new ActionID and the future of its answer. Raises TooManyActions."""
        if len(self._pending) >= self._max_in_flight:
            raise TooManyActions(f"{self._max_in_flight} actions are unanswered")
        self._serial += 1
        action_id = f"ce-{self._token}-{self._serial}"
        future: asyncio.Future[Response] = loop.create_future()
        deadline = loop.call_later(self._deadline_seconds, self._expire, action_id)
        self._pending[action_id] = _Pending(future, deadline)
        return action_id, future

    def take(self, message: Message) -> bool:
        """Whether the message belongs to an action; if it completes it, the future is resolved.

        A list is written in one go, no event stands in it (main/manager.c: one thread does both): what else is read
        there was made by line ends in a value of an item, such as a caller's number, and is nobody's.
        """
        pending = self._pending.get(message.action_id)
        if self._listing in self._pending and (message.action_id != self._listing or message.is_response):
            self._on_foreign()
            return True
        if pending is None:
            return message.is_response  # A late answer finds nobody.
        listing = message.get("EventList").lower()
        if message.is_response:
            if listing == "start":
                pending.answer = message
                self._listing = message.action_id
            else:
                self._resolve(message.action_id, Response(message))
            return True
        if pending.answer is None:
            return False  # An event that only names the action, such as OriginateResponse.
        if listing in {"complete", "cancelled"} and message.ends_list:
            response = Response(pending.answer, tuple(pending.items), listing == "complete")
            self._resolve(message.action_id, response)
        else:
            pending.items.append(message)
        return True

    def fail_all(self, make_problem: Callable[[], AmiError]) -> None:
        """Nobody will answer any more."""
        pending, self._pending = self._pending, {}
        for one in pending.values():
            one.deadline.cancel()
            if not one.future.done():
                one.future.set_exception(make_problem())
                # Whoever does not look at it has said so by not keeping the future.
                one.future.exception()

    def _resolve(self, action_id: str, response: Response) -> None:
        pending = self._pending.pop(action_id)
        pending.deadline.cancel()
        if not pending.future.done():
            pending.future.set_result(response)

    def _expire(self, action_id: str) -> None:
        pending = self._pending.pop(action_id, None)
        if pending is not None and not pending.future.done():
            pending.future.set_exception(ActionTimeout(f"no answer within {self._deadline_seconds:g} s"))
            pending.future.exception()
