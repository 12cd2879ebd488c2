"""What the journal holds that an administrator should read in the log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from callengine.observers import lost_recordings
from callengine.observers.own_calls import OwnCalls
from callengine.platform.logs import Log
from queues.messages.journal import JournalEntry, OwnCallRefused, RecordingMissed


def told_in(
    log: Log, now: Callable[[], datetime]
) -> tuple[tuple[type[JournalEntry], Callable[[JournalEntry], None]], ...]:
    """Who wants which entries of the journal."""
    return (OwnCallRefused, OwnCalls(now, log).observe), (RecordingMissed, lost_recordings.told_in(log))
