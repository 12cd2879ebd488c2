"""What is asked of Asterisk about its trunks, beside everything else: nothing waits for the answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Protocol

from ami_adapters.connection.trunks import TrunkWatch
from ami_adapters.protocol import actions
from ami_adapters.protocol.actions import Action
from ami_adapters.protocol.errors import AmiError
from ami_adapters.protocol.pending_actions import Response


class Asks(Protocol):
    """The AMI link, as far as it is needed here."""

    def send_nowait(self, action: Action) -> asyncio.Future[Response]:
        """Send it; the answer comes later."""


def ask(link: Asks, trunks: TrunkWatch) -> None:
    """Which registrations stand, and which of the settings' trunks are asked whether they are alive."""
    _then(link, actions.outbound_registrations(), lambda answer: trunks.read_registrations(answer.events))
    for trunk in trunks.names:
        _then(link, qualified_aors(trunk), partial(_ask_aor, link, trunks, trunk))


def qualified_aors(trunk: str) -> Action:
    """Under which addresses Asterisk finds a trunk, divided by commas."""
    return actions.getvar(f"PJSIP_ENDPOINT({trunk},aors)")


def qualify_seconds(aor: str) -> Action:
    """How often such an address is asked whether it is alive; 0: never. No value: func_pjsip_aor is not loaded."""
    return actions.getvar(f"PJSIP_AOR({aor},qualify_frequency)")


def is_qualified(answer: Response) -> bool:
    """Whether the answer to `qualify_seconds` says that it is asked at all."""
    value = answer.text("Value")
    return value.isascii() and value.isdigit() and int(value) > 0


def _ask_aor(link: Asks, trunks: TrunkWatch, trunk: str, answer: Response) -> None:
    aor = answer.text("Value").partition(",")[0].strip()
    trunks.note_qualified(trunk, qualified=False)
    if aor:
        _then(
            link,
            qualify_seconds(aor),
            lambda said: trunks.note_qualified(trunk, qualified=is_qualified(said)),
        )


def _then(link: Asks, action: Action, read: Callable[[Response], None]) -> None:
    def answered(future: asyncio.Future[Response]) -> None:
        if not future.cancelled() and future.exception() is None:
            read(future.result())

    try:
        link.send_nowait(action).add_done_callback(answered)
    except AmiError:
        # The link is gone: it is asked anew when it is back.
        return
