"""The board that the settings ask for, put together."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from callengine.access.opening import token_is_wanted
from callengine.wallboard.page import Page, page_version
from callengine.wallboard.routes import BoardRoutes
from callengine.wallboard.scope import Part, scopes_of
from callengine.wallboard.source import BoardSource
from config.settings import Settings


def open_board(settings: Settings, source: BoardSource, version: str) -> BoardRoutes:
    """The routes of this engine's board. `version`: of the program."""
    scopes, limits = scopes_of(settings), settings.wallboard
    goals = {queue.name: queue.goal_ratio for queue in settings.queues}
    every = (scopes.centre, *scopes.companies.values(), *scopes.queues.values())
    page = Page(
        scopes,
        limits,
        ZoneInfo(settings.centre.time_zone),
        page_version(version),
        signs_out=token_is_wanted(settings),
    )
    return BoardRoutes(
        source,
        page,
        scopes,
        limits,
        limits.language or settings.centre.language,
        # Where queues with different goals are summed, the strictest is shown.
        {
            scope: max(
                (goal for queue, goal in goals.items() if scope.part is Part.CENTRE or queue in scope.queues),
                default=max(goals.values()),
            )
            for scope in every
        },
    )
