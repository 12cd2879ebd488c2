"""The ledger: what is kept, and the questions the engine asks of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TypeVar

from sqlalchemy import URL, func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from queues.messages.events import LedgerRestored
from queues.terms.identifiers import AttemptId, CallId
from queues.terms.outgoing import is_outgoing
from storage.leases import CHARGE_SECONDS, Lease, charge_of, hold, is_held, keep_for
from storage.migrate import begin
from storage.restore.open_work import left_open
from storage.rows.record import Record
from storage.rows.row_writer import insert_new
from storage.schema.database import create_ledger_engine, is_in_memory, keep_private, ledger_url
from storage.schema.desk_tables import desk_commands, outgoing_calls
from storage.schema.errors import DatabaseUnreachable, LedgerAway, LedgerError
from storage.schema.revisions import Found
from storage.schema.tables import attempts, calls, runs
from storage.spool.batch_writer import WRITE_SECONDS, BatchWriter
from storage.spool.drain import AWAY, Drain, LedgerNews
from storage.spool.local_replica import StandIn
from storage.spool.writer import Spool
from storage.starting import Start, take_charge

_ID_CHUNK = 500
_OPEN_SECONDS = 20.0
_RELEASE_SECONDS = 2.0
_T = TypeVar("_T")


class Ledger:
    """One node's ledger on one database."""

    def __init__(
        self,
        engine: AsyncEngine,
        node: str,
        epoch: int,
        *,
        reader: AsyncEngine | None = None,
        spool: Spool | None = None,
        holder: str = "",
    ) -> None:
        self.engine = engine
        self.reader = reader or engine
        """For lists and reports: never in the writer's way."""
        self.node = node
        self.epoch = epoch
        """Number of this start, counted from 1."""
        self.spool = spool
        self.lease = Lease(charge_of(node), holder, epoch)
        """Ours to write for this PBX, as long as nobody has begun under a higher epoch."""
        self.writer = BatchWriter(engine, node, epoch, spool=spool, lease=self.lease)
        self.writer.on_kept = self._tell_stand_in
        self.writer.on_back = self._need_no_stand_in
        self.found: Found | None = None
        """At which revision the database is; None as long as it has been away."""
        self._stand_in: StandIn | None = None
        self._stand_in_is_stale = False
        self._stand_in_lock = asyncio.Lock()

    async def close(self) -> None:
        """Write what is waiting and let go of the database. Raises TimeoutError when it did not take it."""
        try:
            await self.writer.close()
            if self.writer.lost is None and not self.writer.is_away:
                with contextlib.suppress(*AWAY):
                    async with asyncio.timeout(_RELEASE_SECONDS):
                        await self.release()
        finally:
            await self._forget_stand_in()
            if self.spool is not None:
                await self.spool.close()
            await self.engine.dispose()
            await self.reader.dispose()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncEngine]:
        """Where lists are read: the database, or while it is away what stands in for it, until the block is left.

        Raises LedgerAway when neither answers.
        """
        try:
            if self.writer.is_away and self.spool is not None:
                async with self._stand_in_lock:
                    yield (await self._loaded(self.spool)).engine
            else:
                yield self.reader
        except AWAY as problem:
            if isinstance(problem, DatabaseUnreachable):  # Who asks next is answered by what stands in.
                self.writer.drain.begin()
            raise LedgerAway(f"the ledger does not answer: {type(problem).__name__}") from problem

    async def restored(self, at: datetime) -> LedgerRestored:
        """What earlier runs left open."""
        return await self._ask(lambda connection: left_open(connection, self.node, at))

    async def settled_calls(self, ids: Iterable[CallId]) -> set[CallId]:
        """Of these calls, those whose outcome is committed."""
        wanted = list(ids)

        async def look(connection: AsyncConnection) -> set[CallId]:
            found: set[CallId] = set()
            for start in range(0, len(wanted), _ID_CHUNK):
                chunk = wanted[start : start + _ID_CHUNK]
                rows = await connection.execute(
                    select(calls.c.call).where(
                        calls.c.node == self.node, calls.c.call.in_(chunk), calls.c.outcome.is_not(None)
                    )
                )
                found.update(CallId(row.call) for row in rows)
            return found

        return await self._ask(look)

    async def is_claimed(self, attempt: AttemptId) -> bool:
        """Law 4: whether this attempt, and no other of its number, is committed as in flight, and our epoch stands.

        Its row is written with the decision that made it; a unique index keeps a second one of the number out.
        While the database is away the spool is the claim file: the decision is in it, on the disk, and the
        stand-in's index holds it against all others. After damage to the spool nothing can be claimed there.
        """

        mine, other = (outgoing_calls, attempts) if is_outgoing(attempt) else (attempts, outgoing_calls)
        dialled_there = select(other.c.attempt).where(other.c.e164 == mine.c.e164, other.c.ended_at.is_(None))
        query = select(mine.c.attempt).where(mine.c.attempt == attempt, mine.c.ended_at.is_(None))
        # A callback and a call by hand of two PBXs: each index knows its own table only. Neither is dialled.
        query = query.where(~dialled_there.exists())

        async def look(connection: AsyncConnection) -> bool:
            is_stand_in = self._stand_in is not None and connection.engine is self._stand_in.engine
            wanted = query if is_stand_in else query.where(is_held(self.lease))
            return (await connection.execute(wanted)).first() is not None

        claimed = await self._ask(look)
        return claimed and (not self.writer.is_away or self._knows_every_dial())

    async def decided_command(self, command: str) -> tuple[bool, str | None]:
        """Whether the desk's command is committed as decided, and why it was refused. Raises LedgerAway."""

        async def look(connection: AsyncConnection) -> tuple[bool, str | None]:
            query = select(desk_commands.c.refusal).where(desk_commands.c.command == command)
            row = (await connection.execute(query)).first()
            return (False, None) if row is None else (True, row.refusal)

        return await self._ask(look)

    async def note_alive(self, at: datetime) -> None:
        """This run of the engine has seen everything until now, and goes on. Raises SQLAlchemyError, OSError.

        Raises LeaseLostError when another engine holds the lease.
        """
        this_run = (runs.c.node == self.node) & (runs.c.epoch == self.epoch)
        async with self.engine.begin() as connection:
            await connection.run_sync(hold, self.lease, seconds=CHARGE_SECONDS)
            await connection.execute(update(runs).where(this_run).values(seen_at=at))

    async def release(self) -> None:
        """Whoever comes next need not wait. Raises SQLAlchemyError, OSError."""
        async with self.engine.begin() as connection:
            await connection.run_sync(keep_for, self.lease, 0.0)

    async def heard_until(self) -> datetime | None:
        """Until when earlier runs are known to have seen everything; None where none ever ran."""
        seen = func.max(func.coalesce(runs.c.seen_at, runs.c.started_at))
        query = select(seen).where(runs.c.node == self.node, runs.c.epoch < self.epoch)

        async def look(connection: AsyncConnection) -> datetime | None:
            found: datetime | None = await connection.scalar(query)
            return found

        return await self._ask(look)

    async def _ask(self, question: Callable[[AsyncConnection], Awaitable[_T]]) -> _T:
        """The database's answer; when it is away that of the stand-in. Raises LedgerAway without a spool."""
        if not self.writer.is_away or self.spool is None:
            try:
                async with asyncio.timeout(WRITE_SECONDS), self.reader.connect() as connection:
                    return await question(connection)
            except AWAY as problem:
                if self.spool is None:
                    raise LedgerAway(f"the ledger does not answer: {type(problem).__name__}") from None
                self.writer.drain.begin()
        try:
            # Under the lock: when the database comes back the stand-in goes, but not in the middle of an answer.
            async with self._stand_in_lock:
                stand_in = await self._loaded(self.spool)
                async with stand_in.engine.connect() as connection:
                    return await question(connection)
        except AWAY as problem:
            raise LedgerAway(f"the stand-in does not answer: {type(problem).__name__}") from problem

    async def _loaded(self, spool: Spool) -> StandIn:
        await self._forget_stale()
        if self._stand_in is None:
            stand_in = StandIn(self.node)
            await stand_in.load(spool.lines())
            self._stand_in = stand_in
        return self._stand_in

    async def _tell_stand_in(self, batch: list[Record]) -> None:
        async with self._stand_in_lock:
            await self._forget_stale()
            if self._stand_in is not None:
                await self._stand_in.apply(batch)

    def _need_no_stand_in(self) -> None:
        self._stand_in_is_stale = True

    async def _forget_stale(self) -> None:
        if self._stand_in_is_stale:
            self._stand_in_is_stale = False
            await self._forget_stand_in()

    async def _forget_stand_in(self) -> None:
        stand_in, self._stand_in = self._stand_in, None
        if stand_in is not None:
            await stand_in.close()

    def _knows_every_dial(self) -> bool:
        is_whole = self.spool is not None and not self.spool.damage.stretches
        return is_whole and self._stand_in is not None and self._stand_in.is_complete


