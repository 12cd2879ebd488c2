"""Metrics of the link to the PBX, of the engine's own lag, and of clocks."""

from __future__ import annotations

from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from ami_adapters.connection.link import Unheard
from ami_adapters.connection.link_faults import Trouble

_ZONE_STEP = timedelta(minutes=15)
_LAG_EDGES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


class LinkMetrics:
    """All there from the start."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"callengine_{name}", text, labels, registry=registry)

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"callengine_{name}", text, labels, registry=registry)

        self._trouble = gauge("ami_trouble", "1 while this is wrong with the AMI link", "cause")
        self._troubles = counter(
            "ami_troubles", "How often this began to be wrong with the AMI link", "cause"
        )
        self.lag = Histogram(
            "callengine_heartbeat_lag_seconds",
            "A beat from the engine's turn through Asterisk and back to its turn",
            buckets=_LAG_EDGES,
            registry=registry,
        )
        self.missing = counter("heartbeat_missing", "Beats that did not come back, though later ones did")
        self.repeated = counter("heartbeat_duplicates", "Beats that came back twice")
        self.distorted = counter(
            "ami_distorted_messages",
            "AMI messages not listened to: line ends in a caller's number broke them",
        )
        self._unheard = counter("ami_messages_lost", "AMI messages that were lost in the engine", "reason")
        self._behind_seconds = gauge("behind_seconds", "How far the engine is behind Asterisk now")
        self._behind = gauge("behind", "1 while the engine is too far behind to decide anything")
        self._fell_behind = counter("fell_behind", "How often the engine fell too far behind")
        self._backlog = gauge("event_backlog", "Events that wait for the engine's turn")
        self._shed = counter("shed", "What was not looked at under overload", "kind")
        self._shed_before = {"event": 0, "message": 0}
        self.pbx_restarts = counter("pbx_restarts", "Asterisk was started anew between two snapshots")
        self.pbx_clock_offset = gauge("pbx_clock_offset_seconds", "Asterisk's clock minus ours")
        self._steps = counter("clock_steps", "How often the machine's clock was set", "direction")
        self._pbx_started_at: datetime | None = None
        for trouble in Trouble:
            self._trouble.labels(trouble)
            self._troubles.labels(trouble)
        for reason in Unheard:
            self._unheard.labels(reason)
        for kind in (*self._shed_before, "screen"):
            self._shed.labels(kind)
        for direction in ("forward", "back"):
            self._steps.labels(direction)

    def trouble_changed(self, trouble: Trouble, began: bool) -> None:  # the signature of a callback
        """It began, or is over."""
        self._trouble.labels(trouble).set(began)
        if began:
            self._troubles.labels(trouble).inc()

    def note_unheard(self, why: Unheard) -> None:
        """Something that the PBX told was lost."""
        self._unheard.labels(why).inc()

    def fell_behind(self, is_behind: bool) -> None:  # a state, not a switch
        """Too far behind, or not any more."""
        self._behind.set(is_behind)
        if is_behind:
            self._fell_behind.inc()

    def show(self, lag_seconds: float, *, backlog: int, shed_events: int, shed_messages: int) -> None:
        """Once a second."""
        self._behind_seconds.set(lag_seconds)
        self._backlog.set(backlog)
        for kind, total in (("event", shed_events), ("message", shed_messages)):
            self._shed.labels(kind).inc(total - self._shed_before[kind])
            self._shed_before[kind] = total

    def note_pbx_start(self, started_at: datetime | None) -> None:
        """A snapshot tells since when Asterisk runs, by its own zone's clock: summer time moves that by quarters."""
        before, self._pbx_started_at = self._pbx_started_at, started_at or self._pbx_started_at
        if before is not None and started_at is not None and (started_at - before) % _ZONE_STEP:
            self.pbx_restarts.inc()

    def screen_refused(self) -> None:
        """A page or list was not made, for the calls' sake."""
        self._shed.labels("screen").inc()

    def clock_stepped(self, seconds: float) -> None:
        """Somebody set the machine's clock."""
        self._steps.labels("forward" if seconds > 0 else "back").inc()
