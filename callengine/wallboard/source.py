"""Where a board's numbers come from: one look at the engine's state, on its loop, and how old what it knows is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from callengine.realtime.figures import CentreFigures, QuarterHour
from callengine.wallboard.board import Links
from callengine.wallboard.scope import Part, Scope
from queues.live_state import CentreView
from queues.terms.identifiers import CompanyId, QueueName

_STRIP_LASTS = timedelta(seconds=5)


class Figures(Protocol):
    """Whose figures are shown: `callengine.realtime.statistics.RealtimeStatistics`."""

    def take(self, now: datetime) -> CentreFigures:
        """Everything at this moment."""

    def quarters(
        self, now: datetime, *, queue: QueueName | None = None, company: CompanyId | None = None
    ) -> tuple[QuarterHour, ...]:
        """The last 96 quarters of an hour."""


class BoardSource:
    """Where a board's numbers come from; everything here is cheap and is called on the engine's loop."""

    def __init__(
        self,
        figures: Figures,
        view: Callable[[], CentreView],
        links: Callable[[], Links],
        now: Callable[[], datetime],
    ) -> None:
        self._figures = figures
        self.view = view
        self.links = links
        self.now = now
        self._seen_at: datetime | None = None
        self._strips: dict[Scope, tuple[datetime, Sequence[QuarterHour]]] = {}

    def age(self, links: Links, now: datetime) -> timedelta:
        """How old what we know is: without the PBX it grows from the moment the link broke."""
        if links.pbx or self._seen_at is None:
            self._seen_at = now
        return now - self._seen_at

    def figures(self, now: datetime) -> CentreFigures:
        """Everything at this moment."""
        return self._figures.take(now)

    def quarters(self, scope: Scope, now: datetime) -> Sequence[QuarterHour]:
        """The strip's numbers; a day's picture need not be newer than a few seconds."""
        taken_at, strip = self._strips.get(scope, (None, ()))
        if taken_at is None or not timedelta(0) <= now - taken_at < _STRIP_LASTS:
            match scope.part:
                case Part.CENTRE:
                    strip = self._figures.quarters(now)
                case Part.COMPANY:
                    strip = self._figures.quarters(now, company=CompanyId(scope.id))
                case Part.QUEUE:
                    strip = self._figures.quarters(now, queue=QueueName(scope.id))
            self._strips[scope] = (now, strip)
        return strip
