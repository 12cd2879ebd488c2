"""What a panel shows, in values: the dashboards are written in these, and Grafana's JSON is made from them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Words:
    """One text in both languages."""

    ru: str
    en: str

    def of(self, language: str) -> str:
        """`ru` or `en`."""
        return self.ru if language == "ru" else self.en


class Kind(StrEnum):
    """Grafana's panel types, as far as they are used."""

    STAT = "stat"
    """One or more big numbers, of now."""
    BARS = "bargauge"
    """Numbers of now as bars beside each other."""
    LINES = "timeseries"
    AREAS = "stacked timeseries"
    COLUMNS = "timeseries of bars"
    HEATMAP = "heatmap"
    TABLE = "table"
    """One line for each queue, one column for each query, of now."""


class Colour(StrEnum):
    """Grafana's names."""

    GREEN = "green"
    AMBER = "orange"
    RED = "red"
    GREY = "#8b949e"
    NEUTRAL = "text"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Query:
    """One expression. `legend` is a text, or Grafana's pattern such as `{{queue}}`; in a table the column's title."""

    expr: str
    legend: Words | str = ""
    colour: Colour | None = None
    """Instead of the panel's."""
    unit: str = ""
    """In a table: the column's."""
    as_columns: bool = False
    """In a panel of lines: this one as bars behind them."""


Steps = tuple[tuple[float | None, Colour], ...]
"""From which value on which colour; the first has None."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel. `width` is of 24, `height` in Grafana's rows of 30 px."""

    kind: Kind
    title: Words
    about: Words
    queries: tuple[Query, ...]
    unit: str = "short"
    width: int = 6
    height: int = 6
    steps: Steps = ((None, Colour.NEUTRAL),)
    decimals: int | None = None
    empty: Words = Words("нет данных", "no data")
    """Shown instead of a value when there is none."""
    meanings: tuple[tuple[int, Words, Colour], ...] = ()
    """Words instead of numbers."""
    highest: float | None = None
    interval: str = ""
    """The shortest step of the queries."""


@dataclass(frozen=True, slots=True)
class Section:
    """Panels under one heading."""

    title: Words
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard."""

    name: str
    """Of its file and in its uid."""
    title: Words
    about: Words
    sections: tuple[Section, ...]
    refresh: str
    since: str
    """Where its time begins: `now-24h`."""
