"""One reconcile: the ledger's rows counted again, then each other source asked about the same calls."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from callengine.control.client import EngineAway, Refused
from callengine.realtime.repeat_callers import REPEAT_WITHIN
from callengine.realtime.seed import CountedCall, Recount, recount
from callengine.realtime.statistics import COUNTED_FOR
from callengine.reconcile.against_pbx import (
    CDR,
    QUEUE_LOG,
    Unreadable,
    differences_of_cdr,
    differences_of_queue_log,
    read_cdr,
    read_queue_log,
)
from callengine.reconcile.against_realtime import (
    LIVE,
    LiveSide,
    differences_of_agents,
    differences_of_calls,
    differences_of_sums,
    quarters_between,
)
from callengine.reconcile.findings import Difference, Findings
from queues.terms.identifiers import QueueName
from sla.call_facts import Promise
from storage.queries.realtime_seed import figure_rows

_MORE_LOOKS = 2
_BY_NOW = timedelta(days=1)
_NOT_WRITTEN_YET = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Books:
    """Where the sources are."""

    ledger: AsyncEngine
    node: str
    promises: Mapping[QueueName, Promise]
    zone: tzinfo
    live: LiveSide | None
    queue_log: Path | None
    cdr: Path | None
    our_queues: frozenset[str]
    """As queue_log names them."""
    look_again_after_seconds: float = 1.0


async def reconcile(books: Books, start: datetime, end: datetime, now: datetime) -> Findings:
    """Compare the calls that arrived from `start` up to `end`. Raises SQLAlchemyError, OSError."""
    findings = Findings()
    past = await _recounted(books, start, end, now)
    calls = [call for call in past.calls if start <= call.facts.arrived_at < end]
    findings.calls = len(calls)
    await _compare_live(books, start, end, now, findings)
    await _compare_queue_log(books, calls, start, end, findings)
    await _compare_cdr(books, calls, start, end, now, findings)
    return findings


async def _recounted(books: Books, start: datetime, end: datetime, now: datetime) -> Recount:
    """With an hour more before, in which a number may have called first."""
    rows = await figure_rows(books.ledger, books.node, start - REPEAT_WITHIN, end, facts_until=now + _BY_NOW)
    return await asyncio.to_thread(recount, rows)


async def _compare_live(
    books: Books, start: datetime, end: datetime, now: datetime, findings: Findings
) -> None:
    """Calls begin and end while we look, and the ledger is a moment behind: what counts differs at every look."""
    if books.live is None:
        findings.not_compared[LIVE] = "no engine was asked"
        return
    try:
        found, compared, since = await _look(books, books.live, start, end, now)
        for _ in range(_MORE_LOOKS):
            if not found:
                break
            await asyncio.sleep(books.look_again_after_seconds)
            again, compared, since = await _look(books, books.live, start, end, now)
            still = {(one.subject, one.what) for one in again}
            found = [one for one in found if (one.subject, one.what) in still]
    except (EngineAway, Refused) as problem:
        findings.not_compared[LIVE] = str(problem)
        return
    findings.compared[LIVE] = compared
    findings.differences += found
    if since > start:
        findings.not_compared[f"{LIVE} before {since.isoformat()}"] = "the engine counts from there on"


async def _look(
    books: Books, live: LiveSide, start: datetime, end: datetime, now: datetime
) -> tuple[list[Difference], int, datetime]:
    told = [await live.calls(quarter) for quarter in quarters_between(start, min(end, now))]
    sums = await live.sums() if start <= now <= end else None
    since = max((datetime.fromisoformat(one["known_since"]) for one in told), default=start)
    # Repeats of the first hour that the engine knows may lie before it.
    since = start if since <= start else since + REPEAT_WITHIN
    past = await _recounted(books, start, end, now)
    calls = [call for call in past.calls if max(start, since) <= call.facts.arrived_at < end]
    found = await asyncio.to_thread(_differences, calls, told, max(start, since), end)
    if sums is not None:
        found += differences_of_sums(sums["scopes"])
        midnight = now.astimezone(books.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        rows = await figure_rows(books.ledger, books.node, now - COUNTED_FOR, now + _BY_NOW, with_open=True)
        found += differences_of_agents(await asyncio.to_thread(recount, rows, midnight), sums)
    return found, len(calls), since


def _differences(
    calls: list[CountedCall], told: list[dict[str, Any]], start: datetime, end: datetime
) -> list[Difference]:
    live_calls = [
        one
        for quarter in told
        for one in quarter["calls"]
        if start <= datetime.fromisoformat(one["arrived_at"]) < end
    ]
    found = list(differences_of_calls(calls, live_calls))
    for quarter in told:
        found += differences_of_sums(quarter["scopes"])
    return found


async def _compare_queue_log(
    books: Books, calls: list[CountedCall], start: datetime, end: datetime, findings: Findings
) -> None:
    if books.queue_log is None:
        findings.not_compared[QUEUE_LOG] = "no file was named"
        return
    try:
        logged = await asyncio.to_thread(read_queue_log, books.queue_log, start, end + _BY_NOW)
    except Unreadable as problem:
        findings.not_compared[QUEUE_LOG] = str(problem)
        return
    known = {call.call for call in calls}
    logged = {
        call: one
        for call, one in logged.items()
        if call in known or (one.entered_at is not None and start <= one.entered_at < end)
    }
    if not known & set(logged):
        findings.not_compared[QUEUE_LOG] = f"{books.queue_log} has no line of these calls"
        return
    findings.compared[QUEUE_LOG] = len(known & set(logged))
    findings.differences += differences_of_queue_log(calls, logged, books.our_queues)


async def _compare_cdr(
    books: Books, calls: list[CountedCall], start: datetime, end: datetime, now: datetime, findings: Findings
) -> None:
    if books.cdr is None:
        findings.not_compared[CDR] = "no file was named"
        return
    try:
        recorded = await asyncio.to_thread(read_cdr, books.cdr, start, end, books.zone)
    except Unreadable as problem:
        findings.not_compared[CDR] = str(problem)
        return
    if calls and not {call.call for call in calls} & set(recorded):
        findings.not_compared[CDR] = f"{books.cdr} has no record of these calls"
        return
    findings.compared[CDR] = len({call.call for call in calls} & set(recorded))
    findings.differences += differences_of_cdr(calls, recorded, now - _NOT_WRITTEN_YET)
