"""How much of a process strangers may take, and what a refusal is called."""

from __future__ import annotations

import resource
from dataclasses import dataclass
from enum import StrEnum

RESERVED_DESCRIPTORS = 128
"""Of the process's files, kept from HTTP: AMI, ledger, spool, recordings, logs, and who reads the ledger."""
_FEWEST = 8
HEAD_BYTES = 16 * 1024
HEAD_READS = 16
"""So many pieces a request's head may come in: a browser's comes in one to three."""
BODY_BYTES = 128 * 1024
"""What may follow a head that tells of a body; the routes themselves take half of it."""
UNASKED_BYTES = 64 * 1024
"""What may follow a head that tells of none, and is not looked at."""


class Refusal(StrEnum):
    """Why a connection was ended by us, or not taken."""

    CROWDED = "crowded"
    """No place is free: the one that has said nothing for longest goes, or the newest."""
    SLOW = "slow"
    """Its request was not whole in time."""
    MALFORMED = "malformed"
    """What it said is no HTTP request."""
    FLOODING = "flooding"
    """It sent far more than it was asked for."""
    STALLED = "stalled"
    """It did not take its answer, or not finish its body, in time."""
    DESCRIPTORS = "descriptors"
    """The system had no descriptor for it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one door."""

    connections: int
    per_address: int
    """Of them, from one address that is not this machine's own."""
    head_seconds: float = 10.0
    serve_seconds: float = 60.0
    """From a whole head to the end of the answer; an endless answer has its own limit."""
    accepts_per_second: float = 200.0
    requests_per_second: float = 50.0
    burst: float = 100.0
    body_bytes: int = BODY_BYTES


def limits(wanted: int) -> Limits:
    """As many connections as wanted, or as the process's files leave room for."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    room = wanted if soft == resource.RLIM_INFINITY else min(wanted, soft - RESERVED_DESCRIPTORS)
    connections = max(room, _FEWEST)
    return Limits(connections, max(connections // 4, _FEWEST))


class Allowance:
    """So many a second on average, and so many at once after a rest."""

    def __init__(self, per_second: float, burst: float, now: float) -> None:
        self._per_second = per_second
        self._burst = burst
        self._left = burst
        self._at = now

    def take(self, now: float) -> bool:
        """One more, if it is allowed now."""
        self._left = min(self._burst, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True

    @property
    def wait_seconds(self) -> float:
        """Until the next one is allowed."""
        return max(0.0, (1 - self._left) / self._per_second)
