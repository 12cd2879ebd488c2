"""A connection to the PBX that only asks: its events are nobody's business."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime

from ami_adapters.connection.link import AmiLink
from ami_adapters.protocol import actions
from ami_adapters.protocol.ami_message import Message, instant_of
from ami_adapters.protocol.errors import AmiError

_GOODBYE_SECONDS = 0.5


class Onlooker:
    """Listens to the link, and hears nothing."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def on_connected(self) -> None:
        """Nothing to do."""

    def on_disconnected(self) -> None:
        """Nothing to do."""

    def on_message(self, message: Message) -> None:
        """Nothing to do."""

    def on_clock_reading(self, pbx_time: datetime, read_at: datetime) -> None:
        """Nothing to do."""

    async def leave(self, link: AmiLink) -> None:
        """Be gone when this returns: whoever comes next is not to count us."""
        with contextlib.suppress(AmiError, TimeoutError):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await link.send(actions.logoff())
        await link.close()

    async def pbx_now(self, link: AmiLink) -> datetime:
        """Asterisk's clock; ours where it does not tell. Raises AmiError."""
        return instant_of((await link.send(actions.ping())).text("Timestamp")) or self._now()
