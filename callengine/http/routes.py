"""A route, who may use it and what programs are told of it, side by side: the gate and the API's document read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel


class Right(StrEnum):
    """What a route wants of whoever comes over the network."""

    NOTHING = "nothing"
    """Not even a token."""
    METRICS = "metrics"
    WALLBOARD = "wallboard"
    LOOK = "look"
    """Whatever else is shown; also what no route declares, so that a narrow token learns nothing of it."""
    CHANGE = "change"
    """Nobody over the network has it: the control socket alone."""


ROLES: Mapping[str, frozenset[Right]] = {
    "look": frozenset({Right.LOOK, Right.WALLBOARD, Right.METRICS, Right.CHANGE}),
    "wallboard": frozenset({Right.WALLBOARD}),
    "metrics": frozenset({Right.METRICS}),
}
"""Rights of each role of a token. Who may look is told why a change is refused: by the route, not by the gate."""


@dataclass(frozen=True, slots=True)
class Described:
    """An operation of the API, for its document."""

    summary: str
    answer: type[BaseModel] | None = None
    """None: an object that docs/figures.md tells of."""
    wish: type[BaseModel] | None = None
    """What is sent."""
    asks: Sequence[str] = ()
    """Names in the address's query; all optional but `quarter`."""


@dataclass(frozen=True, slots=True)
class Route:
    """One route, whole."""

    method: str
    path: str
    handler: Handler
    right: Right
    told: Described | None = None


_ROUTES = web.AppKey("routes", list[Route])
MAY_CHANGE = web.AppKey("may_change", bool)


def add_routes(app: web.Application, routes: Iterable[Route]) -> None:
    """Register them; `app[MAY_CHANGE]` says whether changes are taken from there."""
    if _ROUTES not in app:
        app[_ROUTES] = []
    known = app[_ROUTES]
    for route in routes:
        handler = _guarded(route.handler) if route.right is Right.CHANGE else route.handler
        if route.method == "GET":
            app.router.add_get(route.path, handler)
        else:
            app.router.add_route(route.method, route.path, handler)
        known.append(route)


def routes_of(app: web.Application) -> list[Route]:
    """All that were added."""
    known: list[Route] = app.get(_ROUTES, [])
    return known


def right_of(request: web.Request) -> Right:
    """What the route of this request wants."""
    resource = request.match_info.route.resource
    if resource is not None:
        method = "GET" if request.method == "HEAD" else request.method
        for route in routes_of(request.app):
            if route.path == resource.canonical and route.method in {method, "*"}:
                return route.right
    return Right.LOOK


def may(role: str, right: Right) -> bool:
    """Whether a token of this role is let through to such a route."""
    return right is Right.NOTHING or right in ROLES[role]


def _guarded(handler: Handler) -> Handler:
    async def guarded(request: web.Request) -> web.StreamResponse:
        if not request.app[MAY_CHANGE]:
            text = "changes are taken on the control socket only (`callengine callbacks`)"
            body = web.json_response({"error": text}).text
            raise web.HTTPForbidden(text=body, content_type="application/json")
        return await handler(request)

    return guarded
