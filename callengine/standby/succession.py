"""When whoever stands by may take charge of a PBX: not while somebody beats there, and not the moment he pauses. Pure.

Who beat while we looked may be restarting, or be overrun: he is waited for as long as the settings say. Whose name was
there already when we came, and never changed, is not waited for longer than the dialplan does.
"""

from __future__ import annotations

from ami_adapters.connection.owner import Heartbeat

UNCHANGED_SECONDS = 3.0
"""A heartbeat that nobody was seen to renew stands still at least for this long before it counts as left behind."""


class Succession:
    """`see` what stands on the PBX each second, then ask `may_take`. Moments are seconds of one clock."""

    def __init__(self, take_over_seconds: float) -> None:
        self._take_over_seconds = take_over_seconds
        self._seen: str | None = None
        self._changed_at = 0.0
        self._was_alive = False
        self._not_before = 0.0
        self.present: Heartbeat | None = None
        """What stood there last."""

    def wait_until(self, moment: float) -> None:
        """Not before this, whatever the PBX tells: the ledger is held."""
        self._not_before = max(self._not_before, moment)

    def see(self, heartbeat: Heartbeat, now: float) -> None:
        """What stands there now."""
        written = heartbeat.written()
        if written != self._seen:
            self._was_alive = self._was_alive or self._seen is not None
            self._seen, self._changed_at = written, now
        self.present = heartbeat

    def expect(self, heartbeat: Heartbeat) -> None:
        """We wrote this ourselves: nobody's sign of life."""
        self._seen = heartbeat.written()
        self.present = heartbeat

    def may_take(self, now: float, *, is_free: bool, is_certainly_free: bool) -> bool:
        """`is_free`: nobody beats there, or his last beat is stale."""
        if not is_free or now < self._not_before:
            return False
        if is_certainly_free and not self._was_alive:
            return True
        wait = self._take_over_seconds if self._was_alive else UNCHANGED_SECONDS
        return now - self._changed_at >= wait
