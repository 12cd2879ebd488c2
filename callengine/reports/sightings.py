"""What of a period nobody saw: gaps of the link, and between two runs of the engine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from callengine.realtime.blind_intervals import GapLog
from sla.unknown import Gap
from storage.queries.realtime_seed import LinkChange, Run, sight

_SEEN_OFTEN = timedelta(minutes=1)
"""A running engine notes every ten seconds that it is there."""


async def gaps_between(engine: AsyncEngine, node: str, start: datetime, end: datetime) -> list[Gap]:
    """Every gap that touches the interval, in order; `end` is not later than now."""
    runs, link = await sight(engine, node, start, end)
    return [gap for gap in _gaps(runs, link, end) if gap.end > start and gap.start < end]


def _gaps(runs: Sequence[Run], link: Sequence[LinkChange], end: datetime) -> list[Gap]:
    log, found = GapLog(), list[Gap | None]()
    alive_until: datetime | None = None
    changes: list[Run | LinkChange] = [*runs, *link]
    for change in sorted(changes, key=lambda one: one.place):
        match change:
            case Run(at=at):
                log.lost(at if alive_until is None else min(alive_until, at))
                alive_until = change.seen_at
            case LinkChange(at=at, restored=True):
                found.append(log.restored(at))
            case LinkChange(at=at):
                log.lost(at)
    if alive_until is not None and end - alive_until > _SEEN_OFTEN:
        log.lost(alive_until)
    if log.blind_since is not None and log.blind_since < end:
        found.append(Gap(log.blind_since, end))
    return [gap for gap in found if gap is not None and gap.start < gap.end]
