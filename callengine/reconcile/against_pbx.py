"""Asterisk's own books against the ledger: queue_log and CDR (Master.csv), both in whole seconds."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

from callengine.realtime.seed import CountedCall
from callengine.reconcile.findings import Difference

QUEUE_LOG = "queue_log"
CDR = "cdr"
_TOLERANCE = timedelta(seconds=2)
"""Both round down to whole seconds, at moments of their own."""
_ARRIVAL_CONTEXTS = frozenset(
    {"callengine-in", "callengine-arrival", "callengine-hold", "callengine-fallback"}
)
_UNIQUEID = 16
"""Column of Master.csv, with `loguniqueid=yes` in cdr.conf."""


class Unreadable(Exception):
    """The file cannot be compared, and why."""


@dataclass(slots=True)
class LoggedCall:
    """One call as queue_log tells it."""

    queues: set[str] = field(default_factory=set)
    entered_at: datetime | None = None
    hold: timedelta | None = None
    """From entry to the agent's answer; None: nobody answered."""


@dataclass(slots=True)
class RecordedCall:
    """One channel as the CDRs tell it: from the first record's start to the last one's end."""

    start: datetime
    end: datetime
    contexts: set[str]


def read_queue_log(path: Path, start: datetime, end: datetime) -> dict[str, LoggedCall]:
    """The calls that entered a queue within the interval, by Uniqueid. Raises Unreadable."""
    calls: dict[str, LoggedCall] = {}
    for line in _lines(path):
        parts = line.rstrip("\n").split("|")
        if len(parts) < 5 or not parts[0].isdigit():
            continue
        at = datetime.fromtimestamp(int(parts[0]), UTC)
        call, queue, event = parts[1], parts[2], parts[4]
        if event == "ENTERQUEUE" and start <= at < end:
            known = calls.setdefault(call, LoggedCall())
            known.entered_at = known.entered_at or at
            known.queues.add(queue)
        elif event == "CONNECT" and call in calls and len(parts) > 5 and parts[5].isdigit():
            calls[call].hold = timedelta(seconds=int(parts[5]))
    return calls


def read_cdr(path: Path, start: datetime, end: datetime, zone: tzinfo) -> dict[str, RecordedCall]:
    """The channels that were made within the interval, by Uniqueid. Raises Unreadable."""
    calls: dict[str, RecordedCall] = {}
    for row in csv.reader(_lines(path)):
        if len(row) <= _UNIQUEID:
            raise Unreadable(f"{path} names no uniqueid: set loguniqueid=yes in cdr.conf, [csv]")
        try:
            began, over = (
                datetime.fromisoformat(row[n]).replace(tzinfo=zone).astimezone(UTC) for n in (9, 11)
            )
        except ValueError:
            continue
        known = calls.get(row[_UNIQUEID])
        if known is None:
            calls[row[_UNIQUEID]] = RecordedCall(began, over, {row[3]})
        else:
            known.start, known.end = min(known.start, began), max(known.end, over)
            known.contexts.add(row[3])
    return {call: one for call, one in calls.items() if start - _TOLERANCE <= one.start < end}


def differences_of_queue_log(
    counted: Iterable[CountedCall], logged: Mapping[str, LoggedCall], our_queues: frozenset[str]
) -> Iterator[Difference]:
    """Who entered a waiting line is in it; who was answered, after the same wait.

    The engine's own lines are in it where the engine is set to write them: a whole kind that is missing is none.
    """
    left, calls = dict(logged), list(counted)
    written = {
        call.facts.by_fallback for call in calls if call.call in left and call.facts.queued_at is not None
    }
    for call in calls:
        facts, told = call.facts, left.pop(call.call, None)
        if told is None:
            if facts.queued_at is not None and facts.by_fallback in written:
                yield Difference(
                    QUEUE_LOG, call.call, "entry", facts.queued_at.isoformat(), "not in the file"
                )
            continue
        if (facts.answered_at is None) != (told.hold is None):
            yield Difference(
                QUEUE_LOG,
                call.call,
                "answered",
                "no" if facts.answered_at is None else facts.answered_at.isoformat(),
                "no" if told.hold is None else f"after {told.hold.seconds} s",
            )
        elif facts.answered_at is not None and told.hold is not None:
            entered = facts.queued_at or facts.arrived_at
            waited = facts.answered_at - entered
            if abs(waited - told.hold) > _TOLERANCE:
                yield Difference(
                    QUEUE_LOG, call.call, "wait, s", f"{waited.total_seconds():.3f}", str(told.hold.seconds)
                )
    for unknown, told in left.items():
        if told.queues & our_queues:
            yield Difference(QUEUE_LOG, unknown, "call", "not in the ledger", "entered a queue of ours")


def differences_of_cdr(
    counted: Iterable[CountedCall], recorded: Mapping[str, RecordedCall], over_before: datetime
) -> Iterator[Difference]:
    """A call's record begins with its arrival and ends with its end. `over_before`: later ends may be unwritten."""
    left = dict(recorded)
    for call in counted:
        facts, told = call.facts, left.pop(call.call, None)
        if facts.ended_at is None or facts.ended_at >= over_before:
            continue
        if told is None:
            yield Difference(CDR, call.call, "call", facts.arrived_at.isoformat(), "not in the file")
            continue
        for what, ours, theirs in (
            ("arrival", facts.arrived_at, told.start),
            ("end", facts.ended_at, told.end),
        ):
            if abs(ours - theirs) > _TOLERANCE:
                yield Difference(CDR, call.call, what, ours.isoformat(), theirs.isoformat())
    for unknown, told in left.items():
        if told.contexts & _ARRIVAL_CONTEXTS:
            yield Difference(CDR, unknown, "call", "not in the ledger", f"arrived {told.start.isoformat()}")


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            yield from file
    except OSError as problem:
        raise Unreadable(f"{path}: {problem.strerror}") from None
