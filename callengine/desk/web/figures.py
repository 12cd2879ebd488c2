"""What the desk tells Prometheus of itself (P19): its outbox, the engine's stream, pages, children, its disk."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from callengine.control.live_messages import CommandAnswered, Live
from callengine.desk.data.children import CHILDREN
from callengine.desk.data.database import DeskDatabase
from callengine.desk.web.streams import STREAMS

KINDS = (
    "agent_log_in",
    "agent_log_out",
    "agent_pause",
    "agent_unpause",
    "agent_end_wrap_up",
    "call_give",
    "call_move",
    "call_raise",
    "dial",
)
"""Commands that are counted from 0 on; others from their first one."""
_EDGES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_SECONDS = 1.0
"""A scrape waits no longer for the database; what it read last is told then."""
Outbox = tuple[int, datetime | None]
"""How many commands have no answer, and since when the oldest waits for one."""


class DeskFigures:
    """Told by the parts of the desk; `refresh` before each scrape."""

    def __init__(
        self,
        registry: CollectorRegistry,
        database: DeskDatabase,
        folder: Path,
        now: Callable[[], datetime],
        outbox: Callable[[], Awaitable[Outbox]],
    ) -> None:
        """`folder`: on the disk that its data lies on. `outbox` may raise SQLAlchemyError."""
        self._outbox = outbox
        self._now = now
        self._commands = Counter(
            "callengine_desk_commands",
            "What people asked of the engine, by what became of it: sent (also again), done, refused",
            ["kind", "state"],
            registry=registry,
        )
        for kind in KINDS:
            for state in ("sent", "done", "refused"):
                self._commands.labels(kind, state)
        self._lag = Histogram(
            "callengine_desk_stream_lag_seconds",
            "From the engine's telling of what happened to the desk's hearing of it",
            buckets=_EDGES,
            registry=registry,
        )
        self._open = Gauge(
            "callengine_desk_outbox_open", "Commands that the engine has not answered", registry=registry
        )
        self._oldest = Gauge(
            "callengine_desk_outbox_oldest_seconds", "Age of the oldest of them", registry=registry
        )
        registry.register(_Now(database, folder))

    def sent(self, kind: str) -> None:
        """A command went to the engine."""
        self._commands.labels(kind, "sent").inc()

    def answered(self, kind: str, answer: CommandAnswered) -> None:
        """The engine's answer is committed."""
        self._commands.labels(kind, "done" if answer.done else "refused").inc()

    def heard(self, message: Live) -> None:
        """One message of the engine's."""
        self._lag.observe(max(0.0, (self._now() - message.at).total_seconds()))

    async def refresh(self) -> None:
        """Look into the outbox."""
        try:
            async with asyncio.timeout(_SECONDS):
                count, since = await self._outbox()
        except (SQLAlchemyError, TimeoutError):
            return
        self._open.set(count)
        self._oldest.set((self._now() - since).total_seconds() if since is not None else 0.0)


class _Now(Collector):
    """What is so at the moment of the scrape."""

    def __init__(self, database: DeskDatabase, folder: Path) -> None:
        self._database = database
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        """Each family."""
        disk = shutil.disk_usage(self._folder)
        for name, meaning, value in (
            (
                "database_takes",
                "Whether what is typed is written (0: the disk is full, or the database away)",
                float(self._database.trouble is None),
            ),
            ("streams_open", "Pages that are kept up to date", float(STREAMS.open)),
            ("children_running", "Child processes that read uploaded files", float(CHILDREN.running)),
            ("children_waiting", "Uploaded files that wait for one", float(CHILDREN.waiting)),
            ("disk_free_bytes", "Room on the disk of the desk's own data", float(disk.free)),
            ("disk_size_bytes", "Size of that disk", float(disk.total)),
        ):
            yield GaugeMetricFamily(f"callengine_desk_{name}", meaning, value)
        for name, meaning, count in (
            ("streams_dropped", "Pages cut off because they did not read; they begin anew", STREAMS.dropped),
            ("writes_refused", "Transactions that the database did not take", self._database.refused),
        ):
            yield CounterMetricFamily(f"callengine_desk_{name}", meaning, float(count))
