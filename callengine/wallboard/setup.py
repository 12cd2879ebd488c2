"""The board that the settings ask for, put together."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from ami_adapters.connection.trunks import TrunkState, TrunkWatch
from callengine.http.auth.setup import token_is_wanted
from callengine.wallboard.board import Links
from callengine.wallboard.page import Page, page_version
from callengine.wallboard.routes import BoardRoutes, Pages
from callengine.wallboard.scope import Part, scopes_of
from callengine.wallboard.source import BoardSource
from config.settings import Settings


def open_board(settings: Settings, source: BoardSource, version: str) -> BoardRoutes:
    """The routes of this engine's board. `version`: of the program."""
    limits = settings.wallboard
    language = limits.language or settings.centre.language
    return BoardRoutes(source, limits, language, _pages_of(settings, version))


def follow(board: BoardRoutes, settings: Settings, version: str) -> None:
    """The settings were read anew: other companies and queues are other boards, and browsers load them."""
    board.show(_pages_of(settings, version))


def links_of(knows_pbx: bool, trunks: TrunkWatch, unlisted: tuple[str, ...]) -> Links:
    """What the footer shows."""
    states = trunks.states.values()
    return Links(
        knows_pbx,
        tuple(None if one is TrunkState.UNKNOWN else one is TrunkState.UP for one in states),
        unlisted,
    )


def _pages_of(settings: Settings, version: str) -> Pages:
    scopes = scopes_of(settings)
    goals = {queue.name: queue.goal_ratio for queue in settings.queues}
    every = (scopes.centre, *scopes.companies.values(), *scopes.queues.values())
    page = Page(
        scopes,
        settings.wallboard,
        ZoneInfo(settings.centre.time_zone),
        page_version(f"{version} {scopes.told()} {settings.pause_names.told()}"),
        pauses=settings.pause_names,
        signs_out=token_is_wanted(settings),
    )
    # Where queues with different goals are summed, the strictest is shown.
    strictest = {
        scope: max(
            (goal for queue, goal in goals.items() if scope.part is Part.CENTRE or queue in scope.queues),
            default=max(goals.values()),
        )
        for scope in every
    }
    return Pages(page, scopes, strictest)
