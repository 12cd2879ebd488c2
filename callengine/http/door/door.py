"""Listens, lets in as many as there is room for, and hands over who has said a whole request.

What is not a whole request costs a descriptor and some bytes, for ten seconds at most. Accepting and handing over are
each limited by the second, so that a flood stays in the kernel's own queue: the same loop carries calls.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
from collections import Counter, deque
from collections.abc import Callable, Iterable

from aiohttp import web

from callengine.http.door.answering import NAME, Answering
from callengine.http.door.head import Head, MalformedError, look
from callengine.http.door.limits import HEAD_BYTES, HEAD_READS, Allowance, Limits, Refusal

_READ_BYTES = 4096
_ACCEPTS_A_TURN = 4
_PAUSE_SECONDS = 1.0
_SWEEP_SECONDS = 1.0
_NO_ANSWER_MS = 30_000
"""What the other side has not acknowledged for so long it never will."""
_BAD_REQUEST = (
    f"HTTP/1.1 400 Bad Request\r\nServer: {NAME}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
).encode()


class _Guest:
    """Somebody whose request is not whole, or waits for its turn."""

    __slots__ = ("address", "head", "reads", "said", "since", "socket")

    def __init__(self, connection: socket.socket, address: str, since: float) -> None:
        self.socket = connection
        self.address = address
        self.since = since
        self.said = bytearray()
        self.reads = 0
        self.head: Head | None = None


class Door:
    """One for each application; its listeners share the room."""

    def __init__(
        self,
        listeners: Iterable[socket.socket],
        server: web.Server,
        limits: Limits,
        on_refused: Callable[[Refusal], None],
    ) -> None:
        self._listeners = list(listeners)
        self._server = server
        self._limits = limits
        self._on_refused = on_refused
        self._loop = loop = asyncio.get_running_loop()
        self._accepts = Allowance(limits.accepts_per_second, limits.burst, loop.time())
        self._requests = Allowance(limits.requests_per_second, limits.burst, loop.time())
        self._waiting: dict[_Guest, None] = {}
        """Their heads are not whole; the first has waited longest."""
        self._whole: deque[_Guest] = deque()
        self._inside = 0
        self._of_address: Counter[str] = Counter()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def connections(self) -> int:
        """All that take a descriptor."""
        return len(self._waiting) + len(self._whole) + self._inside

    def open(self) -> None:
        """Begin to let in."""
        for listener in self._listeners:
            listener.setblocking(False)
        self._listen()

    async def close(self) -> None:
        """Let nobody in any more; when this returns, whoever is inside is aiohttp's."""
        for listener in self._listeners:
            self._loop.remove_reader(listener)
            listener.close()
        for timer in self._timers.values():
            timer.cancel()
        for guest in (*self._waiting, *self._whole):
            self._dismiss(guest)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _listen(self) -> None:
        for listener in self._listeners:
            self._loop.add_reader(listener, self._accept, listener)

    def _rest(self, seconds: float) -> None:
        for listener in self._listeners:
            self._loop.remove_reader(listener)
        self._later("listen", seconds, self._listen)

    def _later(self, name: str, seconds: float, work: Callable[[], None]) -> None:
        """One timer a name."""
        if name not in self._timers:

            def now() -> None:
                del self._timers[name]
                work()

            self._timers[name] = self._loop.call_later(seconds, now)

    def _accept(self, listener: socket.socket) -> None:
        for _ in range(_ACCEPTS_A_TURN):
            if not self._accepts.take(self._loop.time()):
                self._rest(self._accepts.wait_seconds)
                return
            try:
                connection, peer = listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:  # EMFILE, ENFILE, ENOBUFS, ENOMEM: asking again at once would ask for ever.
                self._on_refused(Refusal.DESCRIPTORS)
                self._rest(_PAUSE_SECONDS)
                return
            self._welcome(connection, peer[0] if isinstance(peer, tuple) else "")

    def _welcome(self, connection: socket.socket, address: str) -> None:
        crowded = self._of_address[address] >= self._limits.per_address and not is_this_machine(address)
        if not crowded and self.connections >= self._limits.connections:
            crowded = not self._waiting
            if not crowded:
                self._refuse(next(iter(self._waiting)), Refusal.CROWDED)
        if crowded:
            self._on_refused(Refusal.CROWDED)
            connection.close()
            return
        connection.setblocking(False)
        if connection.family != socket.AF_UNIX:
            with contextlib.suppress(OSError):  # It is gone already, and will say so.
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _NO_ANSWER_MS)
        guest = _Guest(connection, address, self._loop.time())
        self._waiting[guest] = None
        self._of_address[address] += 1
        self._loop.add_reader(connection, self._hear, guest)
        self._later("sweep", _SWEEP_SECONDS, self._sweep)

    def _hear(self, guest: _Guest) -> None:
        try:
            data = guest.socket.recv(_READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self._dismiss(guest)
            return
        guest.said += data
        guest.reads += 1
        try:
            guest.head = look(guest.said)
        except MalformedError:
            with contextlib.suppress(OSError):
                guest.socket.send(_BAD_REQUEST)
            self._refuse(guest, Refusal.MALFORMED)
            return
        if guest.head is not None:
            self._loop.remove_reader(guest.socket)
            del self._waiting[guest]
            self._whole.append(guest)
            self._serve()
        elif len(guest.said) > HEAD_BYTES or guest.reads >= HEAD_READS:
            self._refuse(guest, Refusal.FLOODING)

    def _serve(self) -> None:
        """Those whose turn it is, in the order in which they were whole."""
        while self._whole:
            if not self._requests.take(self._loop.time()):
                self._later("serve", self._requests.wait_seconds, self._serve)
                return
            guest = self._whole.popleft()
            self._inside += 1
            task = self._loop.create_task(self._hand_over(guest), name="http connection")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _hand_over(self, guest: _Guest) -> None:
        if guest.head is None:
            return

        def gone() -> None:
            self._inside -= 1
            self._forget_address(guest)

        answering = Answering(
            self._server,
            guest.head,
            bytes(guest.said),
            limits=self._limits,
            on_refused=self._on_refused,
            on_gone=gone,
        )
        try:
            await self._loop.connect_accepted_socket(lambda: answering, guest.socket)
        except OSError:
            guest.socket.close()
            gone()

    def _sweep(self) -> None:
        """End those who have taken too long to say what they want."""
        late = self._loop.time() - self._limits.head_seconds
        while self._waiting:
            oldest = next(iter(self._waiting))
            if oldest.since > late:
                self._later("sweep", _SWEEP_SECONDS, self._sweep)
                return
            self._refuse(oldest, Refusal.SLOW)

    def _refuse(self, guest: _Guest, why: Refusal) -> None:
        self._on_refused(why)
        self._dismiss(guest)

    def _dismiss(self, guest: _Guest) -> None:
        self._loop.remove_reader(guest.socket)
        guest.socket.close()
        self._waiting.pop(guest, None)
        self._forget_address(guest)

    def _forget_address(self, guest: _Guest) -> None:
        self._of_address[guest.address] -= 1
        if not self._of_address[guest.address]:
            del self._of_address[guest.address]


def is_this_machine(address: str) -> bool:
    """Its own users, or a proxy that speaks for many."""
    return not address or ipaddress.ip_address(address.partition("%")[0]).is_loopback
