"""The boards that are open: drawn once per tick for all who look at the same, and only while somebody looks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from callengine.platform.logs import get_log
from callengine.wallboard.page import Look

TICK_SECONDS = 0.5
"""A change is on its way to the wall within this."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a board looks like now."""

    parts: Mapping[str, str]
    age_seconds: float
    """How old the data in it is."""
    alarm: bool


Draw = Callable[[tuple[Look, ...]], Awaitable[Mapping[Look, Drawn]]]
"""Draws all the boards that are asked for, from one look at the centre."""


class Viewer:
    """One open board. It holds the newest picture only: a slow screen misses some, and keeps no memory of ours."""

    def __init__(self, look: Look, version: str) -> None:
        self.look = look
        self._version = version
        self._newest: Drawn | None = None
        self._sent: Mapping[str, str] = {}
        self._number = 0
        self._wake = asyncio.Event()
        self._over = False

    def show(self, drawn: Drawn) -> None:
        """This is what it looks like now."""
        self._newest = drawn
        self._wake.set()

    def end(self) -> None:
        """Nothing more comes: the engine stops."""
        self._over = True
        self._wake.set()

    async def next_message(self) -> bytes | None:
        """Wait for the next picture, as a server-sent event with the parts that are new; None at the end."""
        await self._wake.wait()
        self._wake.clear()
        if self._over or self._newest is None:
            return None
        drawn, self._newest = self._newest, None
        changed = {name: html for name, html in drawn.parts.items() if self._sent.get(name) != html}
        self._sent = drawn.parts
        self._number += 1
        told = {
            "version": self._version,
            "age_seconds": round(drawn.age_seconds, 2),
            "alarm": drawn.alarm,
            "parts": changed,
        }
        data = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        return f"id: {self._number}\nretry: 2000\ndata: {data}\n\n".encode()


class Viewers:
    """All open boards, and the one task that draws for them."""

    def __init__(self, draw: Draw, version: str) -> None:
        self._draw = draw
        self._version = version
        self._viewers: set[Viewer] = set()
        self._ticking: asyncio.Task[None] | None = None
        self._log = get_log("callengine.wallboard")

    def __len__(self) -> int:
        return len(self._viewers)

    def open(self, look: Look) -> Viewer:
        """Somebody looks."""
        viewer = Viewer(look, self._version)
        self._viewers.add(viewer)
        if self._ticking is None or self._ticking.done():
            self._ticking = asyncio.get_running_loop().create_task(self._tick(), name="wallboard")
        return viewer

    def close(self, viewer: Viewer) -> None:
        """He looks no more; with the last one the drawing ends."""
        self._viewers.discard(viewer)
        if not self._viewers and self._ticking is not None:
            self._ticking.cancel()
            self._ticking = None

    def renew(self, version: str) -> None:
        """The page has changed: streams end, browsers connect again, see another version and load it."""
        self._version = version
        self.end_all()
        self._viewers.clear()

    def end_all(self) -> None:
        """The engine stops: every stream ends at once instead of being waited for."""
        for viewer in self._viewers:
            viewer.end()
        if self._ticking is not None:
            self._ticking.cancel()
            self._ticking = None

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                await self._draw_all()
            except Exception:
                # A board that cannot be drawn goes stale on the wall, and says so; calls are routed on.
                self._log.exception(
                    "wallboard_draw_failed", msg="an error of the engine; open boards keep what they show"
                )
            await asyncio.sleep(max(0.05, TICK_SECONDS - (loop.time() - began)))

    async def _draw_all(self) -> None:
        drawn = await self._draw(tuple({viewer.look for viewer in self._viewers}))
        for viewer in self._viewers:
            if viewer.look in drawn:  # Who came while it was drawn sees the next.
                viewer.show(drawn[viewer.look])
