"""What the core wants to be woken for; the loop arms one timer for the earliest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from queues.state.priority_queue import PriorityQueue


class TimerKind(StrEnum):
    """Why."""

    OFFER_DEADLINE = "offer_deadline"
    WRAP_UP = "wrap_up"
    DECLINE_PAUSE = "decline_pause"
    HELD_BACK = "held_back"
    ATTEMPT_DEADLINE = "attempt_deadline"
    DISPOSITION = "disposition"
    CHOICE = "choice"
    FETCH_BACK = "fetch_back"
    FALLBACK_MEMBER = "fallback_member"
    NETWORK_PROBE = "network_probe"
    PHONE_REST = "phone_rest"


TimerKey = tuple[TimerKind, str]
"""A kind and the id of the agent, call or offer it is for: at most one timer each."""


class Timers:
    """Deadlines by key, earliest first; arming a key again moves it."""

    __slots__ = ("_due", "_pool")

    def __init__(self) -> None:
        self._pool: PriorityQueue[TimerKey, datetime] = PriorityQueue()
        self._due: dict[TimerKey, datetime] = {}

    def arm(self, kind: TimerKind, subject: str, due: datetime) -> None:
        """Wake for (kind, subject) at `due`."""
        self._due[(kind, subject)] = due
        self._pool.add((kind, subject), due)

    def disarm(self, kind: TimerKind, subject: str) -> None:
        """Forget it, if it is armed."""
        self._due.pop((kind, subject), None)
        self._pool.discard((kind, subject))

    def __contains__(self, key: TimerKey) -> bool:
        return key in self._due

    def due(self, kind: TimerKind, subject: str) -> datetime | None:
        """When it will wake; None: it is not armed."""
        return self._due.get((kind, subject))

    def next_due(self) -> datetime | None:
        """The earliest deadline."""
        key = self._pool.first()
        return None if key is None else self._due[key]

    def pop_due(self, now: datetime) -> Iterator[TimerKey]:
        """Take out, in order, everything due at or before `now`."""
        while (key := self._pool.first()) is not None and self._due[key] <= now:
            self.disarm(*key)
            yield key
