"""What the engine has to do with the desk, for Prometheus."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter

LOOKUPS: Final = ("one", "none", "several", "late", "away", "absent")
"""How a look for a caller's house ended: one house, none, several; too slow, not readable, no desk."""


class DeskMetrics:
    """Fed by whoever looks."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._lookups = Counter(
            "callengine_house_lookups",
            "Looks for the house of a caller in the desk's database, for the phone's display",
            ["result"],
            registry=registry,
        )
        for result in LOOKUPS:
            self._lookups.labels(result)

        self.wishes = Counter(
            "callengine_desk_wishes_read",
            "Wishes that the engine itself read in the desk's outbox, at its start or while no desk spoke to it",
            registry=registry,
        )

    def looked_up(self, result: str) -> None:
        """Once more."""
        self._lookups.labels(result).inc()
