"""Calls to numbers that nobody configured: said in the log and on the wall, for their residents are guessed at.

A number of ours, or what the dialplan put in its place (`s`, `1`): no resident's number, so it is shown whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from callengine.platform.logs import Log
from queues.messages.journal import CallOffered, JournalEntry
from queues.terms.identifiers import Did

SHOWN_FOR = timedelta(hours=1)
SAID_AGAIN_AFTER = timedelta(minutes=10)
MOST_NUMBERS = 50
"""So many are kept apart: who dials numbers through costs no memory."""
REMEDY = (
    "add it to [[lines]], or name centre.unlisted_line; a PBX that sends calls on as s or 1 must hand the number on "
    "(FreePBX: callengine-in,${FROM_DID},1)"
)


@dataclass(slots=True)
class _Number:
    calls: int
    last_at: datetime
    said_at: datetime
    unsaid: int = 0


class UnlistedCalls:
    """The numbers of the last hour."""

    def __init__(self, now: Callable[[], datetime], log: Log) -> None:
        self._now = now
        self._log = log
        self._numbers: dict[Did, _Number] = {}

    def observe(self, entry: JournalEntry) -> None:
        """Take one journal entry into account."""
        if not isinstance(entry, CallOffered) or entry.unlisted is None:
            return
        now = self._now()
        self._forget(now)
        number = self._numbers.get(entry.unlisted)
        if number is None:
            if len(self._numbers) >= MOST_NUMBERS:
                del self._numbers[min(self._numbers, key=lambda did: self._numbers[did].last_at)]
            self._numbers[entry.unlisted] = _Number(1, now, now)
            self._say(entry, 1)
            return
        number.calls += 1
        number.unsaid += 1
        number.last_at = now
        if now - number.said_at >= SAID_AGAIN_AFTER:
            self._say(entry, number.unsaid)
            number.said_at, number.unsaid = now, 0

    def lately(self) -> tuple[Did, ...]:
        """Which were dialled within the last hour, the latest first."""
        self._forget(self._now())
        return tuple(sorted(self._numbers, key=lambda did: self._numbers[did].last_at, reverse=True))

    def _forget(self, now: datetime) -> None:
        for did in [did for did, number in self._numbers.items() if now - number.last_at > SHOWN_FOR]:
            del self._numbers[did]

    def _say(self, entry: CallOffered, calls: int) -> None:
        self._log.warning(
            "call_unlisted",
            msg="no line of the settings has the number that was dialled",
            did=entry.unlisted,
            calls=calls,
            call=entry.call,
            served_by_queue=entry.queue,
            company=entry.company,
            right=REMEDY,
        )
