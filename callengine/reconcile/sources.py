"""Where reconcile finds its sources: the engine itself, from inside or through its control socket, and files."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncEngine

from callengine.control.client import ask_async
from callengine.http.api.callbacks import PREFIX
from callengine.realtime.figures_json import sums_json
from callengine.realtime.statistics import RealtimeStatistics
from callengine.reconcile.against_realtime import LiveSide
from callengine.reconcile.run import Books
from config.policies import centre_policy
from config.settings import Settings

_FALLBACK_QUEUE = "callengine-fallback"


class OverControlSocket:
    """The running engine, asked by a command. Its questions raise EngineAway, Refused."""

    def __init__(self, control: Path) -> None:
        self._control = control

    async def calls(self, quarter: datetime) -> dict[str, Any]:
        """What it counts of a quarter of an hour."""
        return await self._ask(f"/figures/calls?quarter={quote(quarter.isoformat())}")

    async def sums(self) -> dict[str, Any]:
        """What its figures are quotients of, now."""
        return await self._ask("/figures/sums")

    async def _ask(self, path: str) -> dict[str, Any]:
        found: dict[str, Any] = await ask_async(self._control, "GET", PREFIX + path)
        return found


class FromInside:
    """The engine's own tally, for its nightly job."""

    def __init__(
        self, tally: RealtimeStatistics, now: Callable[[], datetime], flush: Callable[[], Awaitable[None]]
    ) -> None:
        self._tally = tally
        self._now = now
        self._flush = flush

    async def calls(self, quarter: datetime) -> dict[str, Any]:
        """What it counts of a quarter of an hour."""
        await self._flush()
        return self._tally.quarter(quarter)

    async def sums(self) -> dict[str, Any]:
        """What its figures are quotients of, now."""
        await self._flush()
        return await asyncio.to_thread(sums_json, self._tally.shown(self._now()))


def books_of(settings: Settings, ledger: AsyncEngine, live: LiveSide | None) -> Books:
    """The sources that the settings name."""
    policy = centre_policy(settings)
    ours = {_FALLBACK_QUEUE, *policy.queues}
    for queue in policy.queues.values():
        ours.update(() if queue.watch is None else queue.watch.pbx_queues)
    return Books(
        ledger=ledger,
        node=settings.pbx.name,
        promises={name: queue.promise for name, queue in policy.queues.items()},
        zone=ZoneInfo(settings.centre.time_zone),
        live=live,
        queue_log=settings.queue_log.file,
        cdr=settings.reconcile.cdr,
        our_queues=frozenset(ours),
    )
