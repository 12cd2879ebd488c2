"""How often did a resident's telephone ring lately: the caps that bound the harm of any mistake.

A cap protects the person whose telephone rings. What never reached one (an agent who declined, a trunk that failed)
uses up nothing; a dial in flight may ring yet, and holds its place until it ends.
"""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from queues.messages.snapshot import DialledNumber
from queues.policy import CallbackPolicy
from queues.terms.phone import Phone
from queues.terms.phone_numbers import DialRefusal

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class CapReached:
    """One more dial would pass this cap."""

    cap: DialRefusal
    until: datetime | None
    """When a ring of long ago counts no more; None: as soon as one of the dials in flight ends without ringing."""


class DialCaps:
    """The rings of the last day by number, and those of the last hour together, each in order of time."""

    def __init__(self) -> None:
        self._of_number: defaultdict[Phone, list[datetime]] = defaultdict(list)
        self._hour: list[datetime] = []
        self._sweep_at = datetime.min.replace(tzinfo=UTC)

    def restore(self, rings: Iterable[DialledNumber]) -> None:
        """Take up what earlier runs rang."""
        for ring in rings:
            self.rang(ring.e164, ring.at)

    def rang(self, e164: Phone, at: datetime) -> None:
        """A dial that was made at this moment rang, or may have."""
        insort(self._of_number[e164], at)
        insort(self._hour, at)

    def reached(
        self, e164: Phone, policy: CallbackPolicy, now: datetime, in_flight: int = 0
    ) -> CapReached | None:
        """Which cap one more dial of this number would pass; `in_flight` dials, none of them his, may ring yet."""
        self._forget(now)
        his = [at for at in self._of_number.get(e164, ()) if at > now - _DAY]
        if len(his) >= policy.max_per_number_and_day:
            return CapReached(DialRefusal.CAP_PER_NUMBER, his[-policy.max_per_number_and_day] + _DAY)
        if len(self._hour) >= policy.max_per_hour:
            return CapReached(DialRefusal.CAP_PER_HOUR, self._hour[-policy.max_per_hour] + _HOUR)
        if len(self._hour) + in_flight >= policy.max_per_hour:
            return CapReached(DialRefusal.CAP_PER_HOUR, None)
        return None

    def _forget(self, now: datetime) -> None:
        """What counts no more; of the numbers once an hour, so that a dial does not look at all of them."""
        while self._hour and self._hour[0] <= now - _HOUR:
            self._hour.pop(0)
        if now < self._sweep_at:
            return
        self._sweep_at = now + _HOUR
        for e164 in [one for one, rings in self._of_number.items() if rings[-1] <= now - _DAY]:
            del self._of_number[e164]
