"""All routes of this folder that are behind the door."""

from __future__ import annotations

from callengine.desk.accounts.own_pages import OwnPages
from callengine.desk.accounts.parts import Parts
from callengine.desk.web.routes import DeskRoute


def routes(parts: Parts) -> tuple[DeskRoute, ...]:
    """One's own account, everybody's, sessions, tokens of programs, the trail, privacy."""
    return OwnPages(parts).routes()