async def open_ledger(
    url: str,
    node: str,
    at: datetime,
    *,
    password: str = "",
    spool: Spool | None = None,
    news: LedgerNews | None = None,
    holder: str = "",
    after_epoch: int = 0,
    is_gone: Callable[[str], bool] = lambda holder: True,
) -> Ledger:
    """Connect, make an empty one, take the node's lease, count this start, and bring over what the spool holds.

    `holder`: who we are; `is_gone`: whether a holder whose lease has not run out is known to be dead all the same.
    `after_epoch`: the last epoch that was seen elsewhere; ours is higher.
    With the database away, but a spool that tells what was open, the ledger begins with that. Raises LedgerError, and
    LeaseHeldError when another engine is in charge of this PBX.
    """
    start = Start(node, holder, at, after_epoch, is_gone, news or LedgerNews())
    place = ledger_url(url, password)
    engine = create_ledger_engine(place)
    # Claims are read by it: it must not be told by a standby what was true a while ago.
    reader = None if is_in_memory(place) else create_ledger_engine(place, read_only=True, wants_writer=True)
    try:
        if spool is not None:
            await _open_spool(spool)
        return await _opened(place, engine, start, reader, spool)
    except (SQLAlchemyError, OSError, TimeoutError) as problem:  # DatabaseUnreachable is an OSError, too.
        if spool is not None and spool.has_checkpoint:
            return await _opened_without_database(engine, start, reader, spool)
        reason = getattr(problem, "orig", None) or problem
        told = str(reason) if isinstance(reason, LedgerError) else f"{type(reason).__name__}: {reason}"
        await _close(engine, reader, spool)
        raise LedgerError(f"the ledger cannot be opened: {told}") from None
    except LedgerError:
        await _close(engine, reader, spool)
        raise


