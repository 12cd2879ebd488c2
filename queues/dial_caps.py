"""How often was dialled lately: the caps that bound the harm of any mistake. O(1) for each dial."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from datetime import datetime, timedelta

from queues.personal_data import Phone
from queues.phone_numbers import DialRefusal
from queues.policy import CallbackPolicy
from queues.snapshot import DialledNumber

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


class DialCaps:
    """The dials of the last day by number, and those of the last hour together."""

    def __init__(self) -> None:
        self._day: deque[DialledNumber] = deque()
        self._hour: deque[datetime] = deque()
        self._of_number: Counter[Phone] = Counter()

    def restore(self, dials: Iterable[DialledNumber]) -> None:
        """Take up what earlier runs dialled; before the first `add`."""
        for dial in sorted(dials, key=lambda dial: dial.at):
            self.add(dial.e164, dial.at)

    def add(self, e164: Phone, at: datetime) -> None:
        """One more dial."""
        self._day.append(DialledNumber(e164, at))
        self._hour.append(at)
        self._of_number[e164] += 1

    def reached(self, e164: Phone | None, policy: CallbackPolicy, now: datetime) -> DialRefusal | None:
        """Which cap one more dial of this number would pass."""
        self._forget(now)
        if e164 is not None and self._of_number[e164] >= policy.max_per_number_and_day:
            return DialRefusal.CAP_PER_NUMBER
        return DialRefusal.CAP_PER_HOUR if len(self._hour) >= policy.max_per_hour else None

    def _forget(self, now: datetime) -> None:
        while self._day and self._day[0].at <= now - _DAY:
            old = self._day.popleft().e164
            self._of_number[old] -= 1
            if not self._of_number[old]:
                del self._of_number[old]
        while self._hour and self._hour[0] <= now - _HOUR:
            self._hour.popleft()
