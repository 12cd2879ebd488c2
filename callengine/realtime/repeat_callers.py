"""Who calls again: the same number to the same company within the hour. Whole numbers stay in here, in memory."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta

from queues.terms.identifiers import CallId, CompanyId
from queues.terms.phone import Phone

REPEAT_WITHIN = timedelta(hours=1)
_Key = tuple[str, str]


class RepeatCalls:
    """Told of arrivals in any order, it says which calls are repeats; O(log n) each, and forgets after two hours.

    Who withheld his number is never known to repeat.
    """

    def __init__(self) -> None:
        self._arrivals: dict[_Key, list[tuple[datetime, CallId]]] = {}
        self._in_order: deque[tuple[datetime, _Key]] = deque()

    def arrived(self, call: CallId, company: CompanyId, number: Phone, at: datetime) -> Iterator[CallId]:
        """The calls that this arrival makes repeats: itself, or a later one that was told before it."""
        if number.is_withheld:
            return
        key = (company, number.whole)
        self._forget_before(at - 2 * REPEAT_WITHIN)
        known = self._arrivals.setdefault(key, [])
        index = bisect_left(known, (at, call))
        if index > 0 and at - known[index - 1][0] <= REPEAT_WITHIN:
            yield call
        if index < len(known) and known[index][0] - at <= REPEAT_WITHIN:
            yield known[index][1]
        known.insert(index, (at, call))
        self._in_order.append((at, key))

    def _forget_before(self, moment: datetime) -> None:
        while self._in_order and self._in_order[0][0] < moment:
            at, key = self._in_order.popleft()
            known = self._arrivals[key]
            known.remove(next(one for one in known if one[0] == at))
            if not known:
                del self._arrivals[key]
