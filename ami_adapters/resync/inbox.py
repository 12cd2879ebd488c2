"""The inbox in AstDB, asked for in pages, so that neither Asterisk nor we hold up live calls for it.

AstDB has no cursor; but DBGetTree takes its key as an SQL LIKE pattern, and ids of channels end in a serial number:
its last digits cut the inbox into about equal pages. What none of them showed is looked for at the end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ami_adapters.protocol import actions
from ami_adapters.protocol import dialplan_names as names
from ami_adapters.protocol.actions import Action
from ami_adapters.protocol.ami_message import Message
from ami_adapters.protocol.log import Log
from ami_adapters.protocol.pending_actions import Response
from ami_adapters.resync.snapshot import InboxEntry, read_inbox_entry
from queues.messages.events import EndedCall, InboxRead
from queues.terms.identifiers import AgentId, Endpoint

PAGE = 200
"""Entries at most, where the serial numbers are evenly spread."""
_FAMILY = f"{names.ASTDB_FAMILY}/inbox"
LOOK_AGAIN_SECONDS = 1.0
_SHOWN_KEYS, _SHOWN_KEY = 5, 60


class Sender(Protocol):
    """The AMI link."""

    def send_nowait(self, action: Action) -> asyncio.Future[Response]:
        """Write the action now; its answer, or AmiError, comes through the future."""


@dataclass(slots=True)
class InboxReader:
    """Reads the whole inbox once. `told` returns when the engine has handled what it was given."""

    link: Sender
    tell: Callable[[InboxRead], None]
    told: Callable[[], Awaitable[None]]
    pbx_now: Callable[[], datetime]
    began_at: datetime
    """When the live channels were listed; whoever arrived later is told by events."""
    pbx_started_at: datetime | None
    agents: Mapping[Endpoint, AgentId]
    entries: int = 0
    leftovers: list[str] = field(default_factory=list)
    """Keys of entries that are damaged or not ours: they stay where they are."""
    _seen: set[str] = field(default_factory=set)
    _undecided: list[InboxEntry] = field(default_factory=list)

    async def read(self) -> None:
        """Tell every page and then that it was the last. Raises AmiError."""
        count = await self._count()
        for pattern in _pages(count):
            await self._tell_page(pattern)
        if len(self._seen) < count:
            # Keys without a serial number at their end, which are not ours.
            await self._tell_page("%")
        last = await self._decide() if self._undecided else ()
        self.tell(InboxRead(self.pbx_now(), last, is_last=True))
        await self.told()

    def report(self, log: Log) -> int:
        """Say how many entries there were, and how many of them nobody understands; those are never erased."""
        if self.leftovers:
            # Somebody must look. Of what is ours a key holds no number.
            shown = [key[:_SHOWN_KEY] for key in self.leftovers[:_SHOWN_KEYS]]
            log.warning(
                "inbox_entries_not_understood",
                msg="entries of AstDB callengine/… are damaged or not ours",
                count=len(self.leftovers),
                keys=shown,
            )
        log.info("inbox_read", msg="calls that ended while nobody looked are known", entries=self.entries)
        return len(self.leftovers)

    async def _count(self) -> int:
        answer = await self.link.send_nowait(actions.getvar(f"DB_KEYCOUNT({_FAMILY})"))
        text = answer.text("Value")
        return int(text) if text.isascii() and text.isdigit() else 0

    async def _tell_page(self, pattern: str) -> None:
        ended: list[EndedCall] = []
        for message in await self._ask(pattern):
            key = message.text("Key")
            if key in self._seen:
                continue
            self._seen.add(key)
            self.entries += 1
            entry = read_inbox_entry(key, message.text("Val"), self.agents)
            if entry is None:
                self.leftovers.append(key)
            elif entry.ended_at is not None or self._was_cut(entry):
                ended.append(entry.as_ended())
            elif entry.arrived_at <= self.began_at:
                self._undecided.append(entry)
        for start in range(0, len(ended), PAGE):
            self.tell(InboxRead(self.pbx_now(), tuple(ended[start : start + PAGE]), is_last=False))
            await self.told()

    async def _ask(self, pattern: str) -> list[Message]:
        answer = await self.link.send_nowait(actions.db_get_tree(_FAMILY, pattern))
        return [message for message in answer.events if message.name == "DBGetTreeResponse"]

    def _was_cut(self, entry: InboxEntry) -> bool:
        """Asterisk was started after he called, so his call ended with it."""
        return self.pbx_started_at is not None and entry.arrived_at < self.pbx_started_at

    async def _decide(self) -> tuple[EndedCall, ...]:
        """Who has no end in the inbox is on the line, or was just about to announce himself: look again."""
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
        status = await self.link.send_nowait(actions.status())
        alive = {message.text("Uniqueid") for message in status.events}
        ended = []
        for entry in self._undecided:
            if entry.call in alive:
                continue
            for message in await self._ask(entry.call):
                now = read_inbox_entry(message.text("Key"), message.text("Val"), self.agents)
                if now is not None:
                    ended.append(now.as_ended())
        return tuple(ended)


def _pages(count: int) -> Iterator[str]:
    digits = 0
    while count > PAGE * 10**digits:
        digits += 1
    if digits == 0:
        yield "%"
        return
    for short in range(1, digits):
        yield from (f"%.{number}" for number in range(10 ** (short - 1) if short > 1 else 0, 10**short))
    yield from (f"%{number:0{digits}}" for number in range(10**digits))
