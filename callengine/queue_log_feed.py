"""Who writes our lines to Asterisk's queue_log, unless that is switched off."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ami_adapters.queue_log import QueueLog, QueueLogLine
from config.settings import Settings
from queues.journal import JournalEntry
from queues.policy import CentrePolicy


def queue_log_observers(
    settings: Settings, policy: Callable[[], CentrePolicy], write: Callable[[QueueLogLine], None]
) -> Iterator[Callable[[JournalEntry], None]]:
    """One, or none. `policy` gives the one in force: agents are named as the settings name them now."""
    if not settings.queue_log.enabled:
        return
    known = policy()
    log = QueueLog(dict(known.agents), settings.queue_log.agent, write)

    def observe(entry: JournalEntry) -> None:
        nonlocal known
        if policy() is not known:
            known = policy()
            # Who is gone may still end a conversation: he keeps the name he had.
            log.profiles.update(known.agents)
        log.observe(entry)

    yield observe
