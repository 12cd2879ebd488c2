"""The board as HTML: the whole page once, then its parts, each by its own name, as often as they change."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from callengine.platform.language import Language
from callengine.realtime.figures import QuarterHour
from callengine.wallboard.board import AgentCell, Board, Group, Tone
from callengine.wallboard.scope import Part, Scope, Scopes
from callengine.wallboard.texts import (
    TEXTS,
    Texts,
    calls,
    duration,
    percent,
    plural,
    short_duration,
)
from callengine.wallboard.timeline import HEIGHT, PLOT_BOTTOM, PLOT_RIGHT, WIDTH, strip_of
from config.schema.pauses import PauseNames
from config.schema.wallboard import Wallboard
from sla.promises import ClockStart

PARTS = ("level", "waiting", "longest", "agents", "lost", "callbacks", "strip", "links", "alarm")
_environment = Environment(
    loader=PackageLoader("callengine.wallboard", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_MINUTE = timedelta(minutes=1)
_SECOND = timedelta(seconds=1)


def page_version(program: str) -> str:
    """Changes with the program and with any of the page's files: a browser that has another loads it anew."""
    digest = hashlib.sha256(program.encode())
    for folder in ("templates", "static"):
        for file in sorted(
            files("callengine.wallboard").joinpath(folder).iterdir(), key=lambda one: one.name
        ):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Look:
    """How somebody wants to see the board."""

    scope: Scope
    language: Language


class Page:
    """Draws boards. One for the engine's life."""

    def __init__(
        self,
        scopes: Scopes,
        limits: Wallboard,
        zone: ZoneInfo,
        version: str,
        *,
        pauses: PauseNames,
        signs_out: bool,
    ) -> None:
        self._scopes = scopes
        self._limits = limits
        self._zone = zone
        self.version = version
        self._pauses = pauses
        self._signs_out = signs_out
        self._whole = _environment.get_template("board.html")
        self._strips: dict[Look, tuple[Sequence[QuarterHour], str]] = {}
        self._parts = {name: _environment.get_template(f"{name}.html") for name in PARTS}

    def parts(self, board: Board, language: Language) -> dict[str, str]:
        """Every part's HTML by its name."""
        context = self._context(board, language)
        return {
            name: self._strip(board, language, context)
            if name == "strip"
            else template.render(context).strip()
            for name, template in self._parts.items()
        }

    def _strip(self, board: Board, language: Language, context: dict[str, Any]) -> str:
        """The largest part; drawn when its numbers were taken anew, not at every tick."""
        look = Look(board.scope, language)
        quarters, html = self._strips.get(look, (None, ""))
        if quarters is not board.quarters:
            strip = strip_of(board.quarters, board.level.goal, self._limits.few_calls, self._zone)
            html = self._parts["strip"].render(context, strip=strip).strip()
            self._strips[look] = (board.quarters, html)
        return html

    def whole(self, board: Board, language: Language, age_seconds: float) -> str:
        """The page as a browser loads it first: complete, so that it shows something at once."""
        return self._whole.render(
            self._context(board, language),
            parts=self.parts(board, language),
            scopes=self._scopes,
            version=self.version,
            stale_seconds=self._limits.stale_seconds,
            age_seconds=age_seconds,
            signs_out=self._signs_out,
            query=_query_of(board.scope),
            other="en" if language == "ru" else "ru",
        )

    def _context(self, board: Board, language: Language) -> dict[str, Any]:
        texts = TEXTS[language]
        return {
            "board": board,
            "language": language,
            "texts": texts,
            "title": title_of(board.scope, texts),
            "level": _level_words(board, language),
            "lost_share": "" if board.lost.share is None else percent(language, board.lost.share, places=1),
            "tasks": plural(language, texts.tasks, board.callbacks.tasks),
            "groups": _group_words(board, language),
            "cells": [_cell_words(cell, language, self._pauses) for cell in board.agents.cells],
            "size": {"width": WIDTH, "height": HEIGHT, "bottom": PLOT_BOTTOM, "right": PLOT_RIGHT},
            "goal": percent(language, board.level.goal),
            "clock": f"{board.at.astimezone(self._zone):%H:%M:%S}",
            "unlisted": _unlisted_words(board, texts),
            "longest_of": self._company_name(board.waiting.longest_of),
            "alarm_limit": duration(self._limits.longest_wait_alarm_seconds),
            "duration": lambda time: duration(time / _SECOND),
            "short_duration": lambda time: short_duration(language, time / _SECOND),
            "calls": lambda n: calls(language, n),
        }

    def _company_name(self, company: str) -> str:
        known = self._scopes.companies.get(company)
        return company if known is None else known.name


