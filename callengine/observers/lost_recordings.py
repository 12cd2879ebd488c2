"""A recording that the PBX could not write is said in the log: nobody else says it, Asterisk's console excepted."""

from __future__ import annotations

from collections.abc import Callable

from callengine.platform.logs import Log
from queues.messages.journal import JournalEntry, RecordingMissed


def told_in(log: Log) -> Callable[[JournalEntry], None]:
    """Observes the journal."""

    def observe(entry: JournalEntry) -> None:
        if isinstance(entry, RecordingMissed) and entry.seconds is not None:
            log.error(
                "recording_cut_short",
                msg="the recording is less than half as long as its conversation",
                call=entry.call,
                attempt=entry.attempt,
                file=entry.path,
                seconds=entry.seconds,
                right="see whether the disk ran full, and who else writes to this folder",
            )
        elif isinstance(entry, RecordingMissed):
            log.error(
                "recording_lost",
                msg="the PBX could not write the recording of a conversation",
                call=entry.call,
                attempt=entry.attempt,
                file=entry.path,
                right="let Asterisk's user write this folder, and see whether its disk is full",
            )

    return observe
