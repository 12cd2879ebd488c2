"""What the page's handlers are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from callengine.desk.agent_page.asking import Commands
from callengine.desk.agent_page.centre import Centre
from callengine.desk.agent_page.live import AgentPages
from callengine.desk.agent_page.look import Look
from callengine.desk.agent_page.pops.reading import Knowledge
from callengine.desk.data.database import DeskDatabase
from callengine.desk.directory.finding.search import DirectorySearch
from callengine.desk.ledger.reader import LedgerReader
from callengine.desk.web.drawing import Drawing
from callengine.desk.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Parts:
    """Built by the composition root."""

    database: DeskDatabase
    drawing: Drawing
    pages: AgentPages
    look: Look
    centre: Centre
    knowledge: Knowledge
    search: DirectorySearch
    now: Callable[[], datetime]
    ledger: LedgerReader | None = None
    """None: what it tells is not shown."""
    commands: Commands | None = None
    """None: there is no way to the engine; the phone's codes do the same."""


def number_in(visit: Visit, name: str) -> int:
    """An id in the path. Raises HTTPNotFound for what is none."""
    text = visit.request.match_info[name]
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise web.HTTPNotFound
    return int(text)
