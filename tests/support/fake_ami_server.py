"""An AMI server that misbehaves on request: for faults that a real Asterisk shows once a year."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable

from callengine.demo.reserved_ports import ReservedPorts

CHALLENGE = "840415273"
Reply = Callable[[dict[str, str]], bytes | None]


class FakeAmiServer:
    """Accepts logins with the secret `s3cret`; every action is kept in `actions`, in order."""

    def __init__(self) -> None:
        self.actions: list[dict[str, str]] = []
        self.logins = 0
        self.connections = 0
        self.mute = False
        """True: reads but answers nothing, as a hung Asterisk does."""
        self.secret = "s3cret"
        self.replies: dict[str, Reply] = {}
        self.events_after_login = b""
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> FakeAmiServer:
        # Its own while it is away, too.
        self._ports = ReservedPorts(1)
        self.port = self._ports.one()
        await self.start_again()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        self._ports.release()

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self.drop()
            await self._server.wait_closed()
            self._server = None

    async def start_again(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    def drop(self) -> None:
        """Break every connection."""
        for writer in tuple(self._writers):
            writer.transport.abort()

    def push(self, data: bytes) -> None:
        """Send bytes to whoever is connected."""
        for writer in self._writers:
            writer.write(data)

    def names(self) -> list[str]:
        """The actions that came in, without login and pings."""
        return [one["Action"] for one in self.actions if one["Action"] not in {"Challenge", "Login", "Ping"}]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        try:
            while True:
                raw = await reader.readuntil(b"\r\n\r\n")
                action = dict(line.split(": ", 1) for line in raw.decode().strip().split("\r\n"))
                self.actions.append(action)
                answer = None if self.mute else self._answer(action)
                if answer is not None:
                    writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    def _answer(self, action: dict[str, str]) -> bytes | None:
        name, action_id = action["Action"], action.get("ActionID", "")
        if name in self.replies:
            answer = self.replies[name](action)
            return None if answer is None else answer.replace(b"@ID@", action_id.encode())
        head = f"Response: Success\r\nActionID: {action_id}\r\n"
        if name == "Challenge":
            return f"{head}Challenge: {CHALLENGE}\r\n\r\n".encode()
        if name == "Login":
            self.logins += 1
            expected = hashlib.md5((CHALLENGE + self.secret).encode(), usedforsecurity=False).hexdigest()
            if action.get("Key") != expected:
                return f"Response: Error\r\nActionID: {action_id}\r\nMessage: Authentication failed\r\n\r\n".encode()
            return f"{head}Message: Authentication accepted\r\n\r\n".encode() + self.events_after_login
        if name == "Ping":
            return f"{head}Ping: Pong\r\nTimestamp: 1795477487.123456\r\n\r\n".encode()
        return f"{head}Message: done\r\n\r\n".encode()
