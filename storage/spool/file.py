"""An append-only file of checksummed records: what a kill tears off is cut, what a disk damages is set aside.

A record is `magic, length, CRC-32 of length and content, content`. The content is UTF-8 text, in which the byte 0xFF
never occurs, so the magic marks beginnings only, and reading finds its way again behind any damage.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from storage.schema.errors import LedgerError, SpoolFull

MAGIC = b"\xff\xce\x5b\x0a"
_HEAD = struct.Struct("<4sII")
_OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True)
class Found:
    """One whole record: where it begins and ends, and what it holds."""

    start: int
    end: int
    content: bytes


@dataclass(slots=True)
class Damage:
    """What a file held beside whole records."""

    stretches: list[tuple[int, int]] = field(default_factory=list)
    """Beginnings and ends of what cannot be read, with whole records behind it."""
    torn: tuple[int, int] | None = None
    """The last write, when a kill cut it short."""


def framed(content: bytes) -> bytes:
    """One record as it stands in the file."""
    return _HEAD.pack(MAGIC, len(content), _checksum(content)) + content


def _checksum(content: bytes | memoryview) -> int:
    return zlib.crc32(content, zlib.crc32(struct.pack("<I", len(content))))


def read_records(path: Path, start: int = 0, damage: Damage | None = None) -> Iterator[Found]:
    """Every whole record from `start` on, in order. Raises OSError."""
    damage = damage or Damage()
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size <= start:
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
            position = start
            while position < size:
                found = _record_at(view, position, size)
                if found is None:
                    behind = _next_whole(view, position + 1, size)
                    if behind is None:
                        damage.torn = (position, size)
                        return
                    damage.stretches.append((position, behind))
                    position = behind
                    continue
                yield found
                position = found.end


def _record_at(view: mmap.mmap, position: int, size: int) -> Found | None:
    if position + _HEAD.size > size:
        return None
    magic, length, checksum = _HEAD.unpack_from(view, position)
    begin = position + _HEAD.size
    if magic != MAGIC or begin + length > size:
        return None
    content = view[begin : begin + length]
    return Found(position, begin + length, content) if _checksum(content) == checksum else None


def _claimed_end(head: bytes, start: int) -> int:
    return start + _HEAD.size + int(_HEAD.unpack(head)[1])


def _next_whole(view: mmap.mmap, position: int, size: int) -> int | None:
    while (position := view.find(MAGIC, position)) >= 0:
        if _record_at(view, position, size) is not None:
            return position
        position += 1
    return None


class SpoolFile:
    """The file itself, for one process at a time. Its methods block; the owner calls them from one thread."""

    def __init__(self, path: Path, limit_bytes: int) -> None:
        self.path = path
        self.limit_bytes = limit_bytes
        self._lock = -1
        self._file = -1
        self.end = 0
        """Where the next record will stand."""

    def open(self) -> Damage:
        """Take the file for this process, cut a torn tail, set damage aside. Raises LedgerError, OSError."""
        self._lock = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWNER_ONLY)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.close()
            raise LedgerError(f"the spool {self.path} is used by another callengine") from None
        self._open_file()
        damage = Damage()
        last = 0
        for found in read_records(self.path, 0, damage):
            last = found.end
        if damage.torn is not None:
            self._cut(*damage.torn)
        for stretch in damage.stretches:
            self._set_aside(*stretch)
        self.end = last
        return damage

    def append(self, records: Iterable[bytes]) -> None:
        """Write them and have them on the disk; all or none. Raises SpoolFull, OSError."""
        data = b"".join(map(framed, records))
        if self.end + len(data) > self.limit_bytes:
            raise SpoolFull(f"the spool {self.path} has reached its limit of {self.limit_bytes} bytes")
        try:
            _write_whole(self._file, data, self.end)
            os.fdatasync(self._file)
        except OSError:
            os.ftruncate(self._file, self.end)
            raise
        self.end += len(data)

    def replace(self, records: Iterable[bytes]) -> None:
        """Put these in the place of everything: the old file stays whole until the new one is. Raises OSError."""
        new = Path(f"{self.path}.new")
        data = b"".join(map(framed, records))
        descriptor = os.open(new, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _OWNER_ONLY)
        try:
            _write_whole(descriptor, data, 0)
            os.fsync(descriptor)
            new.rename(self.path)
        except BaseException as problem:
            os.close(descriptor)
            if isinstance(problem, OSError):
                new.unlink(missing_ok=True)
            raise
        os.close(self._file)
        self._file, self.end = descriptor, len(data)
        _sync_folder(self.path.parent)

    def empty(self) -> None:
        """Forget everything; works on a full disk. Raises OSError."""
        os.ftruncate(self._file, 0)
        self.end = 0

    def close(self) -> None:
        """Let go of it."""
        for descriptor in (self._file, self._lock):
            if descriptor >= 0:
                os.close(descriptor)
        self._file = self._lock = -1

    def _open_file(self) -> None:
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWNER_ONLY)
        _sync_folder(self.path.parent)

    def _cut(self, start: int, end: int) -> None:
        """Of a write that was never acknowledged; what does not look like the beginning of one is kept aside."""
        head = os.pread(self._file, _HEAD.size, start)
        if not MAGIC.startswith(head[:4]) or (len(head) == _HEAD.size and _claimed_end(head, start) <= end):
            self._set_aside(start, end)
        os.ftruncate(self._file, start)

    def _set_aside(self, start: int, end: int) -> None:
        """For whoever looks into it: the bytes, under a name that tells where they stood."""
        stretch = os.pread(self._file, end - start, start)
        aside = Path(f"{self.path}.damaged-{start}-{zlib.crc32(stretch):08x}")
        if not aside.exists():
            aside.touch(_OWNER_ONLY)
            aside.write_bytes(stretch)


def append_aside(path: Path, contents: Iterable[bytes]) -> None:
    """Records into a file of their own, on the disk when this returns. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, _OWNER_ONLY)
    try:
        _write_whole(descriptor, b"".join(map(framed, contents)), os.fstat(descriptor).st_size)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    _sync_folder(path.parent)


def _write_whole(descriptor: int, data: bytes, at: int) -> None:
    rest = memoryview(data)
    while rest:
        written = os.pwrite(descriptor, rest, at)
        rest, at = rest[written:], at + written


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
