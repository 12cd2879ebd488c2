"""A route and what it needs, side by side."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel

from callengine.desk.people.rights import Right
from callengine.desk.web.visit import Visit

VisitHandler = Callable[[Visit], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Told:
    """What programs are told of a route of the API."""

    summary: str
    answer: type[BaseModel] | None = None
    """None: any JSON object."""
    asks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Of the query: each parameter's JSON schema, with its description."""
    wrong: type[BaseModel] | None = None
    """What 422 answers; None: it does not."""


@dataclass(frozen=True, slots=True)
class DeskRoute:
    """One route, whole. A path is under /desk/; GET changes nothing."""

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    handler: VisitHandler
    right: Right
    limit_bytes: int = 256 * 1024
    """What a request may bring at most."""
    signed: bool = False
    """Reached by a signed address instead of a session: no cookie is looked at."""
    samples: Mapping[str, str] = field(default_factory=dict)
    """A value for each name in the path, for tests that walk all routes."""
    told: Told | None = None
    """Of a route of the API."""


def refuse_doubles(routes: Iterable[DeskRoute]) -> tuple[DeskRoute, ...]:
    """The routes. Raises ValueError when two are the same, or one stands outside /desk/."""
    known: dict[tuple[str, str], DeskRoute] = {}
    for route in routes:
        if not route.path.startswith("/desk/"):
            raise ValueError(f"{route.path} is not under /desk/")
        if (route.method, route.path) in known:
            raise ValueError(f"{route.method} {route.path} is declared twice")
        known[route.method, route.path] = route
    return tuple(known.values())
