"""Law 5 for calls by hand: which line and trunk may carry one, and to whom. Pure: the settings' rules, no live state.

A resident, a contractor: whoever a callback could be dialled to. Short and service numbers: only those that the
settings name for a trunk of this company, and only here, where a person asks; nothing else reads that list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from queues.policy import CentrePolicy, LineCallback, LinePolicy
from queues.terms.desk_words import CommandRefusal
from queues.terms.identifiers import CompanyId, QueueName
from queues.terms.phone import Phone
from queues.terms.phone_numbers import DialRefusal, judge, normalise, write_for_trunk

_WHY: Mapping[DialRefusal, CommandRefusal] = {
    DialRefusal.WITHHELD: CommandRefusal.INCOMPLETE,
    DialRefusal.INVALID: CommandRefusal.NUMBER_INVALID,
    DialRefusal.SHORT_CODE: CommandRefusal.NUMBER_NOT_LISTED,
    DialRefusal.FOREIGN: CommandRefusal.NUMBER_FOREIGN,
    DialRefusal.NUMBER_TYPE: CommandRefusal.NUMBER_NOT_LISTED,
    DialRefusal.OWN_NUMBER: CommandRefusal.NUMBER_OURS,
}
"""What `judge` says, as the desk tells it."""


@dataclass(frozen=True, slots=True)
class Way:
    """How the number is dialled."""

    line: LinePolicy
    trunk: str
    caller_id: Phone
    claimed: Phone
    """E.164; of a service number its digits as the settings have them."""
    written: Phone
    """As the trunk wants it."""
    is_service: bool


def way_to(
    policy: CentrePolicy, company: CompanyId, number: Phone, served: Iterable[QueueName] = ()
) -> Way | CommandRefusal:
    """Which line of the company carries the call, the first that the agent serves before all; or why none does."""
    lines = [line for line in policy.lines.values() if line.company == company]
    if not lines:
        return CommandRefusal.UNKNOWN_COMPANY
    mine = frozenset(served)
    ways = [
        (line, line.callback)
        for line in sorted(lines, key=lambda line: line.queue not in mine)
        if line.callback is not None
    ]
    if not ways:
        return CommandRefusal.NO_TRUNK
    for way in _to_service(policy, number, ways):
        return way
    verdict = judge(number, policy.callbacks.own_numbers, policy.callbacks.region)
    if verdict.refusal is not None or verdict.e164 is None:
        return _WHY[verdict.refusal or DialRefusal.INVALID]
    if verdict.e164 in policy.callbacks.do_not_call:
        return CommandRefusal.DO_NOT_CALL
    line, callback = ways[0]
    written = write_for_trunk(verdict.e164, callback.number_format)
    return Way(line, callback.trunk, callback.caller_id, verdict.e164, written, is_service=False)


def _to_service(
    policy: CentrePolicy, number: Phone, ways: Iterable[tuple[LinePolicy, LineCallback]]
) -> Iterator[Way]:
    for line, callback in ways:
        for trunk in callback.trunks:
            for one in policy.service_numbers:
                if one.trunk == trunk and _is_same(one.number, number, policy.callbacks.region):
                    yield Way(line, trunk, callback.caller_id, one.number, one.number, is_service=True)


def _is_same(one: Phone, other: Phone, region: str) -> bool:
    """However either is written; a short number is nothing but its digits."""
    if one == other:
        return True
    e164 = normalise(one, region)
    return e164 is not None and e164 == normalise(other, region)
