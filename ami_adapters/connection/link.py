"""The AMI link over time: connects, logs in, watches, and connects again with growing pauses."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from ami_adapters.connection.link_faults import ENDS_WITH_LOGIN, Trouble, Troubles
from ami_adapters.protocol import actions
from ami_adapters.protocol.actions import Action
from ami_adapters.protocol.ami_message import Message, instant_of
from ami_adapters.protocol.errors import AmiError, AuthFailed, NotConnected
from ami_adapters.protocol.log import Log
from ami_adapters.protocol.panoramisk_link import AmiManager, AmiProtocol
from ami_adapters.protocol.pending_actions import Response

SLOW_SECONDS = 1.0
UNANSWERED_PINGS = 4
"""So many in a row, though events come in: whoever should answer actions hangs."""


class Unheard(StrEnum):
    """Why something that the PBX told was lost: what we believe of its calls may be wrong until the next snapshot."""

    NOT_HANDLED = "not_handled"
    """Our own code failed on it."""
    TOO_LONG = "too_long"
    """More than a mebibyte without an end."""


class LinkState(StrEnum):
    """How the link is."""

    DISCONNECTED = "disconnected"
    CONNECTING = "connecting"
    AUTH_FAILED = "auth_failed"
    """Asterisk refused our login: an alert, and a slow retry, for Asterisk's own sake (trap 7)."""
    CONNECTED = "connected"
    """The login was accepted; FullyBooted is not waited for (trap 4)."""
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class PbxLogin:
    """Where and as whom to log in. The secret never shows itself."""

    host: str
    port: int
    username: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LinkTimes:
    """All in seconds. A half-open link is noticed after `keepalive` + `ping_deadline` (< 5 s)."""

    connect_deadline: float = 5.0
    action_deadline: float = 5.0
    keepalive: float = 2.0
    ping_deadline: float = 2.5
    first_pause: float = 0.25
    longest_pause: float = 10.0
    auth_failed_pause: float = 60.0


class LinkListener(Protocol):
    """Who is told, synchronously and in order."""

    def on_connected(self) -> None:
        """Logged in; events come from now on."""

    def on_disconnected(self) -> None:
        """The connection is gone."""

    def on_message(self, message: Message) -> None:
        """One event."""

    def on_clock_reading(self, pbx_time: datetime, read_at: datetime) -> None:
        """Asterisk's clock, and ours when we read it."""


