"""When nobody saw what happened at the PBX: the link was down, or no engine ran."""

from __future__ import annotations

from datetime import datetime, timedelta

from sla.unknown import Gap, unknown_within

_KEPT_FOR = timedelta(hours=49)


class GapLog:
    """Gaps of the last two days, and the one that is open. It begins blind: an engine must look first."""

    def __init__(self) -> None:
        self._gaps: list[Gap] = []
        self.blind_since: datetime | None = None

    @property
    def over(self) -> tuple[Gap, ...]:
        """The gaps that have an end."""
        return tuple(self._gaps)

    def lost(self, at: datetime) -> None:
        """From here on nobody sees anything."""
        if self.blind_since is None:
            self.blind_since = at

    def restored(self, at: datetime) -> Gap | None:
        """A whole look was taken; the gap that it ends."""
        if self.blind_since is None:
            return None
        gap = Gap(self.blind_since, max(at, self.blind_since))
        self.blind_since = None
        self._gaps = [one for one in self._gaps if at - one.end < _KEPT_FOR]
        self._gaps.append(gap)
        return gap

    def unknown(self, start: datetime, end: datetime) -> timedelta:
        """How much of an interval nobody saw."""
        gaps = list(self._gaps)
        if self.blind_since is not None and self.blind_since < end:
            gaps.append(Gap(self.blind_since, end))
        return unknown_within(gaps, start, end)

    def open_within(self, start: datetime, end: datetime) -> timedelta:
        """How much of an interval lies in the gap that is open."""
        if self.blind_since is None or self.blind_since >= end:
            return timedelta(0)
        return Gap(self.blind_since, end).within(start, end)
