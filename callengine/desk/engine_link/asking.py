"""Sends wishes over the engine's socket, and repeats each under its id until the engine has answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from callengine.control.live_messages import CommandAnswered, from_line
from callengine.control.wishes import Wish, wish_to_line
from callengine.desk.engine_link.follower import PAUSE_SECONDS, SILENCE_SECONDS
from callengine.platform.logs import get_log

MOST_UNDER_WAY = 8
AGAIN_SECONDS = 5.0
"""After which a wish without an answer is sent once more: the engine does it once by its id."""
_LONGEST_LINE = 16 * 1024 * 1024


class WishSender:
    """`run` until cancelled; `wake` when there is a new one."""

    def __init__(
        self,
        socket: Path,
        pending: Callable[[], Awaitable[Sequence[Wish]]],
        on_answer: Callable[[CommandAnswered], Awaitable[None]],
    ) -> None:
        self._socket = socket
        self._pending = pending
        self._on_answer = on_answer
        self._wake = asyncio.Event()
        self.on_sent: Callable[[Wish], None] = lambda wish: None
        self._log = get_log("callengine.desk.outbox")

    def wake(self) -> None:
        """There is something to send."""
        self._wake.set()

    async def run(self) -> None:
        """Send what is pending, also what an earlier run of the desk left."""
        while True:
            if await self._pending():
                await self._connected()
                await asyncio.sleep(PAUSE_SECONDS)
            else:
                await self._wake.wait()
            self._wake.clear()

    async def _connected(self) -> None:
        """As long as there is something to send; the connection is given back then."""
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                reader, writer = await asyncio.open_unix_connection(str(self._socket), limit=_LONGEST_LINE)
        except (OSError, TimeoutError):
            return
        try:
            await self._send_all(reader, writer)
        except (OSError, TimeoutError, ValueError) as problem:
            self._log.warning(
                "outbox_interrupted", msg="wishes are sent again", reason=type(problem).__name__
            )
        finally:
            writer.transport.abort()

    async def _send_all(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop, sent = asyncio.get_running_loop(), dict[str, float]()
        while pending := await self._pending():
            for wish in pending[:MOST_UNDER_WAY]:
                if loop.time() - sent.get(wish.id, -AGAIN_SECONDS) >= AGAIN_SECONDS:
                    sent[wish.id] = loop.time()
                    writer.write(wish_to_line(wish))
                    self.on_sent(wish)
            async with asyncio.timeout(SILENCE_SECONDS):
                line = await reader.readline()
            if not line.endswith(b"\n"):
                raise OSError("the engine ended the stream")
            message = from_line(line)
            if isinstance(message, CommandAnswered):
                await self._on_answer(message)
