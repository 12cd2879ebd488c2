"""How often somebody may be wrong at a door: the first times at once, then each try later. Pure: no clock.

By account, so that many machines cannot try one account faster than one; and by address, so that one machine cannot
try a word at many accounts. Nobody is ever locked out: the longest wait is LONGEST_SECONDS, and each minute without a
wrong try forgives one.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

OF_ACCOUNT, OF_ADDRESS = 5, 20
"""Wrong tries without a wait. A whole centre may stand behind one address."""
LONGEST_SECONDS = 60.0
FORGIVEN_SECONDS = 60.0
MOST_KEYS = 20_000
"""Remembered at most: beyond these who was wrong longest ago is forgotten, so that memory stays bounded."""


@dataclass(slots=True)
class _Wrong:
    count: float
    at: float
    """Seconds of one monotonic clock."""


class Slowing:
    """Counts wrong tries by key. Moments are seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[str, _Wrong] = OrderedDict()

    def wait_seconds(self, account: str, address: str, now: float) -> float:
        """How long that account and that address must wait; 0: they may try. Empty: none is meant."""
        return max(
            self._wait(f"account {account}", OF_ACCOUNT, now) if account else 0.0,
            self._wait(f"address {address}", OF_ADDRESS, now) if address else 0.0,
        )

    def note_wrong(self, account: str, address: str, now: float) -> None:
        """That was wrong."""
        for key in [f"account {account}"] * bool(account) + [f"address {address}"] * bool(address):
            count = self._count(key, now)
            self._wrong.pop(key, None)
            self._wrong[key] = _Wrong(count + 1, now)
            if len(self._wrong) > MOST_KEYS:
                self._wrong.popitem(last=False)

    def note_right(self, account: str, address: str) -> None:
        """Its owner is in: the account begins anew; the address is forgiven this one try only."""
        self._wrong.pop(f"account {account}", None)
        if known := self._wrong.get(f"address {address}"):
            known.count -= 1

    def _count(self, key: str, now: float) -> float:
        known = self._wrong.get(key)
        return 0.0 if known is None else max(0.0, known.count - (now - known.at) / FORGIVEN_SECONDS)

    def _wait(self, key: str, free: int, now: float) -> float:
        known = self._wrong.get(key)
        if known is None or known.count < free:
            return 0.0
        wait: float = min(2.0 ** min(known.count - free, 10.0), LONGEST_SECONDS)
        return max(0.0, known.at + wait - now)
