"""The AMI link against a server that misbehaves on request, with all that it tells its listener and its log."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from ami_adapters.connection.link import AmiLink, LinkState, LinkTimes, PbxLogin, Unheard
from ami_adapters.protocol.ami_message import Message
from tests.support.fake_ami_server import FakeAmiServer

QUICK = LinkTimes(
    connect_deadline=0.5,
    action_deadline=0.4,
    keepalive=0.2,
    ping_deadline=0.2,
    first_pause=0.05,
    longest_pause=0.2,
    auth_failed_pause=0.6,
)


class Listener:
    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.connected = 0
        self.disconnected = 0
        self.raise_on = ""

    def on_connected(self) -> None:
        self.connected += 1

    def on_disconnected(self) -> None:
        self.disconnected += 1

    def on_message(self, message: Message) -> None:
        if self.raise_on and message.name == self.raise_on:
            raise RuntimeError("a handler with a mistake")
        self.messages.append(message)

    def on_clock_reading(self, pbx_time: datetime, read_at: datetime) -> None:
        assert pbx_time == datetime(2026, 11, 23, 23, 44, 47, 123456, tzinfo=UTC)
        assert read_at.tzinfo is UTC


class Log:
    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, object]]] = []

    def info(self, event: str, **fields: object) -> None:
        self.lines.append(("info", event, fields))

    def warning(self, event: str, **fields: object) -> None:
        self.lines.append(("warning", event, fields))

    def error(self, event: str, **fields: object) -> None:
        self.lines.append(("error", event, fields))


class Rig:
    def __init__(self, server: FakeAmiServer, times: LinkTimes, secret: str) -> None:
        self.server = server
        self.listener = Listener()
        self.log = Log()
        self.states: list[LinkState] = []
        self.distorted = 0
        self.unheard: list[Unheard] = []
        self.link = AmiLink(
            PbxLogin("127.0.0.1", server.port, "callengine", secret),
            self.listener,
            now=lambda: datetime(2026, 11, 23, tzinfo=UTC),
            log=self.log,
            times=times,
            jitter=random.Random(1),
            on_state=self.states.append,
            on_distorted=self._count_distorted,
            on_unheard=self.unheard.append,
        )

    def _count_distorted(self) -> None:
        self.distorted += 1

    async def until(self, condition: Callable[[], object], seconds: float = 5.0) -> None:
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.005)

    async def connected(self) -> None:
        await self.until(lambda: self.link.state is LinkState.CONNECTED)


@asynccontextmanager
async def rig(times: LinkTimes = QUICK, *, secret: str = "s3cret", start: bool = True) -> AsyncIterator[Rig]:
    async with FakeAmiServer() as server:
        made = Rig(server, times, secret)
        if start:
            made.link.start()
        try:
            yield made
        finally:
            await made.link.close()


def event(name: str, **headers: str) -> bytes:
    lines = [f"Event: {name}", *(f"{key}: {value}" for key, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