class AmiLink:
    """One Asterisk's manager interface. Build and start it inside a running loop."""

    def __init__(
        self,
        login: PbxLogin,
        listener: LinkListener,
        *,
        now: Callable[[], datetime],
        log: Log,
        times: LinkTimes | None = None,
        tls: Any = None,
        jitter: random.Random | None = None,
        record: Callable[[bytes], None] | None = None,
        on_state: Callable[[LinkState], None] = lambda state: None,
        on_distorted: Callable[[], None] = lambda: None,
        on_unheard: Callable[[Unheard], None] = lambda why: None,
        troubles: Troubles | None = None,
    ) -> None:
        self._login = login
        self._listener = listener
        self._now = now
        self._log = log
        self._times = times or LinkTimes()
        self._jitter = jitter or random.Random()  # noqa: S311  # spreads reconnects, keeps no secret
        self._record = record
        self._on_state = on_state
        self._on_distorted = on_distorted
        self._on_unheard = on_unheard
        self._troubles = troubles or Troubles(log)
        self._manager = AmiManager(
            host=login.host, port=login.port, protocol_factory=self._make_protocol, ssl=tls
        )
        self._lost = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._online = False
        self.state = LinkState.DISCONNECTED
        self.epoch = 0
        """Number of the present connection, counted from 1 (trap 18)."""
        self._unanswered = 0
        self._has_distorted = False

    @property
    def messages_read(self) -> int:
        """Messages that came in on this connection."""
        protocol = self._manager.protocol
        return 0 if protocol is None else protocol.messages_read

    def start(self) -> None:
        """Connect, and stay connected until `close`."""
        self._task = asyncio.get_running_loop().create_task(self._supervise(), name="ami link")

    async def close(self) -> None:
        """Close for good: no reconnect follows, whatever was under way (trap 9)."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self._manager.close()
        self._go_offline()
        self._enter(LinkState.CLOSED)

    def send_nowait(self, action: Action) -> asyncio.Future[Response]:
        """Write an action now, in order; it is never sent again. Raises NotConnected, TooManyActions.

        The future gives the Response, or ConnectionLost or ActionTimeout, whose outcome is unknown.
        """
        if not self._online:
            raise NotConnected("the AMI link is down")
        return self._manager.send_action(action)

    async def send(self, action: Action) -> Response:
        """Write an action and wait for its answer. Raises AmiError."""
        return await self.send_nowait(action)

    def drop(self, reason: str) -> None:
        """Break the connection; it is made anew."""
        self._log.warning(
            "ami_connection_dropped", msg="the AMI connection was given up and is made again", reason=reason
        )
        self._manager.abort()

    def _make_protocol(self) -> AmiProtocol:
        return AmiProtocol(
            sink=self._listener.on_message,
            on_lost=self._on_lost,
            on_sink_error=self._on_sink_error,
            action_deadline_seconds=self._times.action_deadline,
            record=self._record,
            on_distorted=self._note_distorted,
            on_too_long=self._note_too_long,
        )

    async def _supervise(self) -> None:
        pause = self._times.first_pause
        while True:
            self._lost.clear()
            self._enter(LinkState.CONNECTING)
            try:
                await self._come_online()
                pause = self._times.first_pause
                await self._watch()
            except AuthFailed:
                self._log.error(
                    "ami_login_refused",
                    msg="check the user name and the secret",
                    username=self._login.username,
                )
                self._troubles.begin(Trouble.LOGIN_REFUSED)
                self._enter(LinkState.AUTH_FAILED)
                self._manager.abort()
                await asyncio.sleep(self._times.auth_failed_pause)
                continue
            except Exception as problem:  # trap 8: whatever it was, the next attempt may work
                self._log.warning(
                    "ami_connection_failed",
                    msg="no connection to AMI; tried again",
                    reason=type(problem).__name__,
                )
                self._troubles.begin(Trouble.UNREACHABLE, type(problem).__name__)
            finally:
                self._manager.abort()
                self._go_offline()
            if self.state is not LinkState.AUTH_FAILED:
                self._enter(LinkState.DISCONNECTED)
            await asyncio.sleep(pause * self._jitter.uniform(0.5, 1.0))
            pause = min(pause * 2, self._times.longest_pause)

    async def _come_online(self) -> None:
        async with asyncio.timeout(self._times.connect_deadline):
            await self._manager.connect()
            await self._log_in()
        self.epoch += 1
        self._unanswered = 0
        self._online = True
        self._troubles.end(*ENDS_WITH_LOGIN)
        self._log.info(
            "ami_connected",
            msg="logged in to AMI",
            host=self._login.host,
            port=self._login.port,
            epoch=self.epoch,
        )
        self._enter(LinkState.CONNECTED)
        self._listener.on_connected()

    async def _log_in(self) -> None:
        """By challenge: the secret itself is not sent (main/manager.c authenticate)."""
        answer = await self._manager.send_action(actions.challenge())
        text = answer.text("Challenge") + self._login.secret
        key = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        if not (await self._manager.send_action(actions.login(self._login.username, key))).success:
            raise AuthFailed("login refused")

    async def _watch(self) -> None:
        """Until the link is lost: after a silence ask for a sign of life, without one break it (trap 6)."""
        while not self._lost.is_set():
            try:
                async with asyncio.timeout(self._times.keepalive):
                    await self._lost.wait()
            except TimeoutError:
                await self._ask_for_life()

    async def _ask_for_life(self) -> None:
        asked_at = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self._times.ping_deadline):
                answer = await self._manager.send_action(actions.ping())
        except (TimeoutError, AmiError):
            self._unanswered += 1
            if not self._lost.is_set() and (self._is_silent() or self._unanswered >= UNANSWERED_PINGS):
                self._troubles.begin(Trouble.SILENT)
                self.drop("no answer to a ping")
                self._lost.set()
            elif not self._lost.is_set():
                self._troubles.begin(Trouble.SLOW, "a ping is unanswered, though events come in")
            return
        self._unanswered = 0
        self._judge_speed(asyncio.get_running_loop().time() - asked_at)
        pbx_time = instant_of(answer.text("Timestamp"))
        if pbx_time is not None:
            self._listener.on_clock_reading(pbx_time, self._now())

    def _judge_speed(self, seconds: float) -> None:
        if seconds > SLOW_SECONDS:
            self._troubles.begin(Trouble.SLOW, f"{seconds:.1f} s for the answer to a ping")
        elif seconds < SLOW_SECONDS / 2:
            self._troubles.end(Trouble.SLOW)

    def _is_silent(self) -> bool:
        """A flood may keep the answer back: while bytes come in the link is alive, though slow."""
        protocol = self._manager.protocol
        return protocol is None or protocol.quiet_seconds() >= self._times.ping_deadline

    def _on_lost(self, protocol: AmiProtocol, exc: Exception | None) -> None:
        if self._online and Trouble.SILENT not in self._troubles:
            self._troubles.begin(Trouble.CUT, "" if exc is None else type(exc).__name__)
        if protocol is self._manager.protocol or not self._online:
            self._manager.connection_lost(exc)
            self._lost.set()

    def _on_sink_error(self, problem: Exception) -> None:
        self._log.error(
            "ami_event_not_handled",
            msg="an AMI event met an error of the engine and was left out",
            reason=type(problem).__name__,
        )
        self._on_unheard(Unheard.NOT_HANDLED)

    def _note_too_long(self) -> None:
        self._log.error("ami_message_too_long", msg="an AMI message was too long to be read")
        self._on_unheard(Unheard.TOO_LONG)

    def _note_distorted(self) -> None:
        if not self._has_distorted:
            self._has_distorted = True  # One line: whoever calls so may call often.
            self._log.warning(
                "ami_message_distorted",
                msg="AMI messages are not listened to: a caller's number holds line ends",
            )
        self._on_distorted()

    def _go_offline(self) -> None:
        if self._online:
            self._online = False
            self._listener.on_disconnected()

    def _enter(self, state: LinkState) -> None:
        if state is not self.state:
            self.state = state
            self._on_state(state)
