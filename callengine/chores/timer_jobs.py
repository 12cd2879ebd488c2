"""What an engine does by the clock beside its calls, and by whom: one engine at a time, however many share a ledger."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime

from prometheus_client import Histogram
from sqlalchemy.exc import SQLAlchemyError

from ami_adapters.connection.owner import Owner
from ami_adapters.connection.pbx_connection import PbxConnection
from callengine.platform.identity import gone_holder
from callengine.platform.logs import Log
from storage.leases import DONE_FOR_SECONDS, Lease, LeaseLostError, job_lease, job_of
from storage.ledger import Ledger

AUDIT_SECONDS = 15.0
ALIVE_NOTED_SECONDS = 5.0
_LAG_MEASURED_SECONDS = 0.5

Alone = Callable[[], AbstractAsyncContextManager[object]]
"""Entered by whoever may do the work now. Raises LeaseHeldError: another does it, or has done it."""


def alone(ledger: Ledger, job: str, me: Owner, *, done_for: float = DONE_FOR_SECONDS) -> Alone:
    """A job of this PBX's engine, for as long as it takes and `done_for` seconds more."""

    def take() -> AbstractAsyncContextManager[Lease]:
        return job_lease(
            ledger.engine,
            job_of(job, ledger.node),
            me.written(),
            done_for=done_for,
            is_gone=gone_holder(me),
        )

    return take


async def audit(pbx: PbxConnection) -> None:
    """No decision waits for this: it finds what AMI, which numbers nothing, kept from us."""
    while True:
        await asyncio.sleep(AUDIT_SECONDS)
        await pbx.audit()


async def measure_lag(lag: Histogram) -> None:
    """How late the loop is."""
    loop = asyncio.get_running_loop()
    while True:
        wanted = loop.time() + _LAG_MEASURED_SECONDS
        await asyncio.sleep(_LAG_MEASURED_SECONDS)
        lag.observe(max(0.0, loop.time() - wanted))


async def note_alive(ledger: Ledger, now: Callable[[], datetime]) -> None:
    """Whoever counts again must know from when on nobody looked, should this run be killed; and it renews the lease.

    Raises LeaseLostError.
    """
    while True:
        await try_to_note_alive(ledger, now())
        await asyncio.sleep(ALIVE_NOTED_SECONDS)


async def closed(ledger: Ledger, at: datetime, log: Log) -> None:
    """Commit what was decided, and let go of the ledger; of one that is another engine's by now nothing is written."""
    try:
        if not ledger.writer.is_away and ledger.writer.lost is None:
            with contextlib.suppress(LeaseLostError):
                await try_to_note_alive(ledger, at)
        await ledger.close()
    except TimeoutError:
        log.error(
            "ledger_incomplete_at_stop",
            msg="the engine stops before the ledger has everything; the spool keeps the rest",
            rows=ledger.writer.pending_rows,
        )


async def try_to_note_alive(ledger: Ledger, at: datetime) -> None:
    """Once; a database that is away hears it next time. Raises LeaseLostError."""
    with contextlib.suppress(SQLAlchemyError, OSError, TimeoutError):
        async with asyncio.timeout(ALIVE_NOTED_SECONDS):
            await ledger.note_alive(at)
