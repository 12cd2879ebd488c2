"""What pages are told of the picture: each reader at his own pace, and no slow one in another's way."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from callengine.control.live_messages import Live
from callengine.desk.engine_link.picture import Picture

MOST_KEPT = 1_000
"""Messages that are kept for one reader; beyond it he is told the picture only."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a reader has not seen yet, in one piece."""

    picture: Picture | None
    """As it is now; None: the engine was never heard."""
    is_heard: bool
    """False: the engine is away, and the picture is what was last known."""
    what: tuple[Live, ...]
    """What happened since his last one, in order."""
    is_whole: bool
    """False: something is missing in `what` (he was slow, or the thread was lost): make everything anew."""


class Subscription:
    """`async for change in subscription`, inside `with`. It never ends by itself."""

    def __init__(
        self, look: Callable[[], tuple[Picture | None, bool]], leave: Callable[[Subscription], None]
    ) -> None:
        self._look = look
        self._leave = leave
        self._what: deque[Live] = deque()
        self._is_whole = False
        self._wake = asyncio.Event()
        self._wake.set()  # The first change is all there is.

    def __enter__(self) -> Subscription:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave(self)

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> Change:
        """Waits until there is something new, then gives all of it at once."""
        await self._wake.wait()
        self._wake.clear()
        picture, is_heard = self._look()
        what, self._what = tuple(self._what), deque()
        is_whole, self._is_whole = self._is_whole, True
        return Change(picture, is_heard, what if is_whole else (), is_whole)

    def tell(self, message: Live) -> None:
        """One thing more has happened. Never waits."""
        if len(self._what) >= MOST_KEPT:
            self.begin_anew()
        elif self._is_whole:
            self._what.append(message)
            self._wake.set()

    def begin_anew(self) -> None:
        """What was kept for him does not tell the picture any more."""
        self._what.clear()
        self._is_whole = False
        self._wake.set()

    def note(self) -> None:
        """Whether the engine is heard has changed."""
        self._wake.set()
