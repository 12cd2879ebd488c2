"""The spool as the writer uses it: decisions on the local disk, in order, off the loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, takewhile
from pathlib import Path
from typing import TypeVar

from msgspec import DecodeError

from storage.rows.record import Record
from storage.schema.errors import LedgerError
from storage.spool.file import Damage, Found, SpoolFile, append_aside, read_records
from storage.spool.records import (
    Checkpoint,
    Decided,
    Kept,
    Line,
    Started,
    decode_line,
    encode_line,
    encode_record,
    highest_epoch,
    microseconds,
)

DEFAULT_LIMIT_BYTES = 512 << 20
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some lines in order, and where the next ones stand."""

    lines: tuple[Line, ...]
    next: int


class Spool:
    """One node's spool file. Its thread does all reading and writing of it.

    It begins with a checkpoint (what was open in the ledger), behind which every decision is appended before it
    goes to the database: together they are all that is needed to go on, and to start, without the database.
    """

    def __init__(self, path: Path, node: str, *, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> None:
        self._file = SpoolFile(path, limit_bytes)
        self._node = node
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self.damage = Damage()
        """What `open` found beside whole records."""
        self.drained_to = 0
        """What stands before this place, the ledger has."""
        self.has_checkpoint = False
        self.checkpoint_bytes = 0
        self.epoch = 0
        """The last start it knows of."""
        self.epochs: set[int] = set()
        """All starts it knows of."""
        self.pending_records = 0
        """Decisions that, as far as is known, only the spool has."""
        self.aside_bytes = 0
        """Of the file of decisions that were made when another engine was in charge, until somebody took it away."""

    @property
    def path(self) -> Path:
        """The file."""
        return self._file.path

    @property
    def _aside(self) -> Path:
        return self.path.with_name(f"{self.path.name}.stale")

    @property
    def end(self) -> int:
        """Bytes of it."""
        return self._file.end

    @property
    def fill_ratio(self) -> float:
        """Of its limit."""
        return self._file.end / self._file.limit_bytes

    @property
    def is_drained(self) -> bool:
        """Whether the ledger has everything."""
        return self.drained_to == self._file.end

    async def open(self) -> None:
        """Take the file and look through it. Raises LedgerError: in use, of another node; OSError."""
        self.damage = await self._run(self._file.open)
        self.aside_bytes = await self._run(lambda: _size_of(self._aside))
        await self._run(self._look_through)
        self.drained_to = 0  # What the ledger has of it only the ledger can tell.

    async def append(self, records: Sequence[Record]) -> None:
        """On the disk when this returns; all or none. Raises SpoolFull, OSError."""
        await self._append([encode_record(record) for record in records])
        self.pending_records += len(records)

    async def append_start(self, epoch: int, at: datetime) -> None:
        """Number a start of the engine. Raises SpoolFull, OSError."""
        await self._append([encode_line(Started(self._node, epoch, microseconds(at)))])
        self.epoch = epoch
        self.epochs.add(epoch)

    async def read(self, start: int, count: int, end: int | None = None) -> Chunk:
        """Up to `count` lines from `start` on, none behind `end`. Raises OSError."""
        return await self._run(lambda: self._read(start, count, end or self._file.end))

    async def set_aside(self, lines: Sequence[Line]) -> Path:
        """Keep them beside it, where nothing reads them by itself; the file. Raises OSError."""
        await self._run(lambda: append_aside(self._aside, map(encode_line, lines)))
        self.aside_bytes = await self._run(lambda: _size_of(self._aside))
        return self._aside

    async def lines(self) -> AsyncIterator[Line]:
        """Everything it holds now, in order. Raises OSError."""
        position, end = 0, self._file.end
        while position < end:
            chunk = await self.read(position, 200)
            if chunk.next == position:
                return
            for line in chunk.lines:
                yield line
            position = chunk.next

    def drained(self, to: int, records: int) -> None:
        """The ledger has everything before `to`; of these `records` were pending."""
        self.drained_to = to
        self.pending_records = 0 if self.is_drained else max(0, self.pending_records - records)

    async def begin_anew(self, rows: Iterable[Kept]) -> None:
        """The ledger has everything: keep only this checkpoint. Raises OSError."""
        lines: list[Line] = list(rows)
        lines.append(Checkpoint(self._node, len(lines)))
        await self._run(lambda: self._file.replace(map(encode_line, lines)))
        self.epoch = max(self.epoch, highest_epoch(lines))
        self.epochs = {self.epoch}
        self.has_checkpoint = True
        self.checkpoint_bytes = self._file.end
        self.drained(self._file.end, 0)

    async def forget(self) -> None:
        """It misses something that the ledger has: better none than a wrong one. Raises OSError."""
        await self._run(self._file.empty)
        self.has_checkpoint = False
        self.drained(0, 0)

    async def close(self) -> None:
        """Let go of the file."""
        await self._run(self._file.close)
        self._thread.shutdown()

    async def _append(self, contents: Sequence[bytes]) -> None:
        try:
            await self._run(lambda: self._file.append(contents))
        except OSError:
            raise

    def _look_through(self) -> None:
        for line in self._all():
            match line:
                case Checkpoint(node=node) | Started(node=node) if node != self._node:
                    raise LedgerError(
                        f"the spool {self.path} belongs to {node!r} and not to {self._node!r}: give each its own"
                    )
                case Checkpoint():
                    self.has_checkpoint = True
                case Decided():
                    self.pending_records += 1
                case _:
                    pass
            epoch = highest_epoch([line])
            self.epochs.add(epoch)
            self.epoch = max(self.epoch, epoch)

    def _all(self) -> Iterator[Line]:
        return (line for found in read_records(self.path) if (line := _line(found)) is not None)

    def _read(self, start: int, count: int, end: int) -> Chunk:
        before = takewhile(lambda one: one.end <= end, read_records(self.path, start))
        found = list(islice(before, count))
        lines = tuple(line for one in found if (line := _line(one)) is not None)
        return Chunk(lines, found[-1].end if found else end)

    async def _run(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _line(found: Found) -> Line | None:
    """None for what a newer version wrote: it stays in the file."""
    try:
        return decode_line(found.content)
    except DecodeError:
        return None


def _size_of(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
