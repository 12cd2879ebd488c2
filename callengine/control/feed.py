"""The desk's socket: whoever connects gets a snapshot, then what happens. The engine waits for nobody (law 10).

A reader that does not keep up is cut off as soon as `MOST_BEHIND` bytes wait for it; it comes back and begins with a
snapshot. It may write commands, one a line, so many at a time; each is answered in the same stream, after its commit.
Who writes anything else, or is not one of those who may connect, is cut off.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

from callengine.control.live_messages import Beat, CommandAnswered, Live, to_line
from callengine.control.peers import may_ask, peer_of
from callengine.control.places import desk_socket
from callengine.control.telling import Look, snapshot, telling
from callengine.control.wishes import LONGEST_LINE, Decided, Wish, wish_from_line
from callengine.platform.listeners import is_shared, private_listener, shared_listener
from callengine.platform.logs import get_log
from callengine.platform.start_errors import StartError
from queues.messages.journal import JournalEntry

MOST_READERS = 8
MOST_BEHIND = 256 * 1024
"""Bytes that wait for one reader, besides its snapshot: some 1,500 messages, half a minute of a busy centre."""
BEAT_SECONDS = 1.0
"""A reader that hears nothing for some of these knows that the engine hangs."""


MOST_ASKED = 64
"""Commands of one connection that are not answered yet."""


class Decider(Protocol):
    """Who has commands decided."""

    async def decide(self, wish: Wish) -> Decided | None:
        """What became of it, once that is committed; None: ask again later."""


class _Reader(asyncio.Protocol):
    """One connection. Bytes leave it only by the kernel's own pace; nobody ever waits for that."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._transport: asyncio.Transport | None = None
        self._told = 0
        self._allowed = MOST_BEHIND
        self._heard = bytearray()
        self.asked = 0
        """Commands of it that are not answered yet."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):  # A stream socket's always is.
            return
        self._transport = transport
        if self._feed.lets_in(transport.get_extra_info("socket")):
            self._feed.welcome(self)
        else:
            self._feed.cut(self, "its user may not connect: neither the engine's own nor one of desk.group")

    def begin(self, line: bytes) -> None:
        """The snapshot, whatever its size."""
        self._allowed = MOST_BEHIND + len(line)
        self._write(line)

    def tell(self, make: Callable[[int], Live]) -> None:
        """The next message."""
        self._told += 1
        self._write(to_line(make(self._told)))

    def data_received(self, data: bytes) -> None:
        *lines, rest = (bytes(self._heard) + data).split(b"\n")
        self._heard = bytearray(rest)
        if len(rest) > LONGEST_LINE or any(len(line) > LONGEST_LINE for line in lines):
            self._feed.cut(self, "it sends what is no command")
            return
        for line in lines:
            if self._transport is None:
                return
            self._feed.ask(self, line)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._transport = None
        self._feed.farewell(self)

    def end(self) -> None:
        """At once: what waits for it is dropped."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.abort()

    def _write(self, line: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(line)
        if self._transport.get_write_buffer_size() > self._allowed:
            self._feed.cut(self, "it does not keep up")


class Feed:
    """All who read, and what they are told. `observe` is the engine's observer."""

    def __init__(
        self, look: Look, now: Callable[[], datetime], *, group: str = "", decider: Decider | None = None
    ) -> None:
        """`group`: whose users may connect besides the engine's own; empty: the folder's, where that is shared."""
        self._look = look
        self._now = now
        self._group = group
        self._gid: int | None = None
        self._decider = decider
        self._asking: set[asyncio.Task[None]] = set()
        self._settings_read = 0
        self._log = get_log("callengine.desk_feed")
        self._readers: set[_Reader] = set()
        self._server: asyncio.Server | None = None
        self._path: Path | None = None
        self._beat: asyncio.TimerHandle | None = None
        self.cut_off = 0
        """Readers that were cut off because they did not keep up or misbehaved."""

    @property
    def readers(self) -> int:
        """How many read now."""
        return len(self._readers)

    async def open(self, control: Path) -> None:
        """Listen beside the control socket. A desk that cannot be served never keeps the engine from starting."""
        path = desk_socket(control)
        loop = asyncio.get_running_loop()
        try:
            if self._group or is_shared(path.absolute().parent):
                listener = shared_listener(path, self._group)
                self._gid = path.stat().st_gid
            else:
                listener = private_listener(path)
            self._server = await loop.create_unix_server(lambda: _Reader(self), sock=listener)
        except (OSError, StartError) as problem:
            self._log.error("desk_socket_failed", msg="the desk sees no calls", reason=str(problem))
            return
        self._path = path
        self._beat = loop.call_later(BEAT_SECONDS, self._beat_now)

    async def close(self) -> None:
        """End every stream, wait for none."""
        if self._beat is not None:
            self._beat.cancel()
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for reader in tuple(self._readers):
            reader.end()
        for task in tuple(self._asking):
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def observe(self, entry: JournalEntry) -> None:
        """Pass it on to whoever reads. Never raises: the engine is in the midst of its work."""
        if not self._readers:
            return
        try:
            make = telling(self._look, entry)
        except Exception:
            self._fail()
            return
        if make is not None:
            self._tell(make)

    def renew(self) -> None:
        """The settings have changed: everybody begins again, with a snapshot of what there is now."""
        self._settings_read += 1
        for reader in tuple(self._readers):
            reader.end()

    def lets_in(self, connection: socket.socket) -> bool:
        """Whether who is there may connect."""
        try:
            return may_ask(peer_of(connection), self._gid)
        except OSError:  # Gone already.
            return False

    def ask(self, reader: _Reader, line: bytes) -> None:
        """A command; the engine goes on, and its answer comes when it is committed."""
        try:
            wish = wish_from_line(line)
        except ValueError as problem:
            self.cut(reader, str(problem))
            return
        if reader.asked >= MOST_ASKED or self._decider is None:
            self.cut(reader, "it asks for too much at a time")
            return
        reader.asked += 1
        task = asyncio.get_running_loop().create_task(self._answer(reader, self._decider, wish))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _answer(self, reader: _Reader, decider: Decider, wish: Wish) -> None:
        try:
            decided = await decider.decide(wish)
        except Exception:
            self._log.exception(
                "desk_command_failed", msg="an error of the engine; calls go on", kind=wish.kind
            )
            decided = None
        reader.asked -= 1
        if decided is not None:
            at = self._now()
            reader.tell(
                lambda n: CommandAnswered(
                    n=n,
                    at=at,
                    command=wish.id,
                    done=decided.done,
                    refusal=decided.refusal,
                    why=decided.why,
                )
            )

    def welcome(self, reader: _Reader) -> None:
        """A new reader. What it is told is whole: nothing happens between its snapshot and what follows."""
        if len(self._readers) >= MOST_READERS:
            reader.end()
            return
        try:
            line = to_line(snapshot(self._look.view(), self._now(), self._settings))
        except Exception:
            reader.end()
            self._fail()
            return
        self._readers.add(reader)
        reader.begin(line)

    def farewell(self, reader: _Reader) -> None:
        """It is gone."""
        self._readers.discard(reader)

    def cut(self, reader: _Reader, reason: str) -> None:
        """Away with it; it may come back."""
        self.cut_off += 1
        self._readers.discard(reader)
        reader.end()
        self._log.warning("desk_cut_off", msg="a reader of the desk's socket was cut off", reason=reason)

    @property
    def _settings(self) -> str:
        return f"{os.getpid()}.{self._settings_read}"

    def _fail(self) -> None:
        """An error of ours: who was not told all begins again."""
        self._log.exception("desk_not_told", msg="an error of the engine; calls go on, the desk is cut off")
        for reader in tuple(self._readers):
            self._readers.discard(reader)
            reader.end()

    def _tell(self, make: Callable[[int], Live]) -> None:
        for reader in tuple(self._readers):
            try:
                reader.tell(make)
            except Exception:
                self._fail()
                return

    def _beat_now(self) -> None:
        at = self._now()
        self._tell(lambda n: Beat(n=n, at=at))
        self._beat = asyncio.get_running_loop().call_later(BEAT_SECONDS, self._beat_now)
