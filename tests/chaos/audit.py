"""What became of every resident, by his own telephone and by the ledger; the engine is not asked."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from callengine.demo.phones.resident import RungPhone
from tests.chaos.ledger_rows import LedgerCall
from tests.chaos.town import Ending, Told

SAME_CALL_SECONDS = 3.0
"""A call's arrival at the PBX, after the resident dialled: his INVITE may be sent again and again meanwhile."""
PHOTO_FINISH_SECONDS = 1.0
"""He hung up as the agent answered: both sides are right."""


@dataclass(frozen=True, slots=True)
class Audit:
    """`problems` in words, empty when every promise was kept; the rest are figures."""

    problems: tuple[str, ...]
    endings: Mapping[str, int]
    outcomes: Mapping[str, int]
    closings: Mapping[str, int]
    missed_while_away: int
    """Calls that came and were missed while no engine was there, each with its obligation."""
    largest_arrival_error: float
    """Of those: the ledger's arrival less the resident's own, seconds."""
    longest_silence: float
    served_by_fallback: int
    photo_finishes: int
    """Answered, and over before his telephone could make the agent out."""


def audit(
    calls: Sequence[LedgerCall],
    closings: Mapping[str, int],
    told: Sequence[Told],
    rings: Sequence[RungPhone],
    down: Sequence[tuple[float, float]],
    loop_to_epoch: float,
) -> Audit:
    """`loop_to_epoch` added to the residents' moments gives epoch seconds."""
    by_number: dict[str, list[LedgerCall]] = defaultdict(list)
    for row in calls:
        by_number[row.number].append(row)
    problems: list[str] = []
    errors = [0.0]
    missed_while_away = photo_finishes = 0
    for one in told:
        call = _row_of(one, by_number[one.number], loop_to_epoch)
        problems += _judge(one, call, loop_to_epoch)
        if call is not None and call.outcome == "answered" and one.ending is not Ending.SERVED:
            photo_finishes += 1
        came = next((gap for gap in down if gap[0] <= one.called_at <= gap[1]), None)
        if call is not None and came is not None and call.obligations:
            missed_while_away += 1
            errors.append(abs(call.arrived_at - loop_to_epoch - one.called_at))
    problems += [
        f"{left.number}: in the ledger, and nobody made this call"
        for rows in by_number.values()
        for left in rows
    ]
    problems += _every_call_once(calls)
    problems += _nobody_twice(rings)
    return Audit(
        problems=tuple(problems),
        endings=dict(Counter(one.ending.value for one in told)),
        outcomes=dict(Counter(call.outcome or "none" for call in calls)),
        closings=closings,
        missed_while_away=missed_while_away,
        largest_arrival_error=max(errors),
        longest_silence=max(
            (one.longest_silence for one in told if one.ending is not Ending.CUT), default=0.0
        ),
        served_by_fallback=sum(
            1 for call in calls if call.served_by == "fallback" and call.outcome == "answered"
        ),
        photo_finishes=photo_finishes,
    )


def _row_of(one: Told, rows: list[LedgerCall], loop_to_epoch: float) -> LedgerCall | None:
    """His call's row, taken out of `rows`."""
    called_at = one.called_at + loop_to_epoch
    for row in rows:
        if -0.5 <= row.arrived_at - called_at <= SAME_CALL_SECONDS:
            rows.remove(row)
            return row
    return None


def _judge(one: Told, call: LedgerCall | None, loop_to_epoch: float) -> Iterator[str]:
    who = f"{one.number} ({one.ending.value}, called at {one.called_at + loop_to_epoch:.3f})"
    if call is None:
        if one.connected_at is not None:
            yield f"{who}: not in the ledger"
        return
    if call.outcome is None:
        yield f"{who}: no outcome"
    elif one.ending is Ending.SERVED:
        if call.outcome != "answered":
            yield f"{who}: the ledger says {call.outcome}"
    elif call.outcome == "answered":
        ended_at = one.ended_at + loop_to_epoch
        if call.answered_at is None or ended_at - call.answered_at > PHOTO_FINISH_SECONDS:
            yield f"{who}: the ledger says answered at {call.answered_at}, he ended at {ended_at:.3f}"
    elif call.obligations != 1:
        yield f"{who}: {call.outcome}, and {call.obligations} obligations"


def _every_call_once(calls: Sequence[LedgerCall]) -> Iterator[str]:
    """Law 1: nothing is still open, nothing is there twice."""
    for call, count in Counter(one.call for one in calls).items():
        if count > 1:
            yield f"call {call} is in the ledger {count} times"


def _nobody_twice(rings: Sequence[RungPhone]) -> Iterator[str]:
    """Law 4: no telephone rings for a callback while it rings or speaks for another one."""
    by_number: dict[str, list[RungPhone]] = defaultdict(list)
    for ring in rings:
        by_number[ring.number].append(ring)
    for number, his in by_number.items():
        for earlier, later in itertools.pairwise(sorted(his, key=lambda ring: ring.rang_at)):
            if earlier.ended_at is None or earlier.ended_at > later.rang_at:
                yield f"{number}: dialled again at {later.rang_at:.3f} while a dial was in flight"
