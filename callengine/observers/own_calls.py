"""Calls of our own numbers or phones into our own lines are said in the log: somewhere a call goes round in a circle.

Said once in ten minutes for each number and line, with how many there were: two switches that send a call to each other
make thousands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from callengine.platform.logs import Log
from queues.messages.journal import JournalEntry, OwnCallRefused
from queues.terms.identifiers import Did
from queues.terms.phone import Phone

SAID_AGAIN_AFTER = timedelta(minutes=10)
MOST_KEPT = 50
REMEDY = (
    "see where the number that was called back is forwarded to, or who dials the line from one of your own numbers "
    "(lines' DIDs and caller ids, callbacks.own_numbers) or from an agent's phone"
)


@dataclass(slots=True)
class _Said:
    at: datetime
    calls_since: int = 0


class OwnCalls:
    """Observes the journal."""

    def __init__(self, now: Callable[[], datetime], log: Log) -> None:
        self._now = now
        self._log = log
        self._said: dict[tuple[Did | None, Phone | None], _Said] = {}

    def observe(self, entry: JournalEntry) -> None:
        """Take one journal entry into account."""
        if not isinstance(entry, OwnCallRefused):
            return
        now, key = self._now(), (entry.did, entry.number)
        said = self._said.get(key)
        if said is not None and now - said.at < SAID_AGAIN_AFTER:
            said.calls_since += 1
            return
        calls = 1 if said is None else said.calls_since + 1
        if said is None and len(self._said) >= MOST_KEPT:
            del self._said[min(self._said, key=lambda one: self._said[one].at)]
        self._said[key] = _Said(now)
        self._log.warning(
            "call_from_own_number",
            msg="a number or phone of our own called our own line: no resident's call, it enters no figure",
            did=entry.did,
            number=str(entry.number or ""),
            calls=calls,
            call=entry.call,
            company=entry.company,
            right=REMEDY,
        )
