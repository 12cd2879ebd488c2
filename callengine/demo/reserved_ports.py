"""Ports of 127.0.0.1 for programs that are told a number before they bind it, as Asterisk is.

"Free now" is worth nothing later: whoever binds port 0 meanwhile may be given that very one. So numbers come from
outside the range that the kernel hands out itself, and who takes some holds a lock on them until he gives them back.
The lock is a bound socket: it is as wide as the ports are (every user and container of this network), and the kernel
lets go of it however the process ends.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from itertools import count as count_up
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_GRAIN: Final = 16
"""Ports are taken by so many: the lock of a grain is its first TCP port, which is never handed out for TCP."""
_LOWEST: Final = 10_000
_HIGHEST: Final = 65_535
_KERNEL_RANGE: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
_USUAL_KERNEL_RANGE: Final = (32_768, 60_999)
_taken_by_this_process = count_up()


class NoPortsError(Exception):
    """So many ports in a row are not to be had."""


class ReservedPorts:
    """Ports in a row that nobody else who asks here is given before `release()`.

    `one()` hands out the next, `row(n)` the first of n. UDP ports may also be the one that TCP's lock is on.
    """

    def __init__(self, count: int) -> None:
        """Take at least so many. Raises NoPortsError."""
        self._locks: list[socket.socket] = []
        grains = -(-count // (_GRAIN - 1))
        for first in _places(grains * _GRAIN):
            self._locks = _lock(first, grains)
            if self._locks:
                break
        else:
            raise NoPortsError(f"no {count} free ports in a row on 127.0.0.1 outside the kernel's own range")
        self._next = first
        self._end = first + grains * _GRAIN

    def one(self) -> int:
        """A port for TCP or UDP. Raises NoPortsError when all are handed out."""
        if self._next % _GRAIN == 0:
            self._next += 1
        return self._take(1)

    def row(self, count: int) -> int:
        """The first of `count` UDP ports in a row, an even one, as RTP wants it."""
        self._next += self._next % 2
        return self._take(count)

    def release(self) -> None:
        """Give all back; whatever used them has ended."""
        for lock in self._locks:
            lock.close()
        self._locks = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _take(self, count: int) -> int:
        first = self._next
        if first + count > self._end:
            raise NoPortsError(f"{self._end - first} of the reserved ports are left, {count} are wanted")
        self._next = first + count
        return first


def _places(width: int) -> Iterator[int]:
    """Where to look, each process from another place on and each time further: what was just left may linger."""
    low, high = kernel_range()
    rooms = [(_LOWEST, low), (high + 1, _HIGHEST + 1)]
    if all(end - first < width for first, end in rooms):
        # A kernel that hands out everything: the lock and the look are left.
        rooms = [(_LOWEST, _USUAL_KERNEL_RANGE[0])]
    grains = [
        place
        for first, end in rooms
        for place in range(-(-first // _GRAIN) * _GRAIN, end - width + 1, _GRAIN)
    ]
    if not grains:
        return
    start = (os.getpid() * 53 + next(_taken_by_this_process) * 31) % len(grains)
    yield from grains[start:]
    yield from grains[:start]


def kernel_range() -> tuple[int, int]:
    """The first and the last port that the kernel gives to who binds port 0."""
    try:
        low, high = _KERNEL_RANGE.read_text(encoding="ascii").split()
    except OSError:
        return _USUAL_KERNEL_RANGE
    return int(low), int(high)


def _lock(first: int, grains: int) -> list[socket.socket]:
    """The locks of these grains, none if one of them is held or a port of theirs is used by a stranger."""
    locks: list[socket.socket] = []
    for place in range(first, first + grains * _GRAIN, _GRAIN):
        lock = _bound(place, socket.SOCK_STREAM)
        if lock is None:
            break
        locks.append(lock)
    if len(locks) == grains and all(map(_is_unused, range(first, first + grains * _GRAIN))):
        return locks
    for lock in locks:
        lock.close()
    return []


def _is_unused(port: int) -> bool:
    kinds = (socket.SOCK_DGRAM,) if port % _GRAIN == 0 else (socket.SOCK_DGRAM, socket.SOCK_STREAM)
    for kind in kinds:
        probe = _bound(port, kind)
        if probe is None:
            return False
        probe.close()
    return True


def _bound(port: int, kind: socket.SocketKind) -> socket.socket | None:
    """A socket on that port, None if somebody is there."""
    made = socket.socket(socket.AF_INET, kind)
    try:
        made.bind(("127.0.0.1", port))
    except OSError as problem:
        made.close()
        if problem.errno not in {errno.EADDRINUSE, errno.EACCES}:
            raise
        return None
    return made
