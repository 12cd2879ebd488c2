"""Server-sent events to one open page: coalesced, bounded, and cut off when the page does not read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

MOST_A_SECOND = 4
"""Patches that a page is sent; what changed meanwhile is in the next one."""
SEND_SECONDS = 10.0
"""Whoever takes nothing for so long is gone; its browser begins again by itself."""
BEAT_SECONDS = 2.0
"""A page that hears nothing for longer says that the desk is away."""


class Streams:
    """All of this process."""

    def __init__(self) -> None:
        self.open = 0
        self.dropped = 0
        """Those whose page did not read."""


STREAMS = Streams()


class PageStream:
    """What one page is to show: the newest of each region only, so nothing piles up for a slow one."""

    def __init__(self) -> None:
        self._regions: dict[str, str] = {}
        self._urgent: list[tuple[str, Any]] = []
        self._wake = asyncio.Event()
        self._rush = asyncio.Event()
        self._over = False

    def show(self, regions: Mapping[str, str]) -> None:
        """From now on these regions (ids of elements) have this content (HTML)."""
        self._regions.update(regions)
        self._wake.set()

    def tell(self, kind: str, data: Any) -> None:
        """At once, ahead of any patch: a call is offered. At most 100 are kept for a page that does not read."""
        if len(self._urgent) >= 100:
            STREAMS.dropped += not self._over
            self.end()
            return
        self._urgent.append((kind, data))
        self._rush.set()
        self._wake.set()

    def end(self) -> None:
        """Nothing more comes."""
        self._over = True
        self._rush.set()
        self._wake.set()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Until the page goes, does not read, or `end`."""
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
        )
        await response.prepare(request)
        sent: dict[str, str] = {}
        STREAMS.open += 1
        try:
            await self._send(response, "retry: 1000\n\n")
            while not self._over:
                text = await self._next(sent)
                await self._send(response, text)
                await self._pause()
        except (TimeoutError, ConnectionError) as problem:
            STREAMS.dropped += isinstance(problem, TimeoutError)
            if request.transport is not None:
                request.transport.abort()
        finally:
            STREAMS.open -= 1
        return response

    async def _next(self, sent: dict[str, str]) -> str:
        """What was shown again as it was is nothing new: the beat comes all the same, and by it a page that is gone is
        noticed."""
        try:
            async with asyncio.timeout(BEAT_SECONDS):
                while True:
                    await self._wake.wait()
                    if text := self._news(sent):
                        return text
                    if self._over:
                        return ""
        except TimeoutError:
            return "event: beat\ndata: {}\n\n"

    def _news(self, sent: dict[str, str]) -> str:
        self._wake.clear()
        self._rush.clear()
        urgent, self._urgent = self._urgent, []
        changed = {name: html for name, html in self._regions.items() if sent.get(name) != html}
        self._regions = {}
        sent.update(changed)
        parts = [_event(kind, data) for kind, data in urgent]
        if changed:
            parts.append(_event("patch", changed))
        return "".join(parts)

    async def _pause(self) -> None:
        """Until the next patch may go, or something urgent comes."""
        try:
            async with asyncio.timeout(1 / MOST_A_SECOND):
                await self._rush.wait()
        except TimeoutError:
            return

    async def _send(self, response: web.StreamResponse, text: str) -> None:
        if text:
            async with asyncio.timeout(SEND_SECONDS):
                await response.write(text.encode())


def _event(kind: str, data: Any) -> str:
    return f"event: {kind}\ndata: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n"
