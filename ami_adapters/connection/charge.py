"""One engine at a time is in charge of a PBX: shown there, looked at with every beat, checked where commands leave.

The heartbeat carries its owner's name. Whoever finds another's there sends nothing more; whoever has not seen his own
for a while (he was frozen, or cut off) sends nothing before he has seen it again. Commands wait for no round trip:
all that is looked at when one leaves is how old the last sight of one's own name is.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

from ami_adapters.connection.owner import Heartbeat, Owner, read_heartbeat
from ami_adapters.protocol import actions
from ami_adapters.protocol import dialplan_names as names
from ami_adapters.protocol.actions import Action
from ami_adapters.protocol.errors import AmiError, NotInCharge
from ami_adapters.protocol.log import Log
from ami_adapters.protocol.pending_actions import Response

STALE_SECONDS: Final = 6.0
"""A heartbeat older than this is nobody's; as the dialplan's own limit (`callengine sample --stale-seconds`)."""
CONFIRM_SECONDS: Final = 3.0
"""So long a sight of one's own name lasts: less than anybody waits before he takes charge of a silent PBX."""
PROMPT_SECONDS: Final = 0.5
"""Upon an answer older than this nobody writes his name: somebody else may have meanwhile."""
SETTLE_SECONDS: Final = 1.5
"""Whoever looked before we wrote has written by then, and whoever is in charge (he looks each second) has answered."""
_SETTLE_STEP_SECONDS: Final = 0.1
_TRIES: Final = 10

CHANGES_NOTHING: Final = frozenset(
    {
        "CoreShowChannels",
        "CoreStatus",
        "DBGet",
        "DBGetTree",
        "DeviceStateList",
        "ExtensionState",
        "Getvar",
        "ListCommands",
        "PJSIPShowRegistrationsOutbound",
        "Ping",
        "QueueStatus",
        "ShowDialPlan",
        "Status",
        "UserEvent",
    }
)
"""What anybody may send; a UserEvent of ours is a beat that only its sender knows."""


class Link(Protocol):
    """What is needed of the AMI link."""

    def send_nowait(self, action: Action) -> asyncio.Future[Response]:
        """Write the action now; its answer, or AmiError, comes through the future."""

    def drop(self, reason: str) -> None:
        """Break the connection; the link reconnects by itself."""


