"""Templates made to pages, in the layout that all have."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time
from jinja2 import Environment, PackageLoader, StrictUndefined

from callengine.desk.people.rights import Right
from callengine.desk.web.visit import Visit
from callengine.desk.web.wording import browser_name, percent, shown_number, usual_word
from callengine.platform.language import LOCALES, Language, texts_of


@dataclass(frozen=True, slots=True)
class Place:
    """A page that the head of every page leads to, for those who have the right."""

    name: str
    """Of its text in `desk.layout`."""
    path: str
    right: Right


class Drawing:
    """One for the desk's life. `places` are in the order in which they are shown; `queue_word`: what one is called."""

    def __init__(
        self,
        zone: ZoneInfo,
        places: Sequence[Place],
        version: str,
        queue_word: Callable[[str, Language], str] = usual_word,
    ) -> None:
        self._zone = zone
        self._queue_word = queue_word
        self.trouble: Callable[[], str | None] = lambda: None
        """Why nothing is written now, which every page says."""
        self._places = places
        self._environment = Environment(
            loader=PackageLoader("callengine.desk.web", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.files_version = files_version(version)
        self._environment.globals["static"] = self._static
        self._environment.globals["Right"] = Right
        self._environment.globals["shown_phone"] = shown_number

    def page(self, visit: Visit, template: str, values: Mapping[str, Any]) -> str:
        """The whole page."""
        folder = _folder(template)
        language = visit.language
        session = visit.session
        return self._environment.get_template(template).render(
            {
                "t": texts_of(f"desk.{folder}")[language],
                "layout": texts_of("desk.layout")[language],
                "language": language,
                "visit": visit,
                "csrf": visit.csrf,
                "path": visit.request.path,
                "places": [place for place in self._places if visit.may(place.right)],
                "trouble": self.trouble(),
                "who": session.scope.name if session is not None else "",
                **self._formats(language),
                **values,
            }
        )

    def part(self, language: Language, template: str, values: Mapping[str, Any]) -> str:
        """A piece of a page, for a stream that patches it."""
        folder = _folder(template)
        return self._environment.get_template(template).render(
            {
                "t": texts_of(f"desk.{folder}")[language],
                "layout": texts_of("desk.layout")[language],
                "language": language,
                **self._formats(language),
                **values,
            }
        )

    def _formats(self, language: Language) -> dict[str, Any]:
        locale, zone = LOCALES[language], self._zone
        return {
            "clock": lambda at: format_time(at.astimezone(zone), "HH:mm:ss", locale=locale),
            "day": lambda at: format_date(at.astimezone(zone), "medium", locale=locale),
            "moment": lambda at: _moment(at.astimezone(zone), locale),
            "on": lambda date: format_date(date, "medium", locale=locale),
            "queue": lambda name: self._queue_word(name, language),
            "line_kind": lambda name: usual_word(name, language),
            "browser": browser_name,
            "percent": lambda share: percent(share, language),
            "masked": lambda number: f"…{number.whole[-2:]}" if len(number.whole) > 4 else number.masked,
        }

    def _static(self, name: str) -> str:
        return f"/desk/static/{self.files_version}/{name}"


def _moment(at: datetime, locale: Any) -> str:
    return str(format_datetime(at, "d MMM y, HH:mm", locale=locale))


def files_version(program: str) -> str:
    """Changes with the program and with any static file: a browser keeps a file as long as its address."""
    digest = hashlib.sha256(program.encode())
    for file in sorted(files("callengine.desk.web").joinpath("static").iterdir(), key=lambda one: one.name):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _folder(template: str) -> str:
    """Whose texts it has: the folder's, or the layout's for what all share."""
    folder, slash, _ = template.partition("/")
    return folder if slash else "layout"
