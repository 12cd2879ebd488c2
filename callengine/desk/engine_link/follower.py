"""Keeps the picture up to date from the engine's socket, and knows within 3 s that the engine is dead or hangs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from callengine.control.live_messages import Beat, Live, Snapshot, from_line
from callengine.desk.engine_link.changes import Subscription
from callengine.desk.engine_link.picture import LostThread, Picture, followed, passed_over
from callengine.platform.logs import get_log

SILENCE_SECONDS = 2.5
"""The engine beats every second: who is silent for so long hangs."""
PAUSE_SECONDS = 0.5
"""Between two tries to reach it."""
_LONGEST_LINE = 16 * 1024 * 1024
"""A snapshot of some 50,000 calls."""


class EngineFollower:
    """`run` until cancelled. `picture` is None before the engine was first heard."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._log = get_log("callengine.desk.engine_link")
        self._was_told: bool | None = None
        self.picture: Picture | None = None
        """The last one; while the engine is away it is what was last known."""
        self.is_heard = False
        self._subscriptions: set[Subscription] = set()
        self.on_heard: Callable[[Live], None] = lambda message: None
        """Called with each message that this version knows."""
        self.on_restart: Callable[[], None] = lambda: None
        """Called when it begins anew with a snapshot, beyond the first time."""

    def subscribe(self) -> Subscription:
        """What happens from now on; its first change is the picture. To be used in `with`."""
        subscription = Subscription(lambda: (self.picture, self.is_heard), self._subscriptions.discard)
        self._subscriptions.add(subscription)
        return subscription

    async def run(self) -> None:
        """Follow, and come back whenever the thread is lost."""
        while True:
            reason = await self._once()
            if self.is_heard:
                self.is_heard = False
                for subscription in self._subscriptions:
                    subscription.note()
            if self._was_told is not False:
                self._was_told = False
                self._log.warning(
                    "engine_away", msg="calls are not seen; they go on without the desk", reason=reason
                )
            await asyncio.sleep(PAUSE_SECONDS)

    async def _once(self) -> str:
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                reader, writer = await asyncio.open_unix_connection(str(self._socket), limit=_LONGEST_LINE)
        except (OSError, TimeoutError) as problem:
            return f"{self._socket}: {type(problem).__name__}"
        try:
            return await self._follow(reader)
        except (LostThread, OSError, ValueError) as problem:
            return str(problem)
        finally:
            writer.transport.abort()

    async def _follow(self, reader: asyncio.StreamReader) -> str:
        picture: Picture | None = None
        while True:
            try:
                async with asyncio.timeout(SILENCE_SECONDS):
                    line = await reader.readline()
            except TimeoutError:
                return f"nothing was heard for {SILENCE_SECONDS} s"
            if not line.endswith(b"\n"):
                return "the engine ended the stream"
            message = from_line(line)
            picture = passed_over(picture) if message is None else followed(picture, message)
            self._hear(picture, message)
            if message is not None:
                self.on_heard(message)

    def _hear(self, picture: Picture, message: Live | None) -> None:
        if not self.is_heard:
            if self.picture is not None:
                self.on_restart()
            self._was_told = True
            self._log.info("engine_heard", msg="the desk sees the calls")
        self.picture, self.is_heard = picture, True
        for subscription in self._subscriptions:
            if isinstance(message, Snapshot):
                subscription.begin_anew()
            elif message is not None and not isinstance(message, Beat):
                subscription.tell(message)
