"""What the pages of history show of the ledger: values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from queues.terms.phone import Phone
from sla.compliance import Verdict


class Place(NamedTuple):
    """A call's place in the history; the next page begins below it."""

    arrived_at: datetime
    call: str


@dataclass(frozen=True, slots=True)
class CallRow:
    """One call in a list. None where it has not happened."""

    call: str
    company: str
    did: str
    line_kind: str
    queue: str
    number: Phone
    arrived_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    agent: str | None
    outcome: str | None
    served_by: str | None
    stored_verdict: str | None
    message_at: datetime | None
    obligation: str | None
    due_at: datetime | None
    contacted_at: datetime | None
    closed_at: datetime | None
    has_recording: bool

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.arrived_at, self.call)

    @property
    def waited(self) -> timedelta | None:
        """Until a human spoke with him, or until he was gone; None while he waits."""
        end = self.answered_at or self.ended_at
        return None if end is None else max(end - self.arrived_at, timedelta(0))

    @property
    def talked(self) -> timedelta | None:
        """None where nobody spoke with him, and while somebody does."""
        if self.answered_at is None or self.ended_at is None:
            return None
        return max(self.ended_at - self.answered_at, timedelta(0))

    @property
    def verdict(self) -> str:
        """The law's; empty where its line has no rules."""
        return verdict_of(self.stored_verdict, self.outcome, self.obligation)

    @property
    def callback(self) -> str:
        """What became of what he was owed: `owed`, `kept`, `late`, `closed`; empty: nothing was owed."""
        if self.obligation is None or self.due_at is None:
            return ""
        if self.contacted_at is not None:
            return "kept" if self.contacted_at <= self.due_at else "late"
        return "owed" if self.closed_at is None else "closed"


@dataclass(frozen=True, slots=True)
class CallsPage:
    """Calls, the latest first.

    `below`: where more may be; None: there is nothing more. `searched_to`: few calls were found and the time for one
    page was over; all that arrived since then was looked at.
    """

    rows: Sequence[CallRow]
    below: Place | None
    searched_to: datetime | None = None


def verdict_of(stored: str | None, outcome: str | None, obligation: str | None) -> str:
    """A call whose time is not over is pending; empty where nothing is owed by rule."""
    if stored is not None:
        return stored
    return Verdict.PENDING.value if outcome is None or obligation is not None else ""
