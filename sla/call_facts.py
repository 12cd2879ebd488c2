"""One call as the figures see it, and what it adds to every sum: the only place that turns a call into numbers.

The live tally and the ledger's recount both add up `contributions`; figures are quotients of sums (`sla.figures`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sla.promises import ClockStart
from sla.service_level import COUNTS, SHORT_ABANDON, CallTimes, ServiceLevel, count

Measure = tuple[str, str]
"""What a sum is of: ("calls", what), ("time", what) in microseconds, ("outcome", which), (a clock, a count)."""

OWN = "own"
"""Beside the two clocks: the one that the call's own queue is promised by."""
CLOCKS = (ClockStart.ARRIVAL.value, ClockStart.QUEUE.value, OWN)
IN_DOUBT = " in doubt"
"""Added to a clock: what calls in doubt are counted as, and whether they may have been answered in time."""
_ABANDONED = "abandoned"
_MICROSECOND = timedelta(microseconds=1)
_ZERO = timedelta(0)


@dataclass(frozen=True, slots=True)
class Promise:
    """`goal` of the offered calls are answered within `target` of the clock's start."""

    target: timedelta = timedelta(seconds=30)
    goal: float = 0.88
    clock: ClockStart = ClockStart.ARRIVAL


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What figures need of one offered call; None where it has not happened.

    `queued_at`: entry into a waiting line, the engine's or Asterisk's own. `contacted_at`: when a human spoke with
    this resident afterwards. `wrap_up`: agents' rest after it. `doubted_since`: the link to the PBX was down from
    then on, and when it was back this call was over or answered without anybody knowing since when.
    """

    arrived_at: datetime
    queued_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: str | None = None
    by_fallback: bool = False
    transfers: int = 0
    wrap_up: timedelta = _ZERO
    is_repeat: bool = False
    contacted_at: datetime | None = None
    doubted_since: datetime | None = None

    @property
    def waits(self) -> bool:
        """Whether no human has answered and he is still on the line."""
        return self.answered_at is None and self.outcome is None

    @property
    def decided_at(self) -> datetime | None:
        """When his wait was over, with a human or without."""
        return self.answered_at if self.answered_at is not None else self.ended_at

    def start(self, clock: ClockStart) -> datetime:
        """When the clock began; who never entered a waiting line is measured from his arrival."""
        if clock is ClockStart.ARRIVAL or self.queued_at is None:
            return self.arrived_at
        start = max(self.arrived_at, self.queued_at)
        return start if self.decided_at is None else min(start, max(self.arrived_at, self.decided_at))

    def times(self, clock: ClockStart) -> CallTimes:
        """His wait by this clock. A moment told as before its start, by a clock that was set back, is the start."""
        start = self.start(clock)
        answered = None if self.answered_at is None else max(self.answered_at, start)
        ended = None if self.ended_at is None else max(self.ended_at, answered or start)
        return CallTimes(start, answered, ended)

    @property
    def time_to_human(self) -> timedelta | None:
        """From his arrival until a human spoke with him: in this call, else in what discharged it."""
        moment = self.answered_at or self.contacted_at
        return None if moment is None else max(moment - self.arrived_at, _ZERO)


def microseconds(time: timedelta) -> int:
    """As sums are kept: exact."""
    return time // _MICROSECOND


def contributions(call: CallFacts, promise: Promise) -> dict[Measure, int]:
    """What this call adds to the sums of its queue, its company and the centre. Who still waits adds `waiting`."""
    sums: dict[Measure, int] = {("calls", "offered"): 1}
    if call.is_repeat:
        sums["calls", "repeat"] = 1
    if call.transfers:
        sums["calls", "transferred"] = 1
        sums["calls", "transfers"] = call.transfers
    if call.time_to_human is not None:
        sums["calls", "met a human"] = 1
        sums["time", "to human"] = microseconds(call.time_to_human)
    if call.outcome is not None:
        sums["outcome", call.outcome] = 1
    if call.waits:
        return sums
    if call.by_fallback:
        sums["calls", "fallback"] = 1
    if call.answered_at is None:
        _add_unanswered(sums, call)
    elif call.ended_at is not None:
        sums["calls", "handled"] = 1
        sums["time", "talk"] = microseconds(max(call.ended_at - call.answered_at, _ZERO))
    if call.wrap_up:
        sums["time", "wrap-up"] = microseconds(call.wrap_up)
    for name, clock in _clocks(promise):
        _add_level(sums, name, call, clock, promise.target)
    return sums


def waiting(
    call: CallFacts, promise: Promise, now: datetime, doubted_since: datetime | None
) -> dict[Measure, int]:
    """What one who waits adds at this moment. `doubted_since`: the link is down, so who knows whether he does."""
    sums: dict[Measure, int] = {}
    for name, clock in _clocks(promise):
        level = count(CallTimes(call.start(clock)), promise.target, max(now, call.start(clock)))
        _put(sums, name, level)
        if doubted_since is not None:
            _put(sums, name + IN_DOUBT, level)
            if call.start(clock) + promise.target > doubted_since:
                sums[name + IN_DOUBT, "may be within"] = 1
    return sums


def _clocks(promise: Promise) -> tuple[tuple[str, ClockStart], ...]:
    return (("arrival", ClockStart.ARRIVAL), ("queue", ClockStart.QUEUE), (OWN, promise.clock))


def _add_unanswered(sums: dict[Measure, int], call: CallFacts) -> None:
    sums["calls", "unanswered"] = 1
    if call.outcome == _ABANDONED and call.ended_at is not None:
        waited = max(call.ended_at - call.arrived_at, _ZERO)
        sums["time", "to abandon"] = microseconds(waited)
        if waited <= SHORT_ABANDON:
            sums["calls", "abandoned short"] = 1


def _add_level(
    sums: dict[Measure, int], name: str, call: CallFacts, clock: ClockStart, target: timedelta
) -> None:
    times = call.times(clock)
    level = count(times, target, times.arrived_at)
    _put(sums, name, level)
    if times.wait is not None:
        sums[name, "wait"] = microseconds(times.wait)
    if call.doubted_since is not None:
        _put(sums, name + IN_DOUBT, level)
        if times.arrived_at + target > call.doubted_since:
            sums[name + IN_DOUBT, "may be within"] = 1


def _put(sums: dict[Measure, int], name: str, level: ServiceLevel) -> None:
    for field in COUNTS:
        value = getattr(level, field)
        if value:
            sums[name, field] = value
