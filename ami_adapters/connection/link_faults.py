"""What can be wrong with the AMI link: named, counted, told once when it begins and once when it ends."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from ami_adapters.protocol.log import Log


class Trouble(StrEnum):
    """By cause; several may hold at a time."""

    UNREACHABLE = "unreachable"
    """No connection can be made: Asterisk is down, or the network."""
    CUT = "cut"
    """A connection broke."""
    SILENT = "silent"
    """Half-open: connected, but nothing comes, not even the answer to a ping."""
    SLOW = "slow"
    """Answers take more than a second."""
    FLOOD = "flood"
    """More events than an engine of this size should have to read."""
    EVENTS_MISSING = "events_missing"
    """Beats did not come back: something that Asterisk told was lost, or the class `user` may not be read any more."""
    HANG_UPS_MISSING = "hang_ups_missing"
    """Calls are over, and nobody told us: events are lost, or the right to read the class `call` is gone."""
    LOGIN_REFUSED = "login_refused"
    """User name or secret."""
    PERMISSION = "permission"
    """Logged in, but not allowed to do what must be done."""


ENDS_WITH_LOGIN = (Trouble.UNREACHABLE, Trouble.CUT, Trouble.SILENT, Trouble.LOGIN_REFUSED)
"""These are over when a login succeeds."""


class Troubles:
    """Which hold now. `on_change` hears of each beginning (True) and end (False), once."""

    def __init__(
        self, log: Log, on_change: Callable[[Trouble, bool], None] = lambda trouble, began: None
    ) -> None:
        self._log = log
        self._on_change = on_change
        self._now: set[Trouble] = set()

    def __contains__(self, trouble: Trouble) -> bool:
        return trouble in self._now

    def begin(self, trouble: Trouble, detail: str = "") -> None:
        """It holds; nothing happens when that is known."""
        if trouble not in self._now:
            self._now.add(trouble)
            self._log.error(
                "ami_trouble_began",
                msg="something is wrong with the AMI link (docs/reliability.md has each cause)",
                cause=str(trouble),
                detail=detail,
            )
            self._on_change(trouble, True)

    def end(self, *troubles: Trouble) -> None:
        """They are over, those that held."""
        for trouble in troubles:
            if trouble in self._now:
                self._now.discard(trouble)
                self._log.info("ami_trouble_over", msg="this is right again", cause=str(trouble))
                self._on_change(trouble, False)
