"""A plain blocking AMI client that trusts nothing of ours: what Asterisk says, as it says it."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from types import TracebackType
from typing import Self

Message = Mapping[str, str]


class PlainAmi:
    """One log-in. Events that arrive while an answer is awaited are kept in `events`."""

    def __init__(self, port: int, user: str, secret: str, *, seconds: float = 10) -> None:
        self._link = socket.create_connection(("127.0.0.1", port), seconds)
        self._heard = self._link.makefile("r", encoding="utf-8", errors="replace", newline="\r\n")
        self._number = 0
        self.events: list[Message] = []
        self._heard.readline()
        self.greeting = self.ask("Login", Username=user, Secret=secret)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._heard.close()
        self._link.close()

    def ask(self, action: str, **fields: str) -> Message:
        """The response to an action."""
        return self._ask(action, fields)[1]

    def ask_list(self, action: str, **fields: str) -> list[Message]:
        """The items of an action that is answered by a list, without its closing event."""
        number, response = self._ask(action, fields)
        assert response["Response"] == "Success", response
        items: list[Message] = []
        while True:
            message = self._read()
            if message.get("ActionID") != number:
                self.events.append(message)
            elif message.get("EventList") == "Complete":
                return items
            else:
                items.append(message)

    def wait_for(self, event: str, **fields: str) -> Message:
        """The first event of this name (for a UserEvent: its own) with these fields; TimeoutError when none comes."""
        seen = 0
        while True:
            for message in self.events[seen:]:
                named = event in (message.get("Event"), message.get("UserEvent"))
                if named and fields.items() <= message.items():
                    return message
            seen = len(self.events)
            self.events.append(self._read())

    def _ask(self, action: str, fields: Mapping[str, str]) -> tuple[str, Message]:
        self._number += 1
        number = f"plain-{self._number}"
        lines = [
            f"Action: {action}",
            f"ActionID: {number}",
            *(f"{name}: {value}" for name, value in fields.items()),
        ]
        self._link.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while True:
            message = self._read()
            if message.get("ActionID") == number and "Event" not in message:
                return number, message
            self.events.append(message)

    def _read(self) -> Message:
        message: dict[str, str] = {}
        while line := self._heard.readline():
            name, _, value = line.rstrip("\r\n").partition(":")
            if not name:
                return message
            value = value.removeprefix(" ")
            message[name] = f"{message[name]}\n{value}" if name in message else value
        raise ConnectionError("Asterisk closed the link")
