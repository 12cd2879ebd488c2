"""An event loop whose time leaps to the next timer: seconds of waiting cost nothing, and no load changes an order."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")


class _Leaping(selectors.DefaultSelector):
    leapt = 0.0

    def select(self, timeout: float | None = None) -> Any:
        self.leapt += timeout or 0.0
        return super().select(0)


class LeapingLoop(asyncio.SelectorEventLoop):
    """`time` is what the timers have waited together."""

    def __init__(self) -> None:
        self._leaping = _Leaping()
        super().__init__(self._leaping)

    def time(self) -> float:
        """Seconds since it began."""
        return float(self._leaping.leapt)


def run_leaping(work: Coroutine[Any, Any, _T]) -> _T:
    """As asyncio.run."""
    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        return runner.run(work)
