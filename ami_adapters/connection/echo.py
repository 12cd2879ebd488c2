"""Our numbered beats on one connection: sent as an event of our own, known again when Asterisk tells it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import Protocol

from ami_adapters.connection.link_faults import Trouble, Troubles
from ami_adapters.protocol import actions
from ami_adapters.protocol import dialplan_names as names
from ami_adapters.protocol.actions import Action
from ami_adapters.protocol.ami_message import Message
from ami_adapters.protocol.errors import AmiError, NotConnected
from ami_adapters.protocol.pending_actions import Response


class BeatLink(Protocol):
    """What is needed of the link."""

    def send_nowait(self, action: Action) -> asyncio.Future[Response]:
        """Write the action now."""


class NoLink:
    """Before there is a link."""

    def send_nowait(self, action: Action) -> asyncio.Future[Response]:
        """Nothing can be sent yet."""
        raise NotConnected(f"{action.name}: there is no link yet")

    def drop(self, reason: str) -> None:
        """Nothing to drop."""


class Beats:
    """`hear` gives a beat's number to `on_beat`; another engine's beats are its own business."""

    def __init__(self, troubles: Troubles, on_beat: Callable[[int], None]) -> None:
        self._troubles = troubles
        self._on_beat = on_beat
        self._of = secrets.token_hex(4)

    def begin_anew(self) -> None:
        """A new connection: what comes late of the old one is not ours any more."""
        self._of = secrets.token_hex(4)

    def send(self, link: BeatLink, count: int) -> bool:
        """Have Asterisk tell everybody this number; whether it went out."""
        headers = (("Of", self._of), ("Count", str(count)))
        try:
            future = link.send_nowait(actions.user_event(names.EVENT_BEAT, headers))
        except AmiError:
            return False
        future.add_done_callback(self.note_permission)
        return True

    def hear(self, message: Message) -> bool:
        """Whether the message is a beat, ours or not."""
        if message.get("UserEvent") != names.EVENT_BEAT:
            return False
        count = message.get("Count")
        if message.get("Of") == self._of and count.isascii() and count.isdigit() and len(count) < 16:
            self._on_beat(int(count))
        return True

    def note_permission(self, future: asyncio.Future[Response]) -> None:
        """An answer tells whether we may do what we did."""
        if future.cancelled() or future.exception() is not None:
            return
        answer = future.result()
        if answer.success:
            self._troubles.end(Trouble.PERMISSION)
        elif "ermission denied" in answer.message:
            self._troubles.begin(Trouble.PERMISSION, answer.message)
