"""Leases: one holder at a time of a thing that only one may do, with an epoch that only grows as fencing token.

Whoever holds a lease proves it in the very transaction in which he writes (`hold`): his epoch still stands in the row,
or nothing of that transaction is written. So a holder that froze and comes back late does no harm, whatever he
believes. Time is the database's own: two machines' clocks are never compared.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    and_,
    insert,
    literal,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.schema.errors import LedgerAway, LedgerError
from storage.schema.tables import leases

CHARGE_SECONDS = 15.0
"""How long a holder of a PBX's lease counts as alive without renewing it."""
JOB_SECONDS = 600.0
"""As long may a job take between two signs of life."""
DONE_FOR_SECONDS = 12 * 3600.0
"""A nightly job that is done is nobody else's for so long."""


@dataclass(frozen=True, slots=True)
class Lease:
    """What is held: by whom, and under which epoch."""

    name: str
    holder: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Holding:
    """Who holds a lease, as the database tells; `seconds_left` is negative when it has run out."""

    name: str
    holder: str
    epoch: int
    seconds_left: float


class LeaseHeldError(LedgerError):
    """Somebody else holds it."""

    def __init__(self, holding: Holding) -> None:
        super().__init__(f"{holding.name} is held by {holding.holder}, for {holding.seconds_left:.0f} s more")
        self.holding = holding


class LeaseLostError(LedgerAway):
    """It was ours, and is another's now: nothing of this transaction is written, for us the ledger is away for good."""

    def __init__(self, lease: Lease, holding: Holding | None) -> None:
        by = "nobody" if holding is None else f"{holding.holder}, epoch {holding.epoch}"
        super().__init__(f"{lease.name}: our epoch {lease.epoch} is over, it is held by {by}")
        self.holding = holding


def charge_of(node: str) -> str:
    """The name of the lease of one PBX."""
    return f"pbx/{node}"


def job_of(job: str, node: str) -> str:
    """The name of the lease of work that timers do for one PBX."""
    return f"{job}/{node}"


def take(
    connection: Connection,
    name: str,
    holder: str,
    *,
    seconds: float,
    epoch: int = 0,
    is_gone: Callable[[str], bool] = lambda holder: False,
) -> Lease:
    """Take it when it is free, ours, run out, or its holder is known to be gone. Raises LeaseHeldError.

    The new epoch is `epoch`, or the one after the last where that is higher.
    """
    now = _now(connection)
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    nobody = {"name": name, "holder": "", "epoch": 0, "until": 0, "taken_at": 0}
    connection.execute(dialect.insert(leases).on_conflict_do_nothing(), nobody)
    found = holding(connection, name, lock=True)
    if found is None:
        raise LedgerError(f"the lease {name} cannot be written")
    is_free = found.holder in {"", holder} or found.seconds_left <= 0 or is_gone(found.holder)
    if not is_free:
        raise LeaseHeldError(found)
    lease = Lease(name, holder, max(epoch, found.epoch + 1))
    connection.execute(
        update(leases)
        .where(leases.c.name == name)
        .values(holder=holder, epoch=lease.epoch, until=now + _microseconds(seconds), taken_at=now)
    )
    return lease


def hold(connection: Connection, lease: Lease, *, seconds: float) -> None:
    """Prove in this transaction that it is ours, and keep it so much longer. Raises LeaseLostError.

    A holder with a higher epoch than the row's is one that began while the database was away: his counts.
    """
    ours = and_(leases.c.epoch == lease.epoch, leases.c.holder == lease.holder)
    values = {
        "holder": lease.holder,
        "epoch": lease.epoch,
        "until": _now(connection) + _microseconds(seconds),
    }
    done = connection.execute(
        update(leases)
        .where(leases.c.name == lease.name, or_(ours, leases.c.epoch < lease.epoch))
        .values(**values)
    )
    if done.rowcount != 1:
        found = holding(connection, lease.name)
        if found is not None:
            raise LeaseLostError(lease, found)
        # A database server that never got the row took the place of the one that had it.
        connection.execute(insert(leases).values(name=lease.name, taken_at=_now(connection), **values))


def keep_for(connection: Connection, lease: Lease, seconds: float) -> None:
    """It runs out so much later, or at once with 0; nothing happens when it is another's by now."""
    connection.execute(
        update(leases)
        .where(leases.c.name == lease.name, leases.c.epoch == lease.epoch, leases.c.holder == lease.holder)
        .values(until=_now(connection) + _microseconds(seconds))
    )


def holding(connection: Connection, name: str, *, lock: bool = False) -> Holding | None:
    """Who holds it, or held it last; None where it was never taken."""
    left = (leases.c.until - _now(connection)).label("left")
    query = select(leases.c.name, leases.c.holder, leases.c.epoch, left).where(leases.c.name == name)
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        return None
    return Holding(row.name, row.holder, row.epoch, int(row.left) / 1e6)


def is_held(lease: Lease) -> ColumnElement[bool]:
    """For a query: whether our epoch still stands."""
    return (
        select(leases.c.name)
        .where(leases.c.name == lease.name, leases.c.epoch == lease.epoch, leases.c.holder == lease.holder)
        .exists()
    )


@asynccontextmanager
async def job_lease(
    engine: AsyncEngine,
    name: str,
    holder: str,
    *,
    done_for: float = DONE_FOR_SECONDS,
    is_gone: Callable[[str], bool] = lambda holder: False,
) -> AsyncIterator[Lease]:
    """Work that timers begin, by one holder: whoever comes second gets LeaseHeldError.

    Done without an error it stays taken for `done_for` seconds, so that the other one's timer finds it done; after an
    error it is free at once. While the work runs it is renewed. Raises SQLAlchemyError, OSError as well.
    """
    async with engine.begin() as connection:
        lease = await connection.run_sync(take, name, holder, seconds=JOB_SECONDS, is_gone=is_gone)
    renewal = asyncio.get_running_loop().create_task(_renewed(engine, lease), name=f"lease {name}")
    kept = 0.0
    try:
        yield lease
        kept = done_for
    finally:
        renewal.cancel()
        await asyncio.gather(renewal, return_exceptions=True)
        async with engine.begin() as connection:
            await connection.run_sync(keep_for, lease, kept)


async def _renewed(engine: AsyncEngine, lease: Lease) -> None:
    while True:
        await asyncio.sleep(JOB_SECONDS / 4)
        async with engine.begin() as connection:
            await connection.run_sync(hold, lease, seconds=JOB_SECONDS)


def _now(connection: Connection) -> ColumnElement[int]:
    """The database's own clock, in microseconds since the epoch."""
    if connection.dialect.name == "postgresql":
        return literal_column("CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)", BigInteger)
    return literal_column("CAST((julianday('now') - 2440587.5) * 86400000000.0 AS INTEGER)", BigInteger)


def _microseconds(seconds: float) -> ColumnElement[int]:
    return literal(int(seconds * 1e6), BigInteger)