def boot_clock() -> float:
    """Seconds that go on while the process is stopped or the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Charge:
    """Ours, or another's. `on_lost` hears once that another is in charge, with his name if he has one.

    `on_unconfirmed`: a command was kept back because our name has not been seen for too long.
    """

    def __init__(
        self,
        me: Owner,
        *,
        log: Log,
        is_gone: Callable[[Owner], bool],
        on_lost: Callable[[Heartbeat], None],
        on_unconfirmed: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = boot_clock,
    ) -> None:
        self.me = me
        self._log = log
        self._is_gone = is_gone
        self._on_lost = on_lost
        self.on_unconfirmed = on_unconfirmed
        self._clock = clock
        self._confirmed_at: float | None = None
        self.was_held = False
        """Whether it was ever ours."""
        self.is_lost = False
        self.kept_back = 0
        """Commands that were not sent because we were not certain to be in charge."""
        self.sessions = 0
        """How many are logged in under our AMI user, ourselves included, as of the last look."""

    def allows(self) -> bool:
        """Whether we have seen our own name a moment ago."""
        at = self._confirmed_at
        return at is not None and not self.is_lost and self._clock() - at < CONFIRM_SECONDS

    def doubt(self) -> None:
        """Look again before anything is sent: the machine slept, or the connection is a new one."""
        self._confirmed_at = None

    def guard(self, link: Link) -> Link:
        """The same link, by which nothing that changes the PBX goes out unless `allows`."""
        return _GuardedLink(link, self)

    def keep_back(self, action: Action) -> NotInCharge:
        """It is not sent; why."""
        self.kept_back += 1
        if self.was_held and not self.is_lost:
            self.on_unconfirmed()
        return NotInCharge(f"{action.name} is not sent: it is not certain that we are in charge of this PBX")

    async def take(self, link: Link, pbx_now: Callable[[], datetime]) -> None:
        """Show our name when nobody else is in charge. Raises NotInCharge, AmiError.

        Of several who start at once the one of the highest rank is in charge in the end, and the others know it.
        """
        self.doubt()
        for _ in range(_TRIES):
            asked_at = self._clock()
            seen = await self._look(link)
            if seen.owner is None or seen.owner.instance != self.me.instance:
                if await self._is_in_the_way(link, seen, pbx_now()):
                    self._lose(seen)
                    raise NotInCharge(f"{seen.told()} is in charge of this PBX")
                if self._clock() - asked_at > PROMPT_SECONDS:
                    continue
            asked_at = self._clock()
            shown = link.send_nowait(self._name_at(pbx_now()))
            looked, counted = link.send_nowait(_LOOK), link.send_nowait(_sessions_of(self.me.user))
            refused = None if (answer := await shown).success else answer.message
            seen, self.sessions = _seen(await looked), _number(await counted)
            if refused is not None:
                self._log.warning(
                    "heartbeat_refused",
                    msg="the heartbeat cannot be shown on the PBX: nothing is sent",
                    reason=refused,
                )
                return
            if self.sessions > 1 and self._is_mine(seen) and not self.was_held:
                # Somebody else is there. He may have looked before we wrote, and write now.
                await self._settle(link)
                asked_at = self._clock()
                seen = await self._look(link)
            if self._is_mine(seen):
                self.was_held = True
                self._confirmed_at = asked_at
                return
            if seen.owner is not None and seen.owner.rank > self.me.rank:
                self._lose(seen)
                raise NotInCharge(f"{seen.told()} is in charge of this PBX")
        raise NotInCharge("it could not be settled who is in charge of this PBX")

    async def _settle(self, link: Link) -> None:
        """Until nobody else is there, or whoever is has had time enough."""
        until = self._clock() + SETTLE_SECONDS
        while self.sessions > 1 and self._clock() < until:
            await asyncio.sleep(_SETTLE_STEP_SECONDS)
            self.sessions = _number(await link.send_nowait(_sessions_of(self.me.user)))

    def confirm(self, link: Link, pbx_now: Callable[[], datetime]) -> None:
        """Look at the name; once a second. The answer is acted upon when it comes."""
        if not self.was_held or self.is_lost:
            return
        asked_at = self._clock()
        try:
            future = link.send_nowait(_LOOK)
            sessions = link.send_nowait(_sessions_of(self.me.user))
        except AmiError:
            return
        future.add_done_callback(lambda answered: self._on_sight(answered, asked_at, link, pbx_now))
        sessions.add_done_callback(self._on_sessions)

    def beat(self, link: Link, pbx_now: datetime) -> asyncio.Future[Response] | None:
        """Write the time beside our name, if it is ours."""
        return self._write(link, self._name_at(pbx_now))

    def farewell(self, link: Link) -> asyncio.Future[Response] | None:
        """Tell the dialplan, and whoever waits, not to count on us now."""
        return self._write(link, _show(Heartbeat(0, self.me)))

    def _write(self, link: Link, action: Action) -> asyncio.Future[Response] | None:
        if not self.allows():
            return None
        try:
            future = link.send_nowait(action)
        except AmiError:
            return None
        future.add_done_callback(_retrieve)
        return future

    def _on_sight(
        self,
        answered: asyncio.Future[Response],
        asked_at: float,
        link: Link,
        pbx_now: Callable[[], datetime],
    ) -> None:
        if answered.cancelled() or answered.exception() is not None or not answered.result().success:
            return
        seen = _seen(answered.result())
        if self._is_mine(seen) or seen.is_of_nobody:
            # (Wiped by a reload of the dialplan: the next beat writes it anew.)
            self._confirmed_at = max(asked_at, self._confirmed_at or asked_at)
        elif seen.owner is not None and seen.owner.rank < self.me.rank:
            # Somebody who was in charge before us wrote late, or begins: he sees our name, and is silent.
            self._log.warning(
                "heartbeat_overwritten", msg="another engine wrote its name over ours", by=seen.told()
            )
            self.beat(link, pbx_now())
        else:
            self._lose(seen)

    def _on_sessions(self, answered: asyncio.Future[Response]) -> None:
        if not answered.cancelled() and answered.exception() is None:
            self.sessions = _number(answered.result())

    def _lose(self, seen: Heartbeat) -> None:
        if not self.is_lost:
            self.is_lost = True
            self._on_lost(seen)

    def _is_mine(self, seen: Heartbeat) -> bool:
        return seen.owner is not None and seen.owner.instance == self.me.instance

    def _name_at(self, pbx_now: datetime) -> Action:
        return _show(Heartbeat(int(pbx_now.timestamp()), self.me))

    async def _is_in_the_way(self, link: Link, seen: Heartbeat, pbx_now: datetime) -> bool:
        """Whether somebody else is in charge, or was after us."""
        if seen.is_of_nobody:
            return False
        if self.was_held and seen.owner is not None:
            return seen.owner.rank > self.me.rank
        if is_stale(seen, pbx_now):
            return False
        return not await is_certainly_free(link, seen, user=self.me.user, is_gone=self._is_gone)

    async def _look(self, link: Link) -> Heartbeat:
        return _seen(await link.send_nowait(_LOOK))


def is_stale(seen: Heartbeat, pbx_now: datetime) -> bool:
    """Whether the dialplan counts on nobody."""
    return pbx_now.timestamp() - seen.seconds > STALE_SECONDS


async def is_certainly_free(
    link: Link, seen: Heartbeat, *, user: str, is_gone: Callable[[Owner], bool]
) -> bool:
    """Whether nobody can be behind this heartbeat: he said goodbye, his process ended, or he has no connection.

    `user` is as whom we ourselves are logged in. Raises AmiError.
    """
    if not seen.seconds or (seen.owner is not None and is_gone(seen.owner)):
        return True
    return not await others_of(link, seen, user)


async def others_of(link: Link, seen: Heartbeat, user: str) -> int:
    """How many, beside ourselves, are logged in as its owner is. Raises AmiError."""
    his = user if seen.owner is None else seen.owner.user
    answer = await link.send_nowait(_sessions_of(his))
    return max(0, _number(answer, 1 + (his == user)) - (his == user))


async def look(link: Link) -> Heartbeat:
    """What stands on the PBX. Raises AmiError."""
    return _seen(await link.send_nowait(_LOOK))


async def mark_dead(link: Link, owner: Owner) -> Heartbeat:
    """Have the dialplan serve callers without waiting: the heartbeat's owner has no connection any more.

    While we are logged in ourselves the dialplan cannot see that. Raises AmiError.
    """
    dead = Heartbeat(0, owner)
    await link.send_nowait(_show(dead))
    return dead


class _GuardedLink:
    def __init__(self, link: Link, charge: Charge) -> None:
        self._link = link
        self._charge = charge

    def send_nowait(self, action: Action) -> asyncio.Future[Response]:
        if action.name not in CHANGES_NOTHING and not self._charge.allows():
            raise self._charge.keep_back(action)
        return self._link.send_nowait(action)

    def drop(self, reason: str) -> None:
        self._link.drop(reason)


_LOOK: Final = actions.getvar(names.HEARTBEAT_VARIABLE)


def _show(heartbeat: Heartbeat) -> Action:
    return actions.setvar(names.HEARTBEAT_VARIABLE, heartbeat.written())


def _sessions_of(user: str) -> Action:
    return actions.getvar(f"AMI_CLIENT({user},sessions)")


def _seen(answer: Response) -> Heartbeat:
    return read_heartbeat(answer.text("Value"))


def _number(answer: Response, otherwise: int = 0) -> int:
    text = answer.text("Value")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise


def _retrieve(future: asyncio.Future[Response]) -> None:
    if not future.cancelled():
        future.exception()