async def _open_spool(spool: Spool) -> None:
    try:
        await spool.open()
    except OSError as problem:
        raise LedgerError(f"the spool {spool.path} cannot be opened: {problem}") from None


async def _opened(
    place: URL, engine: AsyncEngine, start: Start, reader: AsyncEngine | None, spool: Spool | None
) -> Ledger:
    async with asyncio.timeout(_OPEN_SECONDS):
        keep_private(place)
        found = await begin(engine)
    known = max(start.after_epoch, 0 if spool is None else spool.epoch)
    async with asyncio.timeout(_OPEN_SECONDS), engine.begin() as connection:
        lease = await connection.run_sync(take_charge, start, known)
    # Before the run has its row: a start that is killed in between is none that the spool does not know.
    if spool is not None:
        await Drain(engine, start.node, spool, lease=lease, news=start.news).bring_over()
    async with asyncio.timeout(_OPEN_SECONDS), engine.begin() as connection:
        await connection.run_sync(hold, lease, seconds=CHARGE_SECONDS)
        run = {"node": start.node, "epoch": lease.epoch, "started_at": start.at}
        await connection.run_sync(insert_new, runs, [run])
    ledger = Ledger(engine, start.node, lease.epoch, reader=reader, spool=spool, holder=start.holder)
    ledger.found = found
    if spool is not None:
        try:
            await ledger.writer.renew_spool(start.at)
        except OSError:  # The disk is full: better no spool than one that does not know this start.
            await spool.forget()
    return ledger


async def _opened_without_database(
    engine: AsyncEngine, start: Start, reader: AsyncEngine | None, spool: Spool
) -> Ledger:
    epoch = max(spool.epoch, start.after_epoch) + 1
    try:
        await spool.append_start(epoch, start.at)
    except OSError as problem:
        await _close(engine, reader, spool)
        raise LedgerError(f"neither the database nor the spool can be written: {problem}") from None
    ledger = Ledger(engine, start.node, epoch, reader=reader, spool=spool, holder=start.holder)

    async def look() -> None:
        ledger.found = await begin(engine)

    ledger.writer.drain.prepare = look
    ledger.writer.drain.begin()
    return ledger


async def _close(engine: AsyncEngine, reader: AsyncEngine | None, spool: Spool | None) -> None:
    await engine.dispose()
    if reader is not None:
        await reader.dispose()
    if spool is not None:
        await spool.close()