def title_of(scope: Scope, texts: Texts) -> str:
    """What the board is of."""
    match scope.part:
        case Part.CENTRE:
            return texts.whole_centre
        case Part.COMPANY:
            return scope.name
        case Part.QUEUE:
            return f"{texts.queue} {scope.name}"


def _unlisted_words(board: Board, texts: Texts) -> str:
    """The number that was dialled last and how many others; nothing on a part's board: whose they are nobody knows."""
    numbers = board.links.unlisted
    if not numbers or board.scope.part is not Part.CENTRE:
        return ""
    more = f" +{len(numbers) - 1}" if len(numbers) > 1 else ""
    return texts.unlisted.format(numbers=numbers[0] + more)


def _query_of(scope: Scope) -> Mapping[str, str]:
    return {} if scope.part is Part.CENTRE else {scope.part.value: scope.id}


def _level_words(board: Board, language: Language) -> dict[str, Any]:
    """The figure with its formula, clock, n, goal and how sure it is: never one without the others."""
    tile, texts = board.level, TEXTS[language]
    rated, promise = tile.rated, tile.promise
    target = "" if promise is None else f"{promise.target / _SECOND:g}"
    if promise is None:
        clock = texts.mixed_clocks
    else:
        clock = texts.from_arrival if promise.clock is ClockStart.ARRIVAL else texts.from_queue

    def share(value: Fraction | float | None) -> str:
        return "—" if value is None else percent(language, value)

    formula = texts.formula_by_queue if promise is None else texts.formula
    sure, unseen = "", ""
    if rated.low is not None and rated.high is not None and rated.low != rated.high:
        sure = texts.bounds.format(low=_bare(share(rated.low)), high=share(rated.high))
        unseen = texts.unseen.format(minutes=-(-tile.unknown // _MINUTE))
    elif rated.interval is not None:
        low, high = (share(end) for end in rated.interval)
        sure = texts.sure.format(low=_bare(low), high=high)
    title = texts.level_by_queue if promise is None else texts.level
    return {
        "title": title.format(t=target, goal=percent(language, tile.goal)),
        "value": share(rated.value),
        "n": (texts.few if tile.tone is Tone.GREY else texts.today).format(n=rated.calls),
        "last_hour": texts.last_hour.format(value=share(tile.last_hour.value)),
        "sure": sure,
        "unseen": unseen,
        "formula": formula.format(t=target, clock=clock),
    }


def _bare(share: str) -> str:
    """Without its sign: for the first of two."""
    return share.rstrip("% \u00a0")


def _group_words(board: Board, language: Language) -> list[dict[str, Any]]:
    """Each group's number and word, and where it lies in the bar (in thousandths of its width)."""
    texts, counts = TEXTS[language], board.agents.groups
    total = max(1, sum(counts.values()))
    shown, x = [], 0.0
    for group in Group:
        width = 1000 * counts[group] / total
        shown.append(
            {
                "id": group.value,
                "n": counts[group],
                "word": plural(language, texts.groups[group], counts[group]),
                "x": round(x, 1),
                "width": round(width, 1),
            }
        )
        x += width
    return shown


def _cell_words(cell: AgentCell, language: Language, pauses: PauseNames) -> dict[str, Any]:
    texts = TEXTS[language]
    return {
        "name": cell.name,
        "group": cell.group.value,
        "word": pauses.name(cell.reason, language) if cell.reason else texts.states[cell.state],
        "timer": "" if cell.since is None else short_duration(language, cell.since / _SECOND),
        "too_long": cell.too_long,
    }
