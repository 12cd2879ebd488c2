"""The 24-hour strip as numbers of a picture: what came per quarter hour, how the last hour was answered, the goal.

One unit is a tenth of the board's own on a screen of 16:9, so that text in it is as large as everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from callengine.realtime.figures import QuarterHour
from sla.figures import Figures
from sla.service_level import ServiceLevel

WIDTH, HEIGHT = 660, 200
PLOT_TOP, PLOT_BOTTOM = 8, 146
PLOT_RIGHT = 556
"""Right of it stands the goal's label."""
_HOUR_MARKS = 6
_HALF_LABEL = 60
"""An hour's label is so wide on each side of its mark."""
_BARS_UP_TO = 0.72
"""Of the plot's height: above them runs the line of the service level."""
_SHORTEST_LINE = 4
_HOUR = 4
"""Quarter hours of the rolling hour that the line shows."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Calls of one quarter hour."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Strip:
    """Everything that is drawn, and the numbers for those who cannot see it."""

    bars: tuple[Bar, ...]
    gaps: tuple[Bar, ...]
    """Time that nobody saw."""
    lines: tuple[str, ...]
    """The service level as paths; broken where an hour had too few calls."""
    goal_y: float
    hours: tuple[tuple[float, str], ...]
    total: int
    most: int
    most_at: str


def strip_of(quarters: Sequence[QuarterHour], goal: float, few: int, zone: ZoneInfo) -> Strip:
    """The picture of these quarter hours, the oldest first."""
    step = PLOT_RIGHT / max(1, len(quarters))
    most = max((quarter.figures.offered for quarter in quarters), default=0)
    bars, gaps = [], []
    for index, quarter in enumerate(quarters):
        x = round(index * step, 1)
        if quarter.figures.unknown > timedelta(0):
            gaps.append(Bar(x, PLOT_TOP, round(step, 1), PLOT_BOTTOM - PLOT_TOP))
        if quarter.figures.offered:
            height = round((PLOT_BOTTOM - PLOT_TOP) * _BARS_UP_TO * quarter.figures.offered / most, 1)
            bars.append(
                Bar(round(x + step * 0.12, 1), round(PLOT_BOTTOM - height, 1), round(step * 0.76, 1), height)
            )
    busiest = next((one for one in quarters if most and one.figures.offered == most), None)
    return Strip(
        bars=tuple(bars),
        gaps=tuple(gaps),
        lines=tuple(_lines([quarter.figures for quarter in quarters], step, few)),
        goal_y=_y(goal),
        hours=tuple(_hours(quarters, step, zone)),
        total=sum(quarter.figures.offered for quarter in quarters),
        most=most,
        most_at="" if busiest is None else f"{busiest.start.astimezone(zone):%H:%M}",
    )


def _lines(quarters: Sequence[Figures], step: float, few: int) -> list[str]:
    """Of the hour that ends with each quarter: a quarter alone has too few calls to say anything."""
    paths: list[list[str]] = [[]]
    for index in range(len(quarters)):
        hour = sum((one.level for one in quarters[max(0, index - _HOUR + 1) : index + 1]), ServiceLevel())
        if hour.ratio is None or hour.offered < few:
            if paths[-1]:
                paths.append([])
            continue
        paths[-1].append(f"{(index + 0.5) * step:.1f},{_y(float(hour.ratio)):.1f}")
    return [" ".join(points) for points in paths if len(points) >= _SHORTEST_LINE]


def _y(share: float) -> float:
    return round(PLOT_BOTTOM - (PLOT_BOTTOM - PLOT_TOP) * share, 1)


def _hours(quarters: Sequence[QuarterHour], step: float, zone: ZoneInfo) -> list[tuple[float, str]]:
    """Where each sixth hour of the day begins, but not so near the edge that its label would be cut."""
    marks = []
    for index, quarter in enumerate(quarters):
        local: datetime = quarter.start.astimezone(zone)
        x = index * step
        if local.minute == 0 and local.hour % _HOUR_MARKS == 0 and _HALF_LABEL <= x <= WIDTH - _HALF_LABEL:
            marks.append((round(x, 1), f"{local:%H:%M}"))
    return marks
