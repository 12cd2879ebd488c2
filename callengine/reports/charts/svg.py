"""Pictures as text: the few shapes that charts are made of, in one inline SVG each, without script or network."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

INK = "#1b2733"
QUIET = "#5b6770"
GRID = "#d5dbe0"
PAPER = "#ffffff"
# Okabe and Ito's colours: told apart also by who sees no red or green, and in grey print.
BLUE = "#0072b2"
SKY = "#56b4e9"
ORANGE = "#e69f00"
VERMILION = "#d55e00"
GREEN = "#009e73"
GREY = "#9aa5ad"
_HALO = Markup(' paint-order="stroke" stroke="#ffffff" stroke-width="3.5" stroke-linejoin="round"')


class Picture:
    """One chart being drawn, `width` x `height` units; y grows downwards. Texts are escaped here."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self._width = width
        self._height = height
        self._title = title
        self._parts: list[Markup] = []
        self._patterns: dict[str, Markup] = {}

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str,
        *,
        stroke: str = "none",
        told: str = "",
    ) -> None:
        """A box; `told` is shown where a pointer rests."""
        inside = Markup("<title>{}</title>").format(told) if told else Markup("")
        self._add(
            '<rect x="{}" y="{}" width="{}" height="{}" fill="{}" stroke="{}">{}</rect>',
            *(_n(x), _n(y), _n(max(width, 0)), _n(max(height, 0)), fill, stroke, inside),
        )

    def line(
        self,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        *,
        stroke: str = GRID,
        width: float = 1,
        dashes: str = "",
    ) -> None:
        """A straight line."""
        self._add(
            '<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{}" stroke-width="{}" stroke-dasharray="{}"/>',
            *(_n(x1), _n(y1), _n(x2), _n(y2), stroke, _n(width), dashes or "none"),
        )

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 11,
        fill: str = INK,
        anchor: str = "middle",
        weight: int = 400,
        on_picture: bool = False,
    ) -> None:
        """One line of text on its base line; `on_picture`: over shapes, with a light rim."""
        self._add(
            '<text x="{}" y="{}" font-size="{}" fill="{}" text-anchor="{}" font-weight="{}"{}>{}</text>',
            *(_n(x), _n(y), _n(size), fill, anchor, weight, _HALO if on_picture else "", text),
        )

    def circle(self, x: float, y: float, radius: float, fill: str, *, stroke: str = "none") -> None:
        """A dot."""
        self._add(
            '<circle cx="{}" cy="{}" r="{}" fill="{}" stroke="{}" stroke-width="1.5"/>',
            *(_n(x), _n(y), _n(radius), fill, stroke),
        )

    def diamond(self, x: float, y: float, radius: float, fill: str, *, stroke: str = INK) -> None:
        """A mark that is no dot also in grey."""
        self.path([(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)], fill, stroke=stroke)

    def path(self, points: Sequence[tuple[float, float]], fill: str, *, stroke: str = "none") -> None:
        """A closed shape."""
        told = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        self._add('<polygon points="{}" fill="{}" stroke="{}" stroke-width="1.2"/>', told, fill, stroke)

    def hatched(self, colour: str) -> str:
        """A fill of slanting lines, to be told apart without colour."""
        name = f"hatch-{colour.strip('#')}"
        self._patterns[name] = Markup(
            '<pattern id="{}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
            '<rect width="6" height="6" fill="{}"/><rect width="2" height="6" fill="#fff" fill-opacity="0.65"/>'
            "</pattern>"
        ).format(name, colour)
        return f"url(#{name})"

    def drawn(self) -> Markup:
        """The picture."""
        return Markup(
            '<svg viewBox="0 0 {} {}" role="img" xmlns="http://www.w3.org/2000/svg"><title>{}</title>'
            "<defs>{}</defs>{}</svg>"
        ).format(
            self._width,
            self._height,
            self._title,
            Markup("").join(self._patterns.values()),
            Markup("").join(self._parts),
        )

    def _add(self, shape: str, *values: object) -> None:
        # The shapes are the literals above; what is put into them is escaped.
        self._parts.append(Markup(shape).format(*map(escape, values)))  # noqa: S704  # as said


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
