"""panoramisk's Manager as our connection to Asterisk, with the traps of version 1.4 cured.

Used through its own extension points only: our protocol comes in by `protocol_factory`, our log by `log=`,
and the methods in which it reconnects, queues and re-sends by itself are overridden. What remains its own is
the place where a connection is made and its transport, protocol and loop are kept. The numbers below are those
of docs/decisions/0002-panoramisk.md; each has its test in tests/unit/ami_adapters/protocol/test_ami_traps.py.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Any

from panoramisk import Manager

from ami_adapters.protocol.actions import Action
from ami_adapters.protocol.ami_message import Message
from ami_adapters.protocol.errors import ConnectionLost, NotConnected
from ami_adapters.protocol.framer import Framer
from ami_adapters.protocol.pending_actions import PendingActions, Response

SILENT = logging.getLogger("ami_adapters.panoramisk")
"""Trap 20: panoramisk logs actions with numbers and secrets; nothing below CRITICAL of it is passed on."""
SILENT.setLevel(logging.CRITICAL)
SILENT.addHandler(logging.NullHandler())

_TCP_USER_TIMEOUT_MS = 4000


class AmiProtocol(asyncio.Protocol):
    """Bytes in, messages out: answers to their actions, events to one sink, in order (traps 1, 11, 12, 16).

    An exception of the sink is told to `on_sink_error` and never reaches asyncio, which would break the
    connection. What line ends in a value have doubled or cut is not listened to: `on_distorted`;
    nor is a message longer than any that Asterisk means: `on_too_long`.
    """

    def __init__(
        self,
        *,
        sink: Callable[[Message], None],
        on_lost: Callable[[AmiProtocol, Exception | None], None],
        on_sink_error: Callable[[Exception], None],
        action_deadline_seconds: float,
        record: Callable[[bytes], None] | None = None,
        on_distorted: Callable[[], None] = lambda: None,
        on_too_long: Callable[[], None] = lambda: None,
    ) -> None:
        self._sink = sink
        self._on_distorted = on_distorted
        self._on_lost = on_lost
        self._on_sink_error = on_sink_error
        self._record = record
        self._framer = Framer(on_too_long)
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self.pending = PendingActions(deadline_seconds=action_deadline_seconds, on_foreign=on_distorted)
        self.last_received = self._loop.time()
        self.messages_read = 0
        self.responses: dict[str, object] = {}
        """panoramisk's own table; always empty, ours is `pending`."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio connected us."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # what create_connection promises
        self._transport = transport
        _keep_alive(transport.get_extra_info("socket"))

    def data_received(self, data: bytes) -> None:
        """Hand every message on, in order."""
        self.last_received = self._loop.time()
        if self._record is not None:
            self._record(data)
        for raw in self._framer.feed(data):
            self.messages_read += 1
            message = Message(raw)
            if message.contradicts_itself and not message.is_response:
                self._on_distorted()
                continue
            if self.pending.take(message) or not message.name:
                continue
            try:
                self._sink(message)
            except Exception as problem:  # trap 1: one bad event must not cost the connection
                self._on_sink_error(problem)

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever waits for an answer learns that the outcome is unknown (trap 3)."""
        self._transport = None
        self.pending.fail_all(lambda: ConnectionLost("the connection broke before the answer"))
        self._on_lost(self, exc)

    def quiet_seconds(self) -> float:
        """Since the last byte came in."""
        return self._loop.time() - self.last_received

    def send_action(self, action: Action) -> asyncio.Future[Response]:
        """Write it now; never again (traps 3, 10, 14). Raises NotConnected, TooManyActions."""
        if self._transport is None or self._transport.is_closing():
            raise NotConnected("the AMI link is down")
        action_id, future = self.pending.open(self._loop)
        self._transport.write(action.encode(action_id))
        return future

    def close(self) -> None:
        """Write what is to be written, then close."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once: the other side is not answering anyway."""
        if self._transport is not None:
            self._transport.abort()


def _keep_alive(sock: socket.socket | None) -> None:
    """Have the kernel notice a dead peer as well (trap 6)."""
    if sock is None or sock.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _TCP_USER_TIMEOUT_MS)


class AmiManager(Manager):  # type: ignore[misc]  # panoramisk ships no types
    """One connection of panoramisk's Manager, made on request and never by itself.

    Must be built inside a running loop. Reconnecting, login, pings and deadlines are the link's business
    (`ami_adapters.connection.link`): panoramisk's own reconnect timer, pinger and queue of actions to re-send are never
    started (traps 3–9).
    """

    def __init__(
        self, *, host: str, port: int, protocol_factory: Callable[[], AmiProtocol], ssl: Any
    ) -> None:
        super().__init__(
            host=host,
            port=port,
            ssl=ssl or False,
            loop=asyncio.get_running_loop(),
            protocol_factory=protocol_factory,
            log=SILENT,
            forgetable_actions=(),
        )
        self.protocol: AmiProtocol | None = None

    def connect(self, *_arguments: object, **_options: object) -> asyncio.Task[None]:
        """Connect once; the task ends when the protocol is in place, or with the reason why not."""
        return asyncio.ensure_future(self._connect_once())

    async def _connect_once(self) -> None:
        transport, protocol = await self.loop.create_connection(
            self.config["protocol_factory"], self.config["host"], self.config["port"], ssl=self.config["ssl"]
        )
        del transport
        self.connection_made(protocol)

    def connection_made(self, protocol: AmiProtocol) -> None:
        """Keep the protocol; no login, no pinger and no attributes are put on it here."""
        self.protocol = protocol
        self._connected = True

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the protocol; nothing is scheduled (trap 9)."""
        del exc
        self.protocol = None
        self._connected = False

    def send_action(
        self, action: Action, as_list: bool | None = None, **_options: object
    ) -> asyncio.Future[Response]:
        """Write an action. Raises NotConnected before the first connection and after each loss (trap 10)."""
        del as_list  # Trap 2, 13: whether it is a list is what the answer says, not what panoramisk guesses.
        if self.protocol is None:
            raise NotConnected("the AMI link is down")
        future: asyncio.Future[Response] = self.protocol.send_action(action)
        return future

    def close(self) -> None:
        """Close for good."""
        super().close()
        self.protocol = None
        self._connected = False

    def abort(self) -> None:
        """Break the connection at once."""
        if self.protocol is not None:
            self.protocol.abort()
