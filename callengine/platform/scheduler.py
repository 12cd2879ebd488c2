"""APScheduler as it is used here, told once: docs/decisions/0003."""

from __future__ import annotations

from datetime import UTC

from apscheduler.schedulers.asyncio import AsyncIOScheduler


def new_scheduler() -> AsyncIOScheduler:
    """In memory, by UTC; what is late is done late and once.

    Without a zone it would take the machine's own. By default it drops what is more than a second late, and what is
    due while the same job runs: jobs here only ring, and return at once.
    """
    return AsyncIOScheduler(
        timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1000}
    )
