"""While the database is away: tries it with growing pauses, and brings over what only the spool has, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from msgspec import DecodeError
from sqlalchemy import Connection, event, select
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.leases import CHARGE_SECONDS, Lease, LeaseLostError, hold
from storage.rows.record import Record
from storage.rows.row_writer import insert_new, write_unless_known, write_what_is_possible
from storage.schema.errors import LedgerError
from storage.schema.tables import runs
from storage.spool.records import Decided, Line, Started, decided, instant
from storage.spool.writer import Spool

DRAIN_SECONDS = 30.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0
AWAY = (SQLAlchemyError, OSError, TimeoutError, LedgerError)
"""What a database that is away, locked or full raises."""


@dataclass(slots=True)
class LedgerNews:
    """Who wants to hear how the writing goes; replace what you want to hear."""

    failed: Callable[[Exception], None] = lambda problem: None
    """A write to the database failed; it is tried again all the same."""
    behind: Callable[[int], None] = lambda waiting: None
    """The database is slower than what is decided; so many decisions were waiting for it."""
    spool_failed: Callable[[Exception], None] = lambda problem: None
    """The local disk did not take a batch."""
    refused: Callable[[str], None] = lambda table: None
    """The database refuses a change for good; its table."""
    drained: Callable[[int], None] = lambda records: None
    """So many decisions went from the spool into the ledger."""
    missed: Callable[[int], None] = lambda records: None
    """So many that the database had taken it does not have any more; they were written again."""
    set_aside: Callable[[int, Path], None] = lambda records, file: None
    """So many decisions were made when another engine was in charge already: they are in this file only."""
    lost: Callable[[LeaseLostError], None] = lambda problem: None
    """Another engine holds the lease: nothing more is written."""


class Drain:
    """One outage at a time: `begin` when the database is found away, `is_wanted` until everything is in it.

    The journal's key (node, epoch, seq) says which decisions the database has, also after an answer to COMMIT was
    lost and after a kill between COMMIT and anything else: each is written exactly once.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        node: str,
        spool: Spool | None,
        *,
        lease: Lease | None = None,
        news: LedgerNews | None = None,
        on_done: Callable[[], None] = lambda: None,
        max_rows: int = 500,
    ) -> None:
        self._news = news or LedgerNews()
        self._engine = engine
        self._node = node
        self._lease = lease
        self._spool = spool
        self.on_lost: Callable[[LeaseLostError], None] = self._news.lost
        self._on_done = on_done
        self._max_rows = max_rows
        self._task: asyncio.Task[None] | None = None
        self.prepare: Callable[[], Awaitable[None]] = _nothing
        """Done first: the schema of a database that was away when the engine started. Raises LedgerError."""
        self.is_wanted = False
        self.in_doubt = False
        """A connection was lost, so another server may answer now that never got the last of what was committed."""
        if engine.dialect.name == "postgresql" and spool is not None:
            event.listen(engine.sync_engine, "invalidate", self._on_lost_connection)
        self.lock = asyncio.Lock()
        """Held while the spool's content is brought over, or replaced."""

    def begin(self) -> None:
        """The database is away; nothing happens when that is known already."""
        if not self.is_wanted:
            self.is_wanted = True
            self._task = asyncio.get_running_loop().create_task(self._try_until_done(), name="spool drain")

    async def stop(self) -> None:
        """Leave the rest to the next start."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def bring_over(self) -> int:
        """Everything the spool holds, into the database; how many decisions that were. Raises what AWAY names."""
        spool, total = self._spool, 0
        if spool is None:
            await self._ask()
            return 0
        async with self.lock:
            others = await self._starts_of_others(spool)
            while self.in_doubt:
                await self._look_back(spool, others)
            while not spool.is_drained:
                chunk = await spool.read(spool.drained_to, self._max_rows)
                stale = [line for line in chunk.lines if _is_stale(line, others)]
                if stale:
                    self._news.set_aside(len(stale), await spool.set_aside(stale))
                new = await self._write(tuple(line for line in chunk.lines if line not in stale))
                total += new
                spool.drained(chunk.next, sum(isinstance(line, Decided) for line in chunk.lines))
                self._news.drained(new)
        return total

    async def _look_back(self, spool: Spool, others: list[tuple[int, datetime]]) -> None:
        """After a fail-over: what the spool still has of what the database had taken is written again if it is gone.

        A standby that was a little behind when it was promoted never got the last of it. Raises what AWAY names.
        """
        self.in_doubt = False
        position, missed = 0, 0
        try:
            while position < spool.drained_to:
                chunk = await spool.read(position, self._max_rows, spool.drained_to)
                missed += await self._write(
                    tuple(line for line in chunk.lines if not _is_stale(line, others))
                )
                position = chunk.next
        except BaseException:
            self.in_doubt = True
            raise
        if missed:
            self._news.missed(missed)

    def _on_lost_connection(self, *_: object) -> None:
        self.in_doubt = True

    async def _try_until_done(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            await asyncio.sleep(pause)
            try:
                await self.prepare()
                await self.bring_over()
            except LeaseLostError as problem:
                self.on_lost(problem)
                return
            except AWAY as problem:
                self._news.failed(problem)
                pause = min(pause * 2, _LONGEST_PAUSE)
                continue
            # No await since the spool was found drained: nothing was appended meanwhile.
            self.is_wanted = False
            self._on_done()
            return

    async def _ask(self) -> None:
        async with asyncio.timeout(DRAIN_SECONDS), self._engine.begin() as connection:
            await connection.run_sync(self._prove_charge)

    def _prove_charge(self, connection: Connection) -> None:
        if self._lease is not None:
            hold(connection, self._lease, seconds=CHARGE_SECONDS)

    async def _starts_of_others(self, spool: Spool) -> list[tuple[int, datetime]]:
        """Starts of engines that this spool does not know: from each on another one was in charge."""
        query = select(runs.c.epoch, runs.c.started_at).where(runs.c.node == self._node)
        if self._lease is not None:
            query = query.where(runs.c.epoch < self._lease.epoch)
        async with asyncio.timeout(DRAIN_SECONDS), self._engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        return [(row.epoch, row.started_at) for row in rows if row.epoch not in spool.epochs]

    async def _write(self, lines: tuple[Line, ...]) -> int:
        starts = [line for line in lines if isinstance(line, Started)]
        records = [_decided(line) for line in lines if isinstance(line, Decided)]
        try:
            async with asyncio.timeout(DRAIN_SECONDS), self._engine.begin() as connection:
                return await connection.run_sync(self._write_all, starts, records)
        except (IntegrityError, DataError):
            written = 0
            for record in records:
                async with asyncio.timeout(DRAIN_SECONDS), self._engine.begin() as connection:
                    await connection.run_sync(self._prove_charge)
                    refused = await connection.run_sync(write_what_is_possible, self._node, record)
                written += 1
                for table in refused:
                    self._news.refused(table)
            return written

    def _write_all(self, connection: Connection, starts: list[Started], records: list[Record]) -> int:
        self._prove_charge(connection)
        rows = [{"node": one.node, "epoch": one.epoch, "started_at": instant(one.at)} for one in starts]
        # A start that was counted a moment before a fail-over may be gone with it.
        first = {record.epoch: record.at for record in reversed(records)}
        rows += [{"node": self._node, "epoch": epoch, "started_at": at} for epoch, at in first.items()]
        insert_new(connection, runs, rows)
        return write_unless_known(connection, self._node, records) if records else 0


def _is_stale(line: Line, others: list[tuple[int, datetime]]) -> bool:
    """Whether it was decided after another engine had taken charge: by one that froze and came back."""
    if not isinstance(line, Decided):
        return False
    return any(epoch > line.epoch and instant(line.at) >= at for epoch, at in others)


def _decided(line: Decided) -> Record:
    try:
        return decided(line)
    except (DecodeError, KeyError) as problem:
        raise LedgerError(
            "the spool holds decisions that this version does not know: start the version that wrote them"
        ) from problem


async def _nothing() -> None:
    """The database was there at start."""
