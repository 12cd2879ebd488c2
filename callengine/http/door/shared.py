"""Something costly that many may ask for: made so often and no oftener, for all who wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from callengine.http.door.limits import Allowance

_T = TypeVar("_T")


class Shared(Generic[_T]):
    """Makes one at a time. Whoever asks gets one that was begun after he asked."""

    def __init__(
        self, make: Callable[[str], Awaitable[_T]], allowed: Allowance, now: Callable[[], float]
    ) -> None:
        self._make = make
        self._allowed = allowed
        self._now = now
        self._turns: dict[str, asyncio.Task[_T]] = {}
        """Not begun yet, by what is wanted."""
        self._one_at_a_time = asyncio.Lock()

    async def get(self, what: str) -> _T:
        """The next one of this kind."""
        turn = self._turns.get(what)
        if turn is None:
            turn = self._turns[what] = asyncio.get_running_loop().create_task(self._made(what))
        return await asyncio.shield(turn)  # Who goes away does not take it from the others.

    async def _made(self, what: str) -> _T:
        async with self._one_at_a_time:
            if not self._allowed.take(self._now()):
                await asyncio.sleep(self._allowed.wait_seconds)
                self._allowed.take(self._now())
            del self._turns[what]
            return await self._make(what)
