"""The one writer: decisions in, one transaction per flush, nothing lost while the database is away."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from queues.messages.decision import Decision
from queues.messages.events import Event
from storage.leases import CHARGE_SECONDS, Lease, LeaseLostError, hold
from storage.rows.record import Record, record_of
from storage.rows.row_writer import write, write_what_is_possible
from storage.schema.errors import LedgerAway
from storage.spool.checkpoint import kept_rows
from storage.spool.drain import AWAY, Drain, LedgerNews
from storage.spool.writer import Spool

WRITE_SECONDS = 5.0
"""A transaction that takes longer counts as not done; whether it was, the journal tells later."""
MAX_WAITING = 20_000
"""Decisions in memory. Only when neither the database nor the spool takes any do they become so many."""
BEHIND = 2_000
"""So many in memory: the database is slower than what is decided, and the spool takes it over."""
NEARLY_FULL = 10_000
"""So many in memory: whoever decides should wait until there is room."""
_RETRY_SECONDS = 1.0
RENEW_BYTES = 8 << 20
"""A spool that the ledger has wholly is begun anew beyond this."""


class BatchWriter:
    """Keeps decisions in order and commits them together with the rows they make.

    `append` never blocks. A flush happens `flush_seconds` after the first append, at once when `max_rows` are
    waiting, and whenever somebody awaits `flush`. Each batch goes to the spool first and then to the database;
    while that is away, being on the local disk counts as committed, and `Drain` brings everything over later.
    A database that is there but too slow counts as away until everything is in it.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        node: str,
        epoch: int,
        *,
        spool: Spool | None = None,
        lease: Lease | None = None,
        flush_seconds: float = 0.15,
        max_rows: int = 500,
    ) -> None:
        self._engine = engine
        self._node = node
        self._epoch = epoch
        self._flush_seconds = flush_seconds
        self._max_rows = max_rows
        self.spool = spool
        self.news = LedgerNews()
        self._lease = lease
        self.lost: LeaseLostError | None = None
        """Another engine is in charge: nothing more is written, nobody may wait for it."""
        self.drain = Drain(
            engine, node, spool, lease=lease, news=self.news, on_done=self._came_back, max_rows=max_rows
        )
        self.drain.on_lost = self._lose
        self.on_back: Callable[[], None] = lambda: None
        """Told when the database has everything again."""
        self.on_kept: Callable[[list[Record]], Awaitable[None]] = _nobody
        """Awaited with each batch that is on the disk while the database is away, before it counts as committed."""
        self.dropped_records = 0
        """Decisions for which there was no room anywhere: the engine must start anew once the ledger is back."""
        self._waiting: deque[Record] = deque()
        self._seq = 0
        self._committed = 0
        self._wanted = asyncio.Event()
        self._progress = asyncio.Condition()
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self._is_stuck = False
        self._told: asyncio.Task[None] | None = None

    @property
    def is_away(self) -> bool:
        """Whether the database did not take the last write."""
        return self.drain.is_wanted

    @property
    def pending_rows(self) -> int:
        """Decisions in memory only."""
        return len(self._waiting)

    def start(self) -> None:
        """Begin to write; inside a running loop."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="ledger writer")

    def append(self, event: Event, decision: Decision, at: datetime) -> None:
        """Take one decision; it is committed within `flush_seconds` and the time of a commit."""
        self._seq += 1
        if self.lost is not None:
            return
        if self.dropped_records or len(self._waiting) >= MAX_WAITING:
            # From here on `flush` returns no more: no trace is erased, nobody dialled, until a new start.
            self.dropped_records += 1
            return
        self._waiting.append(record_of(self._epoch, self._seq, at, event, decision))
        if len(self._waiting) >= self._max_rows:
            self._wanted.set()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._flush_seconds, self._wanted.set)

    async def flush(self, *, at_once: bool = True) -> None:
        """Return when everything appended so far is committed: in the ledger, or while it is away on the disk.

        Without `at_once` it waits for the flush that is due anyway. With neither database nor disk it waits on.
        Raises LeaseLostError when another engine is in charge: then it is never committed.
        """
        wanted = self._seq
        if self._committed >= wanted:
            return
        if at_once:
            self._wanted.set()
        async with self._progress:
            await self._progress.wait_for(lambda: self._committed >= wanted or self.lost is not None)
        if self.lost is not None and self._committed < wanted:
            raise self.lost

    async def room(self) -> None:
        """Return when there is room for more decisions: at once when it cannot be made by waiting.

        Whoever decides waits here: better to be late, and let the dialplan see that, than to decide what nobody
        keeps. With neither database nor disk waiting would not help, and residents must be served all the same.
        """
        if len(self._waiting) < NEARLY_FULL or self._is_stuck:
            return
        async with self._progress:
            await self._progress.wait_for(
                lambda: len(self._waiting) < NEARLY_FULL or self._is_stuck or self.lost is not None
            )

    async def close(self, *, limit_seconds: float = 10.0) -> None:
        """Commit what is waiting, then stop. Raises TimeoutError when neither database nor disk took it in time."""
        self._closing = True
        self._wanted.set()
        if self._task is None:
            return
        try:
            async with asyncio.timeout(limit_seconds):
                await asyncio.shield(self._task)
        finally:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            await self.drain.stop()
            if self._timer is not None:
                self._timer.cancel()

    async def renew_spool(self, at: datetime) -> None:
        """Begin the spool anew with what is open now; nothing may be under way. Raises what AWAY names."""
        if self.spool is None:
            return
        async with self.drain.lock:
            if self.is_away or not self.spool.is_drained:
                return
            async with asyncio.timeout(WRITE_SECONDS), self._engine.connect() as connection:
                rows = await connection.run_sync(lambda sync: list(kept_rows(sync, self._node, at)))
            if self.drain.in_doubt:  # Another server may have answered, which misses what only the spool has.
                return
            await self.spool.begin_anew(rows)

    def _came_back(self) -> None:
        self.on_back()
        self._wanted.set()

    async def _run(self) -> None:
        while not (self._closing and not self._waiting) and self.lost is None:
            await self._wanted.wait()
            self._wanted.clear()
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            while self._waiting and self.lost is None:
                if await self._commit_batch():
                    self._is_stuck = False
                elif self.lost is None:
                    await self._pause()

    async def _commit_batch(self) -> bool:
        """The next batch, to the spool and then to the database; whether either has it."""
        batch = [self._waiting[index] for index in range(min(len(self._waiting), self._max_rows))]
        on_disk = await self._keep(batch)
        if on_disk and len(self._waiting) >= BEHIND:
            self._fall_behind()
        if not self.is_away and await self._write(batch):
            await self._done(batch)
            if self.spool is not None and on_disk:
                await self._keep_small(self.spool, batch)
            return True
        if self.lost is not None:
            return False
        self.drain.begin()
        if not on_disk:
            return False
        await self.on_kept(batch)
        await self._done(batch)
        return True

    def _fall_behind(self) -> None:
        """The disk is faster: from here on the database gets everything through it."""
        if not self.is_away and self.spool is not None and self.spool.has_checkpoint:
            self.news.behind(len(self._waiting))
            self.drain.begin()

    async def _keep_small(self, spool: Spool, batch: list[Record]) -> None:
        spool.drained(spool.end, len(batch))
        if spool.end > max(RENEW_BYTES, 4 * spool.checkpoint_bytes):
            try:
                await self.renew_spool(batch[-1].at)
            except AWAY as problem:
                self.news.spool_failed(problem)

    async def _keep(self, batch: list[Record]) -> bool:
        if self.spool is None:
            return False
        try:
            await self.spool.append(batch)
        except OSError as problem:
            self.news.spool_failed(problem)
            if not self.is_away and self.spool.is_drained:
                with contextlib.suppress(OSError):
                    await self.spool.forget()
            return False
        return True

    async def _write(self, batch: list[Record]) -> bool:
        try:
            async with asyncio.timeout(WRITE_SECONDS), self._engine.begin() as connection:
                if self.drain.in_doubt:
                    raise LedgerAway("a connection was lost: what the database has now is looked at first")
                await connection.run_sync(self._prove_charge)
                await connection.run_sync(write, self._node, batch)
        except (IntegrityError, DataError):
            return await self._write_one_by_one(batch)
        except LeaseLostError as problem:
            self._lose(problem)
            return False
        except AWAY as problem:
            self.news.failed(problem)
            return False
        return True

    async def _write_one_by_one(self, batch: list[Record]) -> bool:
        """A row that can never be written is left out and told; all others are written."""
        try:
            for record in batch:
                async with asyncio.timeout(WRITE_SECONDS), self._engine.begin() as connection:
                    await connection.run_sync(self._prove_charge)
                    for table in await connection.run_sync(write_what_is_possible, self._node, record):
                        self.news.refused(table)
        except LeaseLostError as problem:
            self._lose(problem)
            return False
        except AWAY as problem:
            self.news.failed(problem)
            return False
        return True

    def _prove_charge(self, connection: Connection) -> None:
        """Law 4: in the same transaction, or nothing of it is written."""
        if self._lease is not None:
            hold(connection, self._lease, seconds=CHARGE_SECONDS)

    def _lose(self, problem: LeaseLostError) -> None:
        if self.lost is None:
            self.lost = problem
            self.news.lost(problem)
            self._wanted.set()
            self._told = asyncio.get_running_loop().create_task(self._tell_of_the_loss(), name="lease lost")

    async def _tell_of_the_loss(self) -> None:
        async with self._progress:
            self._progress.notify_all()

    async def _done(self, batch: list[Record]) -> None:
        for _ in batch:
            self._waiting.popleft()
        async with self._progress:
            self._committed = batch[-1].seq
            self._progress.notify_all()

    async def _pause(self) -> None:
        """Neither took it: look again soon, or as soon as the database is back."""
        async with self._progress:
            self._is_stuck = True
            self._progress.notify_all()
        self._wanted.clear()
        try:
            async with asyncio.timeout(_RETRY_SECONDS):
                await self._wanted.wait()
        except TimeoutError:
            return


async def _nobody(_batch: list[Record]) -> None:
    """Nobody wants to know."""
