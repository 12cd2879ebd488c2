"""What the directory's pages share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_urlsafe

from aiohttp import web

from callengine.desk.data.database import DeskDatabase
from callengine.desk.directory.finding.search import DirectorySearch
from callengine.desk.directory.imports.running import Loads
from callengine.desk.web.visit import Visit

HOME = "/desk/directory"


@dataclass(frozen=True, slots=True)
class DirectoryDesk:
    """The parts that the pages need."""

    database: DeskDatabase
    now: Callable[[], datetime]
    loads: Loads
    companies: Mapping[str, str]
    """Of the settings: id and name."""
    search: DirectorySearch = field(default_factory=DirectorySearch)

    def companies_of(self, visit: Visit) -> list[tuple[str, str]]:
        """Those that the visitor sees, for a choice."""
        return [(one, name) for one, name in self.companies.items() if visit.scope.sees(one)]

    def name_of(self, company: str | None) -> str:
        """As people call it; its id when the settings do not know it any more."""
        return self.companies.get(company or "", company or "")


def number_in(visit: Visit, name: str = "id") -> int:
    """An id of the path. Raises HTTPNotFound."""
    text = visit.request.match_info[name]
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise web.HTTPNotFound
    return int(text)


def new_client_id() -> str:
    """Of a form that makes something new: 128 bits, so a form that is sent twice makes one thing."""
    return token_urlsafe(16)
