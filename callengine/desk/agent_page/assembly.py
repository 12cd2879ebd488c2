"""Puts the agent's page together; the composition root runs `pages` and serves `routes`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from callengine.desk.agent_page.asking import Commands
from callengine.desk.agent_page.centre import centre_of
from callengine.desk.agent_page.live import AgentPages
from callengine.desk.agent_page.look import Look
from callengine.desk.agent_page.pages import routes
from callengine.desk.agent_page.parts import Parts
from callengine.desk.agent_page.pops.kitchen import Kitchen
from callengine.desk.agent_page.pops.pinned_articles import PinnedArticles
from callengine.desk.agent_page.pops.reading import Knowledge
from callengine.desk.data.database import DeskDatabase
from callengine.desk.directory.finding.search import DirectorySearch
from callengine.desk.engine_link.follower import EngineFollower
from callengine.desk.ledger.reader import LedgerReader
from callengine.desk.web.drawing import Drawing
from callengine.desk.web.routes import DeskRoute
from config.settings import Settings


@dataclass(frozen=True, slots=True)
class AgentPage:
    """What the desk has of it."""

    pages: AgentPages
    routes: tuple[DeskRoute, ...]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Parts of the desk that it leans on where they are there."""

    knowledge: Knowledge | None = None
    commands: Commands | None = None
    ledger: LedgerReader | None = None


def agent_page(
    settings: Settings,
    database: DeskDatabase,
    drawing: Drawing,
    follower: EngineFollower,
    now: Callable[[], datetime],
    neighbours: Neighbours,
) -> AgentPage:
    """Built, not yet running."""
    knowledge = neighbours.knowledge or PinnedArticles()
    centre, zone = centre_of(settings), ZoneInfo(settings.centre.time_zone)
    look = Look(drawing, database, centre, zone, now, can_ask=neighbours.commands is not None)
    pages = AgentPages(follower, Kitchen(database, knowledge, now), centre, look, now)
    database.on_trouble.append(pages.database_changed)
    parts = Parts(
        database,
        drawing,
        pages,
        look,
        centre,
        knowledge,
        DirectorySearch(),
        now,
        neighbours.ledger,
        neighbours.commands,
    )
    return AgentPage(pages, routes(parts))
