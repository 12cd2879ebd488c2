"""The sums of the figures, made again from the calls they are of: what was added step by step must come to the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from callengine.realtime.figures import WINDOWS, CentreFigures
from callengine.realtime.seed import CountedCall
from callengine.realtime.windows import HOUR, ScopeName, Sums, scopes_of
from queues.terms.identifiers import QueueName
from sla.call_facts import Promise, contributions, waiting
from sla.quarters import QUARTER


@dataclass(frozen=True, slots=True)
class Shown:
    """The figures of one moment, and the calls that are in them at that moment."""

    figures: CentreFigures
    midnight: datetime
    calls: tuple[CountedCall, ...]
    promises: Mapping[QueueName, Promise]

    def again(self) -> dict[tuple[ScopeName, str], Sums]:
        """By scope and window; in a thread, for it looks at every call of the day."""
        found: dict[tuple[ScopeName, str], Sums] = {}
        at = self.figures.at
        for window, start in zip(WINDOWS, (self.midnight, at - HOUR, at - QUARTER), strict=True):
            inside = [call for call in self.calls if call.facts.arrived_at >= start]
            for scope, sums in summed(inside, self.promises).items():
                found[scope, window] = sums
            for call in inside:
                if call.facts.waits:
                    promise = self.promises.get(call.queue, Promise())
                    more = waiting(call.facts, promise, at, self.figures.unknown_since)
                    for scope in scopes_of(call):
                        _add(found[scope, window], more)
        return found


def summed(calls: Iterable[CountedCall], promises: Mapping[QueueName, Promise]) -> dict[ScopeName, Sums]:
    """The sums of every scope that one of these calls is in."""
    found: dict[ScopeName, Sums] = {}
    for call in calls:
        added = contributions(call.facts, promises.get(call.queue, Promise()))
        for scope in scopes_of(call):
            _add(found.setdefault(scope, {}), added)
    return found


def _add(sums: Sums, added: Sums) -> None:
    for measure, amount in added.items():
        sums[measure] = sums.get(measure, 0) + amount
