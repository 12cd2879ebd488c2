"""Draws the parts of the page that change by themselves: nobody ever types in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping
from sqlalchemy.exc import SQLAlchemyError

from callengine.desk.agent_page.centre import Centre
from callengine.desk.agent_page.pops.pop import Pop, why_owed
from callengine.desk.agent_page.shift import Shift
from callengine.desk.cards.queries import contacts_since, unfinished
from callengine.desk.data.database import DeskDatabase
from callengine.desk.people.scope import Scope
from callengine.desk.web.drawing import Drawing
from callengine.desk.web.wording import shown_number
from callengine.platform.language import Language, texts_of

REGIONS = ("engine", "state", "queues", "owed")
_TEXTS = "desk.work"


class Look:
    """Templates under work/."""

    def __init__(
        self,
        drawing: Drawing,
        database: DeskDatabase,
        centre: Centre,
        zone: ZoneInfo,
        now: Callable[[], datetime],
        *,
        can_ask: bool,
    ) -> None:
        self._drawing = drawing
        self._database = database
        self._centre = centre
        self._zone = zone
        self._now = now
        self._can_ask = can_ask

    def regions(self, shift: Shift, language: Language) -> Mapping[str, str]:
        """By the element's id: the engine's bar, his state, his queues, what is owed next."""
        values = {"shift": shift, "trouble": self._database.trouble, **self.names(language)}
        return {name: self._drawing.part(language, f"work/part_{name}.html", values) for name in REGIONS}

    def pop(self, pop: Pop, language: Language, scope: Scope) -> Mapping[str, Any]:
        """The pop as an event: its HTML, what is said aloud, and when the engine decided."""
        shown = scope.sees(pop.company)
        html = self.pop_html(pop, language) if shown else ""
        said = texts_of(_TEXTS)[language][f"said_{pop.kind}"].format(line=pop.label)
        return {"call": pop.call, "at": pop.decided_at.isoformat(), "html": html, "said": said}

    def pop_html(self, pop: Pop, language: Language) -> str:
        """The pop's inside."""
        return self._drawing.part(language, "work/part_pop.html", {"pop": pop, **self.names(language)})

    def refusal(self, refusal: str, language: Language) -> str:
        """Why the engine did not do what was asked."""
        return _word(texts_of(_TEXTS)[language], "refused_", refusal)

    async def lists(self, scope: Scope, agent: str, language: Language) -> Mapping[str, str]:
        """Cards that are not finished, and today's contacts."""
        try:
            async with self._database.reading() as connection:
                open_cards = await unfinished(connection, scope, agent)
                today = await contacts_since(connection, scope, agent, self.midnight())
        except SQLAlchemyError:
            return {}
        return {
            "unfinished": self.cards_html("unfinished", open_cards, language),
            "today": self.cards_html("today", today, language),
        }

    def cards_html(self, name: str, rows: Sequence[RowMapping], language: Language) -> str:
        """One of the two lists."""
        values = {"rows": rows, **self.names(language)}
        return self._drawing.part(language, f"work/part_{name}.html", values)

    def midnight(self) -> datetime:
        """When the centre's day began."""
        return self._now().astimezone(self._zone).replace(hour=0, minute=0, second=0, microsecond=0)

    def names(self, language: Language) -> Mapping[str, Any]:
        """What every part may name."""
        return {
            "centre": self._centre,
            "number": shown_number,
            "can_ask": self._can_ask,
            "topic_of": lambda row: row["topic_ru" if language == "ru" else "topic_en"] or "",
            "why": why_owed,
            "word": _word,
        }


def _word(texts: Mapping[str, str], kind: str, value: str) -> str:
    """What people say for a word of the engine or of a table; one that is newer than the texts as it is."""
    return texts.get(f"{kind}{value}", value)
