"""Who writes our lines to Asterisk's queue_log, unless that is switched off."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ami_adapters.queue_log import QueueLog, QueueLogLine
from config.settings import Settings
from queues.journal import JournalEntry
from queues.policy import CentrePolicy


def queue_log_observers(
    settings: Settings, policy: CentrePolicy, write: Callable[[QueueLogLine], None]
) -> Iterator[Callable[[JournalEntry], None]]:
    """One, or none."""
    if settings.queue_log.enabled:
        yield QueueLog(dict(policy.agents), settings.queue_log.agent, write).observe
