"""Metrics of the door that HTTP comes through: how many are there, and who was refused."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge

from callengine.http.door.limits import Refusal


class DoorMetrics:
    """All there from the start."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._refused = Counter(
            "callengine_http_refused",
            "Connections ended or not taken at the door of HTTP, by reason",
            ["reason"],
            registry=registry,
        )
        self._connections = Gauge(
            "callengine_http_connections", "Connections at the door of HTTP and inside", registry=registry
        )
        self._connections.set_function(lambda: 0)
        for reason in Refusal:
            self._refused.labels(reason)

    def refused(self, why: Refusal) -> None:
        """One more; this is all that is said of it."""
        self._refused.labels(why).inc()

    def watch(self, connections: Callable[[], float]) -> None:
        """Where the number of connections is read."""
        self._connections.set_function(connections)
