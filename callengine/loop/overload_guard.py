"""Whether the engine keeps up: it beats while it does, falls silent when it is behind, and comes back by a snapshot.

A beat asked for now goes through the engine's own turn, the wire, Asterisk, the wire and the engine's turn again.
While that takes more than two seconds the engine would decide on what is no longer so: it tells the dialplan nothing,
which then hands residents to the fallback queue, gives up what it has not looked at, and asks what is so when a beat
comes back quickly again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ami_adapters.connection.echo_sequence import Pulse
from ami_adapters.connection.link_faults import Trouble, Troubles
from callengine.loop.engine_loop import Engine
from callengine.metrics.link import LinkMetrics
from callengine.platform.logs import Log

TICK_SECONDS = 1.0
BEHIND_SECONDS = 2.0
CAUGHT_UP_SECONDS = 1.0
FLOOD_PER_SECOND = 5_000
"""AMI messages in a second. What this takes: docs/reliability.md."""


class Board(Protocol):
    """What is needed of the connection."""

    shed_messages: int

    @property
    def is_synced(self) -> bool:
        """Whether the PBX's state is known."""

    @property
    def connection(self) -> int:
        """Number of the present connection; 0 while there is none."""

    def beat(self) -> None:
        """Tell the dialplan that we are alive."""

    def stop_beating(self) -> object:
        """Tell the dialplan not to count on us."""

    def send_pulse(self, count: int) -> bool:
        """Send a number through the PBX."""

    def go_deaf(self) -> None:
        """Look at nothing until `resync`."""

    def resync(self) -> None:
        """Ask what is so."""


class OverloadGuard:
    """`tick` once a second, outside the engine's turn; `returned` whenever a beat is back."""

    def __init__(
        self,
        engine: Engine,
        board: Board,
        troubles: Troubles,
        metrics: LinkMetrics,
        log: Log,
        *,
        monotonic: Callable[[], float],
        messages_read: Callable[[], int],
    ) -> None:
        self._engine = engine
        self._board = board
        self._troubles = troubles
        self._metrics = metrics
        self._log = log
        self._monotonic = monotonic
        self._messages_read = messages_read
        self._read_before = 0
        self._pulse = Pulse()
        self._connection = 0
        self._expected_at = monotonic() + TICK_SECONDS
        self.is_behind = False
        self._fell_behind_on = 0
        """The connection that is looked at no more until `_catch_up`; a newer one hears again by itself."""

    def tick(self) -> None:
        """Judge, then ask for the next beat."""
        now = self._monotonic()
        if self._board.connection != self._connection:
            self._connection = self._board.connection
            self._pulse.begin_anew()
            if self._fell_behind_on != self._connection:
                self._catch_up_quietly()  # A new connection asks what is so by itself.
        # A loop that stood still has heard nothing meanwhile either.
        lag = max(self._pulse.lag_seconds(now), now - self._expected_at)
        self._expected_at = now + TICK_SECONDS
        self._judge_flood()
        if self._connection:
            if not self.is_behind and (lag > BEHIND_SECONDS or self._engine.overflowed):
                self.fall_behind(f"{lag:.1f} s behind")
            elif self.is_behind and lag < CAUGHT_UP_SECONDS and not self._engine.overflowed:
                self._catch_up()
        self._metrics.show(
            lag,
            backlog=self._engine.backlog,
            shed_events=self._engine.shed_events,
            shed_messages=self._board.shed_messages,
        )
        self._ask_for_beat(now)

    def returned(self, count: int) -> None:
        """The PBX gave a beat back; its lag is taken when its turn has come."""
        self._engine.in_turn(lambda: self._count(count))

    def fall_behind(self, reason: str) -> None:
        """What we know is old: say so, decide nothing, and let the dialplan fail open."""
        if self.is_behind or not self._board.connection:
            return
        self.is_behind = True
        self._fell_behind_on = self._board.connection
        self._metrics.fell_behind(self.is_behind)
        backlog = self._engine.backlog
        self._engine.shed()
        self._board.go_deaf()
        self._board.stop_beating()
        self._log.error(
            "engine_behind",
            msg="the engine decides nothing: callers go to the fallback queue",
            reason=reason,
            backlog=backlog,
        )

    def sheds_screens(self) -> bool:
        """Whether a page or list is not made now, for the calls' sake; counted."""
        if self.is_behind:
            self._metrics.screen_refused()
        return self.is_behind

    def clock_jumped(self, seconds: float) -> None:
        """The machine slept, or its clock was set far ahead: what happened meanwhile nobody told us."""
        if seconds > BEHIND_SECONDS and self._board.is_synced:
            self._log.warning(
                "clock_jump_resync",
                msg="the clock jumped: the PBX is asked again what happens there",
                seconds=round(seconds, 1),
            )
            self._board.resync()

    def _count(self, count: int) -> None:
        back = self._pulse.returned(count, self._monotonic())
        if back.is_repetition:
            self._metrics.repeated.inc()
            return
        self._metrics.lag.observe(back.lag_seconds)
        if not back.missing:
            self._troubles.end(Trouble.EVENTS_MISSING)
            return
        self._metrics.missing.inc(back.missing)
        self._troubles.begin(Trouble.EVENTS_MISSING, f"{back.missing} beats did not come back")
        if self._board.is_synced:
            self._board.resync()

    def _ask_for_beat(self, now: float) -> None:
        count = self._pulse.beat(now) if self._connection else 0
        self._engine.in_turn(lambda: self._beat(count))

    def _beat(self, count: int) -> None:
        if count:
            self._board.send_pulse(count)
        if self._board.is_synced and not self.is_behind:
            self._board.beat()

    def _catch_up(self) -> None:
        self._catch_up_quietly()
        self._log.info(
            "engine_caught_up", msg="the PBX is asked what happens there, then the engine decides again"
        )
        self._board.resync()

    def _catch_up_quietly(self) -> None:
        if self.is_behind:
            self.is_behind = False
            self._metrics.fell_behind(self.is_behind)

    def _judge_flood(self) -> None:
        read = self._messages_read()
        rate, self._read_before = read - self._read_before, read
        if rate > FLOOD_PER_SECOND:
            self._troubles.begin(Trouble.FLOOD, f"{rate} messages in a second")
        elif rate < FLOOD_PER_SECOND / 2:
            self._troubles.end(Trouble.FLOOD)
