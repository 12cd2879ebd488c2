"""What became of watched calls while nobody listened, as far as queue_log can be read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ami_adapters.app_queue.events import WatchedQueues
from ami_adapters.app_queue.history import LoggedCall, calls_of
from ami_adapters.app_queue.log_reader import LoggedLine, QueueLogUnreadable, lines_since
from ami_adapters.protocol.ami_message import Message
from ami_adapters.protocol.log import Log

_NOTICED_LATE = timedelta(seconds=10)
"""A link may have been dead so long before it was noticed; what was heard twice does no harm."""
_LONGEST_CALL = timedelta(hours=2)
"""Calls that were under way when the gap began entered the queue at most so long before it."""


@dataclass(slots=True)
class QueueLogGap:
    """Since when the log is to be read, and where it is. Without a `path` a gap stays unknown.

    `since` is None while there is no gap, and for an engine that never ran before: history is not imported.
    """

    path: Path | None = None
    since: datetime | None = None

    def begins(self, at: datetime) -> None:
        """The link broke; a gap that was not read yet stays as long as it is."""
        self.since = min(at, self.since or at)

    async def calls(
        self, watched: WatchedQueues, queues: Iterable[Message], log: Log
    ) -> Mapping[str, LoggedCall]:
        """Calls that began or ended in the gap, by Uniqueid; the gap is over with that."""
        since, self.since = self.since, None
        if since is None or self.path is None or not watched.queues:
            return {}
        names = {one.text("Name"): one.text("Location") for one in queues if one.name == "QueueMember"}
        begin = since - _NOTICED_LATE
        try:
            lines = await asyncio.to_thread(_read, self.path, begin - _LONGEST_CALL)
        except QueueLogUnreadable as problem:
            log.warning(
                "queue_log_unreadable",
                msg="what became of watched calls during the outage is unknown",
                reason=str(problem),
            )
            return {}
        touched = {line.call for line in lines if line.at >= begin}
        return {
            uniqueid: call
            for uniqueid, call in calls_of(lines, watched, names).items()
            if uniqueid in touched
        }


def _read(path: Path, since: datetime) -> list[LoggedLine]:
    return list(lines_since(path, since))
