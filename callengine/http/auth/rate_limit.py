"""How often a wrong token may be tried."""

from __future__ import annotations

from collections import OrderedDict

TRIES = 10
WINDOW_SECONDS = 60.0
_ADDRESSES = 1000
"""Remembered at most: beyond these the oldest is forgotten, so that memory stays bounded."""


class Tries:
    """Counts wrong tokens by the address they came from. Times are seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def wait_seconds(self, address: str, now: float) -> float:
        """How long that address must wait; 0: it may try."""
        began, wrong = self._wrong.get(address, (now, 0))
        left = began + WINDOW_SECONDS - now
        return left if wrong >= TRIES and left > 0 else 0.0

    def note_wrong(self, address: str, now: float) -> None:
        """A wrong token came from there."""
        began, wrong = self._wrong.pop(address, (now, 0))
        if began + WINDOW_SECONDS <= now:
            began, wrong = now, 0
        self._wrong[address] = (began, wrong + 1)
        if len(self._wrong) > _ADDRESSES:
            self._wrong.popitem(last=False)
