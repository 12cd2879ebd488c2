"""The day's figures as the ledger has them, for an engine that stands by and writes nothing."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError

from ami_adapters.connection.owner import Heartbeat, read_owner
from callengine.platform.clock import SystemClock
from callengine.platform.ledger_access import ledger_of
from callengine.realtime.figures import CentreFigures, QuarterHour
from callengine.realtime.seed import recount
from callengine.realtime.statistics import COUNTED_FOR, RealtimeStatistics
from config.policies import centre_policy
from config.settings import Settings
from queues.terms.identifiers import CompanyId, QueueName
from storage.leases import charge_of, holding
from storage.queries.realtime_seed import figure_rows
from storage.schema.errors import LedgerError

_REFRESH = timedelta(seconds=15)
_READ_SECONDS = 10.0


class FiguresReader:
    """`refresh` now and then; figures are shown only where the ledger is the one that the engine in charge writes."""

    def __init__(self, settings: Settings, clock: SystemClock) -> None:
        self._settings = settings
        self._clock = clock
        self._zone = ZoneInfo(settings.centre.time_zone)
        self._policy = centre_policy(settings)
        self._tally = self._empty()
        self._read_at: datetime | None = None
        self._reading: asyncio.Task[None] | None = None
        self.are_shared = False
        """Whether whoever is in charge of the PBX writes this ledger."""

    async def refresh(self, present: Heartbeat | None) -> None:
        """Read anew when it is time; in the background, nobody waits."""
        if self._reading is not None and not self._reading.done():
            return
        if self._read_at is None or self._clock.now() - self._read_at > _REFRESH:
            self._read_at = self._clock.now()
            self._reading = asyncio.get_running_loop().create_task(self._read(present), name="figures")

    async def close(self) -> None:
        """Let go of the database."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    def take(self, now: datetime) -> CentreFigures:
        """Everything at this moment."""
        return self._tally.take(now)

    def quarters(
        self, now: datetime, *, queue: QueueName | None = None, company: CompanyId | None = None
    ) -> tuple[QuarterHour, ...]:
        """The last 96 quarters of an hour."""
        return self._tally.quarters(now, queue=queue, company=company)

    async def _read(self, present: Heartbeat | None) -> None:
        node, now = self._settings.pbx.name, self._clock.now()
        with contextlib.suppress(SQLAlchemyError, OSError, TimeoutError, LedgerError):
            async with asyncio.timeout(_READ_SECONDS), ledger_of(self._settings, read_only=True) as engine:
                async with engine.connect() as connection:
                    held = await connection.run_sync(holding, charge_of(node))
                holder = None if held is None else read_owner(held.holder)
                owner = None if present is None else present.owner
                self.are_shared = (
                    holder is not None and owner is not None and holder.instance == owner.instance
                )
                if self.are_shared:
                    tally, until = self._empty(), now + timedelta(days=1)
                    rows = await figure_rows(engine, node, now - COUNTED_FOR, until, with_open=True)
                    tally.load(recount(rows, tally.midnight), now)
                    self._tally = tally

    def _empty(self) -> RealtimeStatistics:
        promises = {name: queue.promise for name, queue in self._policy.queues.items()}
        return RealtimeStatistics(
            promises, self._zone, self._clock.now(), not_recovered=self._policy.not_recovered
        )
